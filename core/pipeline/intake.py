"""Looks at everything given once, and stores which images can be used and why others cannot."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.config import Config
from core.domain import DatasetRow, ItemRow, Progress
from core.errors import BadInput, Cancelled
from core.ingest import source
from core.ingest.decode import KINDS, image_path
from core.ingest.near_duplicates import NEAR, near_groups
from core.ingest.source import Looked, Source
from core.pipeline import looking
from core.store import Store

OnProgress = Callable[[Progress], None]


def take_in(
    store: Store, copies: Path, config: Config, origin: Source, cancel: threading.Event
) -> Iterator[list[ItemRow]]:
    """Look at what was found and store it, part by part; yields the items of each part, once they are stored.

    What was looked at before (`origin.held`) comes first. Raises Cancelled between parts, and BadInput at the end when
    nothing can be used.
    """
    new = 0
    if origin.held:
        dataset = store.datasets.get(origin.dataset_id)
        new = origin.given - dataset.given if dataset else 0
        yield list(origin.held)
    else:
        store.datasets.begin(origin.dataset_id, origin.name, origin.address, origin.given)
    looked = looking.look(store, copies, config, origin)
    # Small parts first, so that the first results show soon; then parts that fill a model's batch.
    # Records are only written down: there the transactions are what takes the time.
    later = 32 if origin.records is None else 20_000
    sizes = itertools.chain((4, 8, 16), itertools.repeat(later))
    while part := list(itertools.islice(looked, next(sizes))):
        if cancel.is_set():
            raise Cancelled
        _add(store, origin, part[:new], more=True)
        _add(store, origin, part[new:])
        new = max(0, new - len(part))
        yield [found.item for found in part]
    if not store.datasets.items(origin.dataset_id, limit=1):
        first = store.datasets.skipped(origin.dataset_id, 1)[0]
        none = f"None of the {origin.given} files can be used. The first:" if origin.given > 1 else "No image here:"
        raise BadInput(f"{none} {first.name}: {first.reason}")
    if origin.records is not None:
        store.datasets.set_truth(origin.dataset_id, source.RECORD_TRUTH, source.record_truth(origin.records))
    for facet, classes in source.own_truth(origin, config).items():
        names = store.datasets.names(origin.dataset_id)
        found = {item: classes[name] for item, name in names.items() if name in classes}
        store.datasets.set_truth(origin.dataset_id, facet, found)


def _add(store: Store, origin: Source, part: Sequence[Looked], *, more: bool = False) -> None:
    """Store what was looked at. more: it is more than was given at the beginning, which grows with it."""
    items, images = [found.item for found in part], [image for found in part for image in found.images]
    if not more:
        further = sum(found.is_further for found in part)
        store.datasets.add(origin.dataset_id, items, images, further=further)
    elif items:
        store.datasets.append(origin.dataset_id, items, images, origin.address)


def rest_of(store: Store, dataset: DatasetRow, config: Config) -> Source:
    """What is still to be looked at of a dataset, however its files have changed since. Raises BadInput when its source
    has gone."""
    held = store.datasets.items(dataset.id) + store.datasets.skipped(dataset.id)
    return source.go_on(dataset, sorted(held, key=lambda item: item.position), config)


def look(
    store: Store, copies: Path, config: Config, origin: Source, cancel: threading.Event, on_progress: OnProgress
) -> None:
    """Take in everything given without asking any model. Raises as `take_in`."""
    on_progress(Progress("ingest", 0, origin.given))
    began, done = time.monotonic(), 0
    for items in take_in(store, copies, config, origin, cancel):
        done += len(items)
        rate = done / max(time.monotonic() - began, 1e-3)
        newest = next((item for item in reversed(items) if item.status == "ready"), None)
        latest = (newest.item_id, newest.name) if newest else ("", "")
        left = (origin.given - done) / rate
        on_progress(Progress("ingest", done, origin.given, rate=rate, seconds_left=left, latest=latest))


def bring_back_copies(
    store: Store, copies: Path, config: Config, dataset: DatasetRow, items: Sequence[str], cancel: threading.Event
) -> None:
    """Make copies again that somebody deleted, as far as their originals are still there. Raises Cancelled."""
    wanted = {item for item in items if not all(image_path(copies, item, kind).is_file() for kind in KINDS)}
    for where in (dataset.source, *dataset.added) if wanted else ():
        with suppress(BadInput):  # it has gone: those images fail, each with its reason
            for found in looking.look(store, copies, config, source.reopen(replace(dataset, source=where), config)):
                wanted.discard(found.item.item_id)
                if cancel.is_set():
                    raise Cancelled
                if not wanted:
                    return


def near_duplicate_groups(store: Store, dataset_id: str, distance: int = NEAR) -> list[list[str]]:
    """Item ids of usable images that look nearly the same, a list a group; each is near the first of its group."""
    items, looks, colours = store.datasets.looks(dataset_id)
    return [[items[row] for row in group] for group in near_groups(looks, colours, distance)]


def largest_first(store: Store, groups: Sequence[Sequence[str]]) -> list[list[tuple[str, int, int]]]:
    """Each group as (item id, width, height), the image that `keep_one` keeps first."""
    images = store.datasets.images([item for group in groups for item in group])
    sized = [[(item, images[item].width, images[item].height) for item in group] for group in groups]
    return [sorted(group, key=lambda size: -size[1] * size[2]) for group in sized]


def keep_one(store: Store, dataset_id: str, groups: Sequence[Sequence[str]]) -> int:
    """Exclude all of each group but its largest image (the first of equals); returns how many were excluded.

    They can be taken back with `store.datasets.include`.
    """
    names = store.datasets.names(dataset_id)
    reasons: dict[str, str] = {}
    for sized in largest_first(store, groups):
        group = [item for item, _, _ in sized]
        kept = group[0]
        sentence = f"Looks nearly the same as {names[kept]}; left out by you."
        reasons |= {item: sentence for item in group if item != kept}
    store.datasets.exclude(dataset_id, reasons)
    return len(reasons)
