"""Two windows on one run: what the other did is told, and an edit carries the version of the groups that was seen."""

from __future__ import annotations

import streamlit as st

from core.results import decisions
from ui import text
from ui.components.safe import safe_md
from ui.session import state

_SHOWN = 3
_NEWS = "news from elsewhere"


def seen(run_id: str) -> str | None:
    """The version of the groups that this window shows; None before it has shown any."""
    found = st.session_state.get(_key(run_id))
    return None if found is None else str(found)


def keep(run_id: str, own: int = 0) -> None:
    """This window has seen the groups as they are now. own: how many of the newest edits it made itself."""
    store, before = state.workspace().store, seen(run_id)
    st.session_state[_key(run_id)] = decisions.version(store, run_id)
    if before is None or before == seen(run_id):
        return
    since = decisions.since(store, run_id, before)
    foreign = None if since is None else since[: len(since) - own]
    news = st.session_state.setdefault(_NEWS, [])
    if foreign is None:
        news.append(text.UNDONE_ELSEWHERE)
    elif foreign:
        news.append(text.changed_elsewhere([text.decision(edit) for edit in foreign[-_SHOWN:]]))


def undone(run_id: str) -> None:
    """This window has taken back the newest edit, which it had seen."""
    st.session_state[_key(run_id)] = decisions.version(state.workspace().store, run_id)


def tell(run_id: str) -> None:
    """Say what other windows have done to the groups of the open run since this one last showed them."""
    keep(run_id)
    for news in st.session_state.pop(_NEWS, []):
        st.toast(safe_md(news), icon=":material/group:")


def _key(run_id: str) -> str:
    return f"version-{run_id}"
