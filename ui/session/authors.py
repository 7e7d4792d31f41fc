"""Which open window made which decision of a person: each takes back its own, not those of others that are open."""

from __future__ import annotations

import weakref

import streamlit as st


class _Window:
    """One open window; gone from memory once it is closed."""


_made: dict[tuple[str, str], weakref.ref[_Window]] = {}
"""(run id, version of the decision) -> the window that made it."""


def _own() -> _Window:
    window: _Window = st.session_state.setdefault("window", _Window())
    return window


def made(run_id: str, version: str) -> None:
    """This window has made the decision of this version."""
    for key in [key for key, window in _made.items() if window() is None]:
        _made.pop(key, None)
    _made[run_id, version] = weakref.ref(_own())


def is_of_another(run_id: str, version: str) -> bool:
    """Whether another window made it that is still open."""
    window = _made.get((run_id, version), lambda: None)()
    return window is not None and window is not _own()
