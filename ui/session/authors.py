"""Which open window made which decision of a person: each takes back its own, not those of others that are open."""

from __future__ import annotations

import secrets

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

_made: dict[tuple[str, str], str] = {}
"""(run id, version of the decision) -> the session of the window that made it."""


def made(run_id: str, version: str) -> None:
    """This window has made the decision of this version."""
    for key in [key for key, session in _made.items() if not _is_open(session)]:
        _made.pop(key, None)
    _made[run_id, version] = _own()


def is_of_another(run_id: str, version: str) -> bool:
    """Whether another window made it that is still open."""
    session = _made.get((run_id, version), "")
    return session not in ("", _own()) and _is_open(session)


def _own() -> str:
    """This window's session: Streamlit's, which ends when the window is closed or loaded anew."""
    context = get_script_run_ctx()
    if _server() and context is not None:
        return context.session_id
    return str(st.session_state.setdefault("window", secrets.token_hex(8)))


def _is_open(session: str) -> bool:
    server = _server()
    return server is None or server.is_active_session(session)


def _server() -> runtime.Runtime | None:
    """The server that knows which windows are open; None in tests of pages without one."""
    return runtime.get_instance() if runtime.exists() else None
