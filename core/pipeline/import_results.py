"""Results made elsewhere become a run like any other: to browse, correct, score and compare."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from core.domain import DatasetRow, RunSettings
from core.errors import BadInput
from core.ingest import source
from core.ingest.external_results import Imported, read_results
from core.ingest.ground_truth import BROUGHT
from core.ingest.name_matching import Images, match_names
from core.ingest.record_matching import MetRecords
from core.ingest.source import Source
from core.models.supplied.imported import KIND
from core.pipeline import intake, runs
from core.pipeline.intake import OnProgress
from core.pipeline.labels import images_of
from core.store import Store
from core.typed_path import kept_path, typed_path
from core.workspace import Workspace

_NO_IMAGE = "No image of this name was given."
_LISTED = 1_000
MOST_GROUPS = 1_000
"""A column with more distinct values most likely holds something else, such as descriptions."""


@dataclass(frozen=True, slots=True)
class Brought:
    """The run that was made, the rows that are not in it (what they call their image, and the reason), and what was
    assumed to read the names of the images."""

    run_id: str
    left_out: tuple[tuple[str, str], ...]
    note: str = ""

    @property
    def without_image(self) -> tuple[str, ...]:
        """The names that no image has."""
        return tuple(name for name, reason in self.left_out if reason == _NO_IMAGE)


@dataclass(frozen=True, slots=True)
class Preview:
    """What bringing results in would give.

    Attributes:
        images: how many can have an answer.
        answered: how many have one that is a group's.
        truth: how many rows carry the right group.
        left_out: see `Brought`.
    """

    rows: int
    groups: tuple[str, ...]
    images: int
    answered: int
    truth: int
    left_out: tuple[tuple[str, str], ...]
    unreadable: int
    note: str = ""


def bring_in(
    workspace: Workspace,
    path: Path,
    *,
    images: str | DatasetRow = "",
    encoding: str = "",
    truth: str = "",
    name: str = "",
    called: str = "",
    cancel: threading.Event | None = None,
    on_progress: OnProgress | None = None,
    on_run: Callable[[str], None] | None = None,
) -> Brought:
    """Make a run from a table or JSONL file of image and cluster, or from a folder of IC|TC's result files.

    Args:
        images: a folder, ZIP file or CSV, or a dataset that was looked at, so that the run is on the same images as
            others and shows them; without it the rows themselves are what was given.
        encoding: of file names in a ZIP file of images that do not say theirs; "" to find it out.
        truth: as elsewhere; by default what the rows carry and, where all images are called `{n}_{class}`, that.
        name: what was grouped by, as the run is called.
        called: the person's name for `path`, where that is one of ours.
        on_run: told the run's id before the answers are stored. Everything is looked at before there is a run, so
            that one that was interrupted needs nothing but `path` to go on.

    Raises BadInput and Cancelled.
    """
    cancel = cancel or threading.Event()
    tell = on_progress or (lambda _: None)
    found = read(path, called)
    origin = _origin(workspace, found, path, images, called, encoding)
    if not source.is_complete(workspace.store.datasets.get(origin.dataset_id)):
        intake.look(workspace.store, workspace.copies, workspace.config, origin, cancel, tell)
    known = images_of(workspace.store, origin.dataset_id)
    ready, met = known.names, found.meet(known)
    if not met.rows:
        where = images if isinstance(images, str) else images.name
        row, name = found.rows[0].record.image, next(iter(ready.values()), "")
        raise BadInput(
            f"No row of {called or path.name} names one of the images in {where}. A row says “{row[:120]}”, "
            f"an image is called “{name[-120:]}”. Check the names."
        )
    left_out = _left_out(workspace.store, origin.dataset_id, found, met) if images else ()
    settings = RunSettings(
        "",
        name.strip() or Path(called or typed_path(path).resolve().name).stem,
        min(len(found.names), len(ready)),
        vision="records",
        text=KIND,
        records=str(path),
        truth=truth or _own_truth(found, path),
    )
    run_id = runs.start(workspace, source.as_given(_dataset(workspace, origin), list(ready.values())), settings)
    _remember(workspace.store, run_id, left_out)
    if on_run:
        on_run(run_id)
    runs.run(workspace, run_id, "assign", cancel=cancel, on_progress=tell)
    return Brought(run_id, left_out, origin.note)


def read(path: Path, called: str = "") -> Imported:
    """The results at a path. Raises BadInput, which speaks of `called` and not of a place that the person never saw."""
    try:
        found = read_results(path)
        if not found.names:
            raise BadInput(f"{path} gives no image a group. It needs a column or answers with the names of groups.")
        if len(found.names) > MOST_GROUPS:
            raise BadInput(
                f"{path} has {len(found.names):,} different groups; {MOST_GROUPS:,} can be shown. "
                "Is the column of groups called cluster or group?"
            )
    except BadInput as error:
        if not called:
            raise
        raise BadInput(str(error).replace(str(path), called).replace(path.name, called)) from None
    return replace(found, note=found.note.replace(path.name, called)) if called else found


def preview(found: Imported, store: Store, dataset_id: str = "") -> Preview:
    """How results fit the images of a dataset; without one, what they hold. Nothing is stored."""
    known = images_of(store, dataset_id) if dataset_id else Images({row.record.id: "" for row in found.rows})
    met = found.meet(known)
    rows = [found.rows[place] for place in met.first.values()]
    return Preview(
        len(found.rows),
        tuple(name for name, _ in found.names),
        len(known.names),
        sum(found.group_of(row.answer) is not None for row in rows),
        sum(bool(row.record.truth) for row in rows),
        _left_out(store, dataset_id, found, met) if dataset_id else (),
        len(found.bad),
        " ".join(note for note in (found.note, *(way.said("Rows") for way in met.ways)) if note),
    )


def rows_left_out(store: Store, run_id: str) -> tuple[int, list[tuple[str, str]]]:
    """How many rows of what was brought in are not in this run, and the first of them with their reasons."""
    kept = json.loads(store.runs.left_out(run_id) or "[0, []]")
    return kept[0], [(name, reason) for name, reason in kept[1]]


def _origin(
    workspace: Workspace, found: Imported, path: Path, images: str | DatasetRow, called: str, encoding: str
) -> Source:
    if not images:
        return source.from_results(found, path, called)
    if isinstance(images, str):
        return source.find(images, "", workspace.config, encoding=encoding)
    return source.as_given(images, ()) if source.is_complete(images) else source.reopen(images, workspace.config)


def _dataset(workspace: Workspace, origin: Source) -> DatasetRow:
    dataset = workspace.store.datasets.get(origin.dataset_id)
    assert dataset is not None  # it was looked at
    return dataset


def _own_truth(found: Imported, path: Path) -> str:
    """The address of the truth that came with the results, or ""."""
    if any(record.truth for record in found.said):
        return f"{BROUGHT}{kept_path(typed_path(path))}"
    return "filename" if found.numbered else ""


def _left_out(store: Store, dataset_id: str, found: Imported, met: MetRecords) -> tuple[tuple[str, str], ...]:
    """Every row and line that no usable image answers to."""
    out = {str(item.position): item for item in store.datasets.skipped(dataset_id)}
    called = [row.record.image for row in found.rows]
    unusable = {place: out[key] for key, place in match_names(called, {key: out[key].name for key in out}).items()}
    used = {*met.first.values()}
    said = {called[place] for place in used}
    rows = []
    for place, image in enumerate(called):
        if place in used:
            continue
        if image in said:
            rows.append((image, "It has a row already; the first counts."))
        elif place in unusable:
            rows.append((image, f"The image is not grouped: {unusable[place].reason}"))
        else:
            rows.append((image, _NO_IMAGE))
    return (*rows, *((f"line {line}", reason) for line, reason in found.bad))


def _remember(store: Store, run_id: str, left_out: tuple[tuple[str, str], ...]) -> None:
    """Store it with the run, for everyone who opens it later."""
    if left_out:
        store.runs.set_left_out(run_id, json.dumps([len(left_out), left_out[:_LISTED]]))
