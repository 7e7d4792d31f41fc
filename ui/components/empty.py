"""Pages that have nothing to show yet say what to do next."""

from __future__ import annotations

import streamlit as st

from core.results import decisions
from core.store.runs import RunRow
from ui import text
from ui.components.head import head
from ui.session import run_data, state
from ui.start import recent


def open_run(title: str) -> RunRow:
    """The open run; without one, offer the recent ones and the way to a new one, and end the page there.

    title: the head of the page where there is none.
    """
    run_id = state.open_run_id()
    if run := state.workspace().store.runs.get(run_id) if run_id else None:
        if run_data.has_lost_copies(run):
            st.warning(text.COPIES_GONE, icon=":material/broken_image:")
        return run
    head(title)
    if run_id:
        state.close_run()
        st.warning(text.GONE_RUN, icon=":material/search_off:")
    else:
        st.info(text.NO_RUN, icon=":material/info:")
    if st.button(text.TO_RUN, type="primary", icon=":material/arrow_forward:", icon_position="right"):
        st.switch_page(state.page("start"))
    recent.recent_runs()
    return st.stop()


def nowhere(title: str, why: str, page: str, label: str) -> None:
    """Nothing to show here yet: say why, lead to the page where it begins, and end the page."""
    st.info(why, title=title, icon=":material/info:")
    if st.button(label, type="primary", icon=":material/arrow_forward:", icon_position="right", key="nowhere"):
        state.go_to(page)
    recent.recent_runs()
    st.stop()


def not_yet(title: str, why: str, page: str, label: str) -> None:
    """The open run has not come so far: say why, and lead to the page where it goes on."""
    st.info(why, title=title, icon=":material/hourglass_empty:")
    if st.button(label, type="primary", icon=":material/arrow_forward:", icon_position="right", key="not-yet"):
        state.go_to(page)


def until_sorted(run: RunRow, why: str) -> None:
    """End the page, saying what comes first, unless the images of the run are sorted into groups."""
    if run_data.is_sorted(run):
        return
    if state.jobs().get(run.id):
        st.info(text.BROWSE_SOON, icon=":material/hourglass_top:")  # the page is drawn again when the work ends
    elif decisions.clusters(state.workspace().store, run.id).clusters:
        not_yet(text.BROWSE_EMPTY_TITLE, why, "names", text.TO_NAMES)
    else:
        not_yet(text.BROWSE_EMPTY_TITLE, why, "group", text.SHOW)
    st.stop()
