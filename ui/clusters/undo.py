"""Undo and redo of what a person decided in this window; both say what they do."""

from __future__ import annotations

import streamlit as st

from core.errors import BadInput
from core.results import decisions
from core.results.edits import Edit
from core.store.runs import EditRow, RunRow
from ui import text
from ui.clusters import edit_callbacks, elsewhere
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.session import authors, state


def undo_button(run: RunRow, disabled: bool = False) -> None:
    """Take back this window's newest edit, and make it again; their tips say which."""
    last, undone = _last(run.id), edit_callbacks.to_redo(run.id)
    st.button(
        text.UNDO,
        icon=":material/undo:",
        key="undo",
        disabled=disabled or last is None,
        help=safe_md(_undo_tip(last)),
        on_click=act,
        args=(undo, run.id, last.version if last else ""),
    )
    if undone:
        st.button(
            text.REDO,
            icon=":material/redo:",
            key="redo",
            disabled=disabled,
            help=safe_md(text.redo_of(text.decision(undone[-1]))),
            on_click=act,
            args=(redo, run.id),
        )


def _undo_tip(last: EditRow | None) -> str:
    if last is None:
        return text.NOTHING_TO_UNDO
    edit = decisions.read(last.value)
    return text.undo_of(text.decision(edit)) if edit else text.UNDO_UNKNOWN


def _last(run_id: str) -> EditRow | None:
    """The newest decision that no other open window made."""
    edits = state.workspace().store.runs.edits(run_id)
    return next((row for row in reversed(edits) if not authors.is_of_another(run_id, row.version)), None)


def last_version(run_id: str) -> str:
    """The version of the decision that Undo would take back, or ""."""
    last = _last(run_id)
    return last.version if last else ""


def undo(run_id: str, which: str) -> str:
    """Take back the decision of this version; return what to tell the person. Raises BadInput."""
    if not which:
        return text.NOTHING_TO_UNDO
    elsewhere.keep(run_id)  # what others did since is told too
    store = state.workspace().store
    before = len(store.runs.edits(run_id))
    undone = decisions.undo(store, run_id, which=which)
    if len(store.runs.edits(run_id)) == before:
        return text.NOTHING_TO_UNDO
    elsewhere.undone(run_id)
    if undone is None:
        return text.undone("a change")
    edit_callbacks.to_redo(run_id).append(undone)
    return text.undone(text.decision(undone))


def redo(run_id: str) -> str:
    """Make what was undone last again; return what to tell the person. Raises BadInput."""
    undone: list[Edit] = edit_callbacks.to_redo(run_id)
    if not undone:
        raise BadInput(f"{text.NOTHING_TO_REDO}.")
    edit = undone[-1]
    edit_callbacks.record(run_id, edit)  # where it is refused, it can be tried again
    undone.pop()
    return text.redone(text.decision(edit))
