"""Runs that go through all steps in one go: their page leads on to the groups by itself when they are done."""

from __future__ import annotations

import streamlit as st

from core.store.runs import RunRow
from ui.session import state

_FOLLOWED = "followed"


def follow(run_id: str) -> None:
    """Open a run; when it is done, its groups are shown without another click (once)."""
    st.session_state[_FOLLOWED] = run_id
    state.go_to("group", run_id)


def lead_on(run: RunRow, status: str) -> None:
    """Go to the groups of the run that is followed, if it is done; forget it if it stopped."""
    if st.session_state.get(_FOLLOWED) != run.id or status == "running":
        return
    del st.session_state[_FOLLOWED]
    if status != "done":
        return
    if run.parent and is_sorted(run.parent):  # a new version stands beside the one before
        state.go_to("compare", **{state.OTHER_RUN: run.parent})
    state.go_to("browse")


def is_sorted(run_id: str) -> bool:
    """Whether a run has come to its end before."""
    run = state.workspace().store.runs.get(run_id)
    return run is not None and run.status == "done"
