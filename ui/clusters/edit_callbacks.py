"""What a person does to groups and images, as callbacks: each is one recorded edit that can be undone."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from core.results import run_view
from core.results.edits import EDIT, Add, Delete, Edit, Merge, Move, Redefine, Rename
from ui import text
from ui.clusters import elsewhere
from ui.session import model_choice, state

_UNDO = {
    "rename": "Undo the new name “{name}”", "redefine": "Undo the new meaning", "merge": "Undo the merge",
    "delete": "Undo the deletion", "add": "Undo adding “{name}”", "move": "Undo moving {images}",
}  # fmt: skip


def apply(run_id: str, edit: Edit) -> str | None:
    """Record an edit; return what to tell the person. Raises BadInput."""
    stale = run_view.add_edit(state.workspace().store, run_id, edit, seen=elsewhere.seen(run_id))
    elsewhere.keep(run_id, own=1)
    return text.out_of_date(stale) if stale else None


def stale_count(run_id: str, edit: Edit) -> int:
    """How many images an edit would put out of date. Raises BadInput when it cannot be applied."""
    return run_view.preview_edit(state.workspace().store, run_id, edit)


def rename(run_id: str, cluster_id: str, name: str) -> str | None:
    """Give a group another name; the same again (a field may report Enter and then losing the focus) is no edit."""
    if run_view.clusters(state.workspace().store, run_id).get(cluster_id).name == name.strip():
        return None
    return apply(run_id, Rename(cluster_id, name))


def redefine(run_id: str, cluster_id: str, meaning: str) -> str | None:
    return apply(run_id, Redefine(cluster_id, meaning))


def merge(run_id: str, cluster_id: str, into: str) -> str | None:
    return apply(run_id, Merge(cluster_id, into))


def delete(run_id: str, cluster_id: str) -> str | None:
    return apply(run_id, Delete(cluster_id))


def add(run_id: str, name: str) -> str | None:
    return apply(run_id, new_group(name))


def new_group(name: str) -> Add:
    """The edit that adds a group of this name; ids are random so that an undone id never comes back as another."""
    return Add(f"p{secrets.token_hex(3)}", name)


def move(run_id: str, items: Sequence[str], cluster_id: str | None) -> str | None:
    """Put images into a group by hand; None: into none."""
    return apply(run_id, Move(tuple(items), cluster_id))


def undo(run_id: str) -> str | None:
    """Take back the newest edit."""
    undone = run_view.undo_edit(state.workspace().store, run_id, seen=elsewhere.seen(run_id))
    elsewhere.undone(run_id)
    return None if undone else text.NOTHING_TO_UNDO


def undo_label(run_id: str) -> str:
    """What Undo would take back, or "" when there is nothing."""
    edits = state.workspace().store.runs.edits(run_id)
    if not edits:
        return ""
    try:
        newest = EDIT.validate_json(edits[-1].value)
    except ValueError:
        return text.UNDO_UNKNOWN
    items = len(newest.items) if isinstance(newest, Move) else 0
    return _UNDO[newest.kind].format(name=getattr(newest, "name", ""), images=text.images(items))


def sort(run_id: str, check_all: bool = False) -> None:
    """Sort images into the groups as they stand: what is new, failed or out of date, or all of them."""
    state.jobs().start(run_id, "assign", check_all=check_all, keys=model_choice.keys())
