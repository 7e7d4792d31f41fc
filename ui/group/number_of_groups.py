"""The number of groups on the form: it starts at what is suggested, until a person says another."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain import DatasetRow
from core.models.baseline.recipe import Features, Recipe
from core.suggestions.labels import Column
from core.suggestions.number import number_for
from core.suggestions.suggestion import Found, Suggestion
from ui import text
from ui.baseline.count import count_groups
from ui.components.safe import safe_md
from ui.session import model_choice

_GROUPS = 5
NOBODY = "0"
"""What the address says where nobody counts the groups beforehand."""
_FEWEST = 12
"""Of fewer images a person sees at a glance how many groups there are."""
_OWN, _FOLLOWS, _DECIDES = "k-own", "k-follows", "k-decides"


def field(criterion: str, found: Found, columns: Sequence[Column], usable: int) -> int:
    """Ask for the number of groups, the reason for what is suggested beside it; 0 where a chat model is to find out."""
    suggested = number_for(criterion, found, columns)
    usual = min(_GROUPS, usable)
    if "k" not in st.session_state:
        asked = st.query_params.get("k", "")
        st.session_state["k"] = min(int(asked), usable) or usual if asked.isdecimal() else usual
        st.session_state[_OWN] = asked.isdecimal()
        if asked == NOBODY:
            st.session_state[_DECIDES] = True
    # Only what changes is followed: a number that a person has set stays, also when another criterion is typed.
    follows = (criterion, suggested.k)
    if suggested.k and not st.session_state.get(_OWN) and st.session_state.get(_FOLLOWS) != follows:
        st.session_state["k"] = min(suggested.k, usable)
    st.session_state[_FOLLOWS] = follows
    can_decide = model_choice.is_chat(model_choice.choice().text)
    decides = can_decide and bool(st.session_state.get(_DECIDES))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        # A default of its own: while a page is still being drawn, typing elsewhere can put a bound field back to that.
        k = st.number_input(
            text.K, min_value=1, value=usual, step=1, key="k", help=text.K_HELP, width=220, bind="query-params",
            on_change=keep, disabled=decides,
        )  # fmt: skip
        if suggested.k and not decides:
            st.caption(safe_md(text.suggested(suggested)), width="stretch")
    if can_decide:
        decides = st.checkbox(text.K_DECIDE, key=_DECIDES, help=text.K_DECIDE_HELP, persist_state="session")
    return 0 if decides else int(k)


def stand_out(given: DatasetRow) -> None:
    """Offer to ask how many groups the images' features fall into; nothing where there are no images, or few."""
    if given.source.has_images and given.counts.get("ready", 0) >= _FEWEST:
        count_groups(given, Features("network"), Recipe("k-means"), _decided)


def _decided(k: int) -> None:
    st.session_state["k"] = k
    keep()


def show(k: int) -> None:
    """Fill the field with the number of another run; 0 where its model found out."""
    st.session_state[_DECIDES] = not k
    if k:
        st.session_state["k"] = k
    else:
        st.session_state.setdefault("k", _GROUPS)
    keep()


def keep() -> None:
    """From now on the number is the person's own."""
    st.session_state[_OWN] = True


def take(one: Suggestion) -> None:
    """Fill the form with a suggestion; where its number is 0, what is suggested for the criterion follows."""
    st.session_state["criterion"] = one.criterion
    st.session_state[_OWN] = False
    st.session_state[_FOLLOWS] = None
    if one.number.k:
        st.session_state["k"] = one.number.k
