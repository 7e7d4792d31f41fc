"""What a person does with images on Browse: each act is one recorded edit, said, and taken back by one Undo."""

from __future__ import annotations

from collections.abc import Sequence

from core.results.edits import Move
from core.store.runs import RunRow
from ui import text
from ui.browse.address import Place
from ui.clusters import edit_callbacks
from ui.components.selecting_wall import Act
from ui.session import run_data


def do(run: RunRow, place: Place, act: Act) -> tuple[str, str]:
    """Do it; return what to say, and what Undo would take back, "" for nothing. Raises BadInput."""
    if act.kind == "undo":
        newest = edit_callbacks.undo_label(run.id)
        return edit_callbacks.undo(run.id) or text.undone(newest), ""
    items = act.items
    if act.everything:
        out = set(act.out)
        items = tuple(item for item in run_data.view(run).ids(place.query) if item not in out)
    if not items:
        return text.NOTHING_SELECTED, ""
    return move_to_new(run, items, act.name) if act.kind == "new" else move(run, items, act.to)


def move(run: RunRow, items: Sequence[str], to: str | None) -> tuple[str, str]:
    """Put images into a group, or into none. As `do`."""
    view = run_data.view(run)
    name = view.edited.get(to).name if to else text.UNASSIGNED
    edit_callbacks.move(run.id, items, to)
    return text.moved(len(items), name), edit_callbacks.undo_label(run.id)


def move_to_new(run: RunRow, items: Sequence[str], name: str) -> tuple[str, str]:
    """Put images into a group that is made for them. As `do`."""
    added = edit_callbacks.new_group(name)
    edit_callbacks.apply(run.id, added)
    stale = edit_callbacks.apply(run.id, Move(tuple(items), added.cluster_id))
    said = text.moved(len(items), added.name)
    return f"{said} {stale}" if stale else said, edit_callbacks.undo_label(run.id)
