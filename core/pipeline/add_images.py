"""Later images: they join a run's dataset and are assigned to the clusters there are; nothing else is asked again."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.domain import ItemRow, Progress, Step
from core.errors import BadInput, Cancelled
from core.ingest import source
from core.ingest.source import Looked, Source
from core.models.registry import NO_KEYS, Keys
from core.pipeline import looking, runs
from core.pipeline.intake import OnProgress
from core.results import run_view
from core.store import Store
from core.workspace import Workspace

_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the files that were given: each is in one of these.

    new: ids of images that the dataset did not hold. known: files that had been added before, under the same name and
    of the same content; they are not counted again. duplicates and skipped are, each with its reason.
    """

    new: tuple[str, ...]
    known: int
    duplicates: tuple[ItemRow, ...]
    skipped: tuple[ItemRow, ...]


def add(
    workspace: Workspace,
    run_id: str,
    origin: Source,
    *,
    cancel: threading.Event | None = None,
    on_progress: OnProgress | None = None,
    keys: Keys = NO_KEYS,
) -> Added:
    """Look at what was found, add it to the run's dataset, and describe, label and assign the new images.

    Interrupted, the same call goes on: what was added is known by then. Raises as `pipeline.run`, and BadInput when the
    run has no groups yet or is of descriptions alone.
    """
    store, cancel = workspace.store, cancel or threading.Event()
    run = run_view.get_run(store, run_id)
    dataset = store.datasets.get(run.settings.dataset_id)
    if dataset is None or not dataset.source.has_images:
        raise BadInput("This run has descriptions but no images, so images cannot be added to it.")
    if not source.is_complete(dataset) or "assign" not in store.answers.step_counts(run_id):
        raise BadInput("This run has not sorted its images yet. Let it finish first; then add images.")
    origin = replace(origin, address=replace(origin.address, focus=dataset.source.focus))
    counted: dict[str, list[ItemRow]] = {"ready": [], "duplicate": [], "skipped": []}
    known = done = 0
    for part in _parts(looking.look(store, workspace.copies, workspace.config, origin)):
        if cancel.is_set():
            raise Cancelled
        fresh = _fresh(store, dataset.id, part)
        if fresh:
            images = [image for looked in fresh for image in looked.images]
            store.datasets.append(dataset.id, [looked.item for looked in fresh], images, origin.address)
        for looked in fresh:
            counted[looked.item.status].append(looked.item)
        known += len(part) - len(fresh)
        done += len(part)
        if on_progress:
            on_progress(Progress("ingest", done, origin.given))
    waiting = _waiting(store, run_id, dataset.id)
    runs.run(workspace, run_id, "assign", cancel=cancel, on_progress=on_progress, only=waiting, keys=keys)
    new = tuple(item.item_id for item in counted["ready"])
    return Added(new, known, tuple(counted["duplicate"]), tuple(counted["skipped"]))


def _parts(looked: Iterator[Looked]) -> Iterator[list[Looked]]:
    while part := list(itertools.islice(looked, _AT_ONCE)):
        yield part


def _fresh(store: Store, dataset_id: str, part: Sequence[Looked]) -> list[Looked]:
    """The files that were not added before. One with the content of an image that is there is its duplicate."""
    there = store.datasets.like(dataset_id, [looked.item for looked in part])
    before = {(item.name, item.item_id) for item in there}
    first = {item.item_id: item.name for item in reversed(there) if item.status == "ready"}
    fresh = []
    for looked in part:
        item = looked.item
        if (item.name, item.item_id) in before:
            continue
        if item.status == "ready" and item.item_id in first:
            reason = f"The same as {first[item.item_id]}; grouped once."
            looked = Looked(replace(item, status="duplicate", reason=reason))
        fresh.append(looked)
    return fresh


def _waiting(store: Store, run_id: str, dataset_id: str) -> set[str]:
    """The images that the run has not assigned yet: those just added, and those left by an interruption."""
    tried = set(store.answers.held(run_id, "assign"))
    steps: tuple[Step, ...] = ("describe", "label")
    for step in steps:
        tried |= {item for item, held in store.answers.held(run_id, step).items() if held.failure}
    return {item.item_id for item in store.datasets.items(dataset_id)} - tried
