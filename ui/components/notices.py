"""What a person is told when something went wrong or was done; never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from core.errors import FacetryError, WorkspaceUnavailable, sentence
from ui import text
from ui.components.safe import safe_md
from ui.session import state

_log = logging.getLogger("facetry")
_FLASH = "flash"


@contextmanager
def guarded() -> Iterator[None]:
    """Show what goes wrong inside as one sentence, where it went wrong; details go to the log."""
    try:
        yield
    except WorkspaceUnavailable as error:
        st.error(safe_md(str(error)), title=text.BUSY_TITLE, icon=":material/lock:")
    except FacetryError as error:
        st.error(safe_md(str(error)), icon=":material/error:")
    except Exception as error:  # noqa: BLE001 - logged; a person gets a sentence, never a traceback
        _log.exception("a page failed")
        st.error(safe_md(sentence(error)) or text.UNEXPECTED, icon=":material/error:")


def act(function: Callable[..., str | None], *args: Any, **kwargs: Any) -> None:
    """For callbacks: do it, and tell the result (the sentence returned, or the error) at the top of the next page."""
    try:
        message = function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - a person gets a sentence, never a traceback
        st.session_state[_FLASH] = ("error", sentence_of(error))
    else:
        if message:
            st.session_state[_FLASH] = ("done", message)


def sentence_of(error: Exception) -> str:
    """What a person is told of an action that failed; what nobody foresaw goes to the log."""
    if isinstance(error, FacetryError):
        return str(error)
    _log.error("an action failed", exc_info=error)
    return sentence(error) or text.UNEXPECTED


def show_flash() -> None:
    """Show what the last action left to say, once: an error also where whoever has scrolled down sees it."""
    kind, message = st.session_state.pop(_FLASH, ("", ""))
    if kind == "error":
        st.error(safe_md(message), icon=":material/error:")
        st.toast(safe_md(message), icon=":material/error:")
    elif kind == "done":
        st.toast(safe_md(message), icon=":material/check:")


def show_restorations() -> None:
    """Say on every page what became of a damaged database, until somebody has read it."""
    workspace = state.workspace()
    restorations = workspace.store.restorations
    for restoration in restorations.unread():
        st.warning(safe_md(restoration.sentence(workspace.folder)), icon=":material/healing:")
        st.button(text.RESTORED_READ, key=f"read-{restoration.at}", on_click=restorations.mark_read)


def script_failed(error: Exception) -> bool:
    """For st.App: errors outside a page's guard (callbacks, fragments). Returns True: we have shown something."""
    _log.error("a script failed", exc_info=error)
    st.error(safe_md(sentence(error)) or text.UNEXPECTED, icon=":material/error:")
    return True
