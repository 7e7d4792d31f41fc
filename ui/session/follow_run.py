"""A run whose work a person watches leads on by itself: to its names, or, once it is sorted, to its groups."""

from __future__ import annotations

import streamlit as st

from core.models.supplied import examples
from core.store.runs import RunRow
from ui.session import state

_FOLLOWED = "followed"
_NEXT = {"waiting": "names", "done": "browse"}


def follow(run_id: str) -> None:
    """Open a run on Group; when its work is done, what it made is shown without another click (once)."""
    watch(run_id)
    state.go_to("group", run_id)


def watch(run_id: str) -> None:
    """The person sees this run at work."""
    st.session_state[_FOLLOWED] = run_id


def lead_on(run: RunRow, status: str) -> None:
    """Go on from the page Group to what the run that is followed has made; forget it if it stopped."""
    if status == "running" or st.session_state.get(_FOLLOWED) != run.id:
        return
    forget()
    if status == "done" and run.parent and is_sorted(run.parent):  # a new version stands beside the one before
        state.go_to("compare", **{state.OTHER_RUN: run.parent})
    if status == "done" and run.settings.text == examples.KIND:  # nothing is in a group until examples are picked
        state.go_to("browse", group="unassigned")
    if status in _NEXT:
        state.go_to(_NEXT[status])


def forget() -> None:
    """The person does something else: whoever comes back to Group wants to see Group."""
    st.session_state.pop(_FOLLOWED, None)


def is_sorted(run_id: str) -> bool:
    """Whether a run has come to its end before."""
    run = state.workspace().store.runs.get(run_id)
    return run is not None and run.status == "done"
