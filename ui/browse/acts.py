"""What a person does with images on Browse: each act is one recorded edit, said, and taken back by one Undo."""

from __future__ import annotations

from collections.abc import Sequence

from core.results.edits import Move, Several
from core.store.runs import RunRow
from ui import text
from ui.browse.address import Place
from ui.clusters import edit_callbacks, undo
from ui.components.selecting_wall import Act, Done
from ui.session import run_data


def do(run: RunRow, place: Place, act: Act) -> Done:
    """Do it. Raises BadInput."""
    if act.kind == "undo":
        return Done(undo.undo(run.id, act.which), Act("redo"))
    if act.kind == "redo":
        return Done(undo.redo(run.id), _back(run))
    items = act.items
    if act.everything:
        out = set(act.out)
        items = tuple(item for item in run_data.view(run).ids(place.query) if item not in out)
    if not items:
        return Done(text.NOTHING_SELECTED)
    return move_to_new(run, items, act.name) if act.kind == "new" else move(run, items, act.to)


def between(run: RunRow, place: Place, first: str, last: str) -> Sequence[str]:
    """The images from one to another, in the order they are looked at; only the one where the other has gone."""
    view, query = run_data.view(run), place.query
    ends = [end for item in (first, last) if (end := view.place(query, item)) is not None]
    if not ends:
        return []
    return [row.item_id for row in view.rows(query, max(ends) - min(ends) + 1, min(ends))]


def move(run: RunRow, items: Sequence[str], to: str | None) -> Done:
    """Put images into a group, or into none. Raises BadInput."""
    name = run_data.view(run).edited.get(to).name if to else text.UNASSIGNED
    edit_callbacks.move(run.id, items, to)
    return Done(text.moved(len(items), name), _back(run))


def move_to_new(run: RunRow, items: Sequence[str], name: str) -> Done:
    """Put images into a group that is made for them. Raises BadInput."""
    added = edit_callbacks.new_group(name)
    stale = edit_callbacks.apply(run.id, Several((added, Move(tuple(items), added.cluster_id))))
    said = text.moved(len(items), added.name)
    return Done(f"{said} {stale}" if stale else said, _back(run))


def _back(run: RunRow) -> Act:
    return Act("undo", which=undo.last_version(run.id))
