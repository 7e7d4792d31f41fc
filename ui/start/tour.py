"""A short tour on the demo: a line at the bottom of its pages, until it was ended once, in whichever window."""

from __future__ import annotations

import streamlit as st

from ui import text
from ui.session import run_data, state
from ui.start import demo

_ENDED = "tour ended"


def show() -> None:
    """What the tour says of this page, on a finished run of the demo."""
    pages = [page for page, _ in text.TOUR]
    if state.here() not in pages or not _wanted():
        return
    step = pages.index(state.here())
    last = step + 1 == len(pages)
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", gap="small", key="tour"):
        st.badge(text.tour_step(step + 1))
        st.markdown(text.TOUR[step][1], width="stretch")
        if step:
            st.button(text.TOUR_BACK, key="tour-back", on_click=state.go_next, args=(pages[step - 1],))
        if not last:
            st.button(text.TOUR_NEXT, key="tour-next", type="primary", on_click=state.go_next, args=(pages[step + 1],))
        st.button(
            text.TOUR_DONE if last else text.TOUR_END,
            key="tour-end",
            type="primary" if last else "tertiary",
            on_click=state.workspace().store.preferences.set,
            args=(_ENDED, "1"),
        )


def begin() -> None:
    """Show the tour, also if it was ended before, on the demo's run, which is made if there is none. Raises
    FacetryError."""
    state.workspace().store.preferences.set(_ENDED, "")
    demo.begin()


def _wanted() -> bool:
    store = state.workspace().store
    run = store.runs.get(state.open_run_id()) if state.open_run_id() else None
    if run is None or run.status != "done" or store.preferences.get(_ENDED):
        return False
    given = run_data.dataset(run)
    return given is not None and demo.has_recorded(given)
