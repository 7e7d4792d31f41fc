"""Everything given is looked at once and stored: which images can be used, and why the others cannot."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from core.config import Config
from core.domain import ItemRow, Progress
from core.errors import BadInput, Cancelled
from core.ingest import source
from core.ingest.source import Source
from core.store import Store

OnProgress = Callable[[Progress], None]


def take_in(
    store: Store, copies: Path, config: Config, origin: Source, cancel: threading.Event
) -> Iterator[list[ItemRow]]:
    """Look at what was found and store it, part by part; yields the items of each part, once they are stored.

    Raises Cancelled between parts, and BadInput at the end when nothing can be used.
    """
    store.datasets.begin(origin.dataset_id, origin.name, origin.address, origin.given)
    looked = source.look(origin, copies, config)
    # Small parts first, so that the first results show soon; then parts that fill a model's batch.
    sizes = itertools.chain((4, 8, 16), itertools.repeat(32))
    while part := list(itertools.islice(looked, next(sizes))):
        if cancel.is_set():
            raise Cancelled("Stopped. What was finished is kept.")
        items = [one.item for one in part]
        store.datasets.add(origin.dataset_id, items, [one.image for one in part if one.image])
        yield items
    if not store.datasets.items(origin.dataset_id, limit=1):
        first = store.datasets.skipped(origin.dataset_id)[0]
        raise BadInput(f"None of the {origin.given} files can be used. The first: {first.name}: {first.reason}")
    if origin.records is not None:
        store.datasets.set_truth(origin.dataset_id, source.RECORD_TRUTH, source.record_truth(origin.records))


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
