"""A person's decisions about a run: recorded, undone, made again, and told."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from pydantic import ValidationError

from core.domain import Cluster
from core.errors import BadInput
from core.results import edited as editing
from core.results.edited import Edited
from core.results.edits import EDIT, Edit, Learn, Move, MoveLabels, Split, each, meet
from core.results.staleness import marks_of
from core.steps import assign, label, name
from core.store import Store
from core.store.runs import EditRow


def proposal(store: Store, run_id: str) -> tuple[Cluster, ...]:
    """The clusters as the model proposed them; empty before the name step."""
    value = store.answers.value(run_id, "name", name.ITEM)
    return name.read(value) if value else ()


def clusters(store: Store, run_id: str) -> Edited:
    """The clusters as they stand after the person's edits."""
    value = store.answers.value(run_id, "name", name.ITEM)
    return _edited(value or "", tuple(row.value for row in store.runs.edits(run_id)))


@lru_cache(maxsize=16)
def _edited(proposed: str, edits: tuple[str, ...]) -> Edited:
    """Kept, as each page asks several times; what is the same is the same object."""
    return editing.apply(name.read(proposed) if proposed else (), list(filter(None, map(read, edits))))


@lru_cache(maxsize=1024)
def read(value: str) -> Edit | None:
    """A stored edit; None for one that another version of Facetry made and this one does not know."""
    with suppress(ValidationError):
        return EDIT.validate_json(value)
    return None


def preview(store: Store, run_id: str, edit: Edit) -> int:
    """How many assignments an edit would put out of date. Raises BadInput when it cannot be applied."""
    return marks_of(store, run_id, edit, clusters(store, run_id))[1]


def version(store: Store, run_id: str) -> str:
    """Names the state of a person's decisions; "" where there is none."""
    edits = store.runs.edits(run_id)
    return edits[-1].version if edits else ""


def since(store: Store, run_id: str, seen: str) -> list[Edit] | None:
    """What was decided since the version `seen`; None where what was decided by then was undone."""
    edits = store.runs.edits(run_id)
    place = next((number for number, row in enumerate(edits, 1) if row.version == seen), None if seen else 0)
    return None if place is None else list(filter(None, (read(row.value) for row in edits[place:])))


def add(store: Store, run_id: str, edit: Edit, seen: str | None = None) -> int:
    """Record a person's decision; return how many assignments it put out of date.

    seen: the version that the person saw; None for the newest. Raises BadInput for an edit that may not be made, and
    where somebody else has decided about the same groups or images since.
    """
    with store.runs.deciding():
        if seen is not None:
            _raise_if_met(edit, since(store, run_id, seen))
        marks, number = marks_of(store, run_id, edit, clusters(store, run_id))
        store.runs.add_edit(run_id, EDIT.dump_json(edit).decode(), marks)
    return number


def undo(store: Store, run_id: str, seen: str | None = None, which: str = "") -> Edit | None:
    """Take back a decision and return it; None where there is none.

    Args:
        seen: the version that the person saw; None for the newest.
        which: the version of the decision, where it is not the newest.

    Raises BadInput where a later decision is about the same groups or images, which has to be undone first, and where
    somebody else has decided anything since `seen`.
    """
    with store.runs.deciding():
        if seen is not None and version(store, run_id) != seen:
            raise BadInput(f"{_CHANGED}. Look at the groups as they are now, then undo again.")
        own = next((row for row in store.runs.edits(run_id) if row.version == which), None)
        edit = read(own.value) if own else None
        if edit and meet(edit, since(store, run_id, which) or ()):
            raise BadInput("Somebody else has changed the same groups or images since, so this was not undone.")
        undone = store.runs.undo_edit(run_id, which)
    return read(undone.value) if undone else None


_CHANGED = "The groups were changed in another window meanwhile, so this was not done"


def _raise_if_met(edit: Edit, others: Sequence[Edit] | None) -> None:
    if others is None or meet(edit, others):
        raise BadInput(f"{_CHANGED}. Look at them as they are now, then try again.")


@dataclass(frozen=True, slots=True)
class Event:
    """What became of one image through a person's decision.

    Attributes:
        version: of the decision (see `version`).
        at: when it was made, UTC.
        by: "person" who moved the image or its label, "split" with a part of its group, or "learnt" from what
            the person showed.
        cluster: the group's name at the time; "" for Unassigned.
        confidence: how sure a classifier was, None for a person.
    """

    version: str
    at: datetime
    by: Literal["person", "split", "learnt"]
    cluster: str
    confidence: float | None = None


def history(store: Store, run_id: str, item_id: str) -> list[Event]:
    """The decisions that put one image into a group, the oldest first."""
    labelled = store.answers.value(run_id, "label", item_id)
    assigned = store.answers.value(run_id, "assign", item_id)
    asked = (item_id, assign.read(assigned).cluster_id if assigned else None, label.read(labelled) if labelled else "")
    state = Edited(proposal(store, run_id))
    events = []
    for row in store.runs.edits(run_id):
        for edit in each(found) if (found := read(row.value)) else ():
            before = state
            with suppress(BadInput):
                state = editing.applied(state, edit)
            if event := _event(row, edit, before, state, asked):
                events.append(event)
    return events


def _event(row: EditRow, edit: Edit, before: Edited, state: Edited, asked: tuple[str, str | None, str]) -> Event | None:
    """What an edit did to an item. asked: its id, the cluster that the model chose, its label."""
    item, place = asked[0], state.place_of(*asked)
    cluster = next((cluster.name for cluster in state.clusters if cluster.id == place), "")
    match edit:
        case Move() if item in edit.items:
            return Event(row.version, row.at, "person", cluster)
        case Learn() if item in edit.items and item not in state.moved:
            return Event(row.version, row.at, "learnt", cluster, state.learnt[item][1])
        case Split() | MoveLabels() if before.place_of(*asked) != place:
            return Event(row.version, row.at, "split" if isinstance(edit, Split) else "person", cluster)
        case _:
            return None
