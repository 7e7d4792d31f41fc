"""The head of a page, one row: its title, what it is about, the other pages of its section, and help."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.components import help_menu
from ui.components.safe import safe_md
from ui.language import tr
from ui.session import state

_LIMIT = 80


def head(title: str, about: str = "") -> DeltaGenerator:
    """Draw the head. Returns its row, for what belongs to the whole page: badges, buttons, a search.

    title, about: plain text; a long one is cut. about: what the page is about, as the name of the open run.
    """
    row = st.container(horizontal=True, vertical_alignment="center", gap="small", key="head")
    with row:
        st.title(safe_md(title, _LIMIT), anchor=False, width="content")
        if about:
            st.caption(safe_md(about, _LIMIT), width="content")
        # On a wide screen they stand beside the menu (`ui/frame.py`), where there is room.
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", width="content", key="section"):
            _siblings()
            help_menu.show()
    return row


def tools() -> DeltaGenerator:
    """The row below the head, for what can be done with all that the page shows. On a phone it is one row too, which is
    pushed aside by a finger (`ui/frame.py`): what the page is about comes soon."""
    return st.container(horizontal=True, vertical_alignment="center", gap="small", key="tools")


def _siblings() -> None:
    """Links to the pages of this section; the one that is shown is marked by Streamlit."""
    names = state.siblings()
    if len(names) > 1:
        for name in names:
            place = state.PAGES[name]
            st.page_link(
                state.page(name), label=tr(place.title), icon="", help=tr(place.tip), query_params=state.address()
            )
