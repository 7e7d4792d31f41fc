"""Which run the next one is to be a new version of, while its form is being filled in."""

from __future__ import annotations

import streamlit as st

from core.store.runs import RunRow
from ui.session import state

_PARENT = "new-version-of"


def begin(run_id: str) -> None:
    """The next run is a new version of this one."""
    st.session_state[_PARENT] = run_id


def parent() -> RunRow | None:
    """The run that the next one is a new version of."""
    run_id = st.session_state.get(_PARENT, "")
    return state.workspace().store.runs.get(run_id) if run_id else None


def forget() -> None:
    """The next run stands for itself."""
    st.session_state.pop(_PARENT, None)


def keep(run_id: str) -> bool:
    """The next run is this one: keep with it what it is a new version of, and return whether it is one."""
    before = parent()
    forget()
    if before is None:
        return False
    state.workspace().store.catalogue.set_parent(run_id, before.id)
    return True
