"""Which dialog of the page Names is open, and about which groups; it stays open while the page is drawn anew."""

from __future__ import annotations

import streamlit as st

_OPEN = "open dialog of names"
Asked = tuple[str, str, tuple[str, ...]]
"""(run id, kind of dialog, what it is about)."""


def ask(run_id: str, kind: str, *about: str) -> None:
    """For callbacks: open a dialog. about: ids of groups, or what else it begins with."""
    st.session_state[_OPEN] = (run_id, kind, about)


def close() -> None:
    st.session_state.pop(_OPEN, None)


def asked(run_id: str) -> tuple[str, tuple[str, ...]]:
    """The dialog that is open for this run, and what it is about; ("", ()) for none."""
    found: Asked = st.session_state.get(_OPEN, ("", "", ()))
    return found[1:] if found[0] == run_id else ("", ())
