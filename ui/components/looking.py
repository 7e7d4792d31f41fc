"""Something that is computed over a dataset in the background: how far it is, with a button to stop it."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from core.jobs import Exploration, Look
from ui import text
from ui.components.notices import guarded
from ui.components.safe import safe_md
from ui.session import state


def under_way(key: str, work: Exploration, *, label: str, note: str, by_itself: bool, primary: bool = True) -> None:
    """Begin it, by itself or at a click, and show its progress; the page is drawn again when it ends. primary: whether
    it is what the page is about.

    One that was stopped, or that ended with an error, which is said, is begun again by a click only.
    """
    look = state.jobs().exploring(key)
    if look is None and by_itself:
        look = state.jobs().explore(key, work)
    if look is not None and look.alive:
        st.fragment(_live, run_every=0.7)(look)
        return
    if look is not None and look.error:
        st.error(safe_md(look.error), icon=":material/error:")
    with st.container() if primary else st.container(horizontal=True, vertical_alignment="center"):
        st.caption(note, width="stretch")
        kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
        if st.button(label, type=kind, icon=":material/play_arrow:", key=f"begin-{key}"):
            state.jobs().explore(key, work)
            st.rerun()


def _live(look: Look) -> None:
    with guarded():
        if not look.alive:
            st.rerun()
        now = look.progress
        line = text.doing(now.step, now.done, now.total, now.rate, now.seconds_left) if now else text.READYING
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(min(1.0, now.done / now.total) if now and now.total else 0.0, text=line, width="stretch")
            st.button(text.STOP, icon=":material/stop_circle:", key="stop-exploring", on_click=look.cancel.set)
