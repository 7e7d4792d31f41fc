"""Reads what is written in all images of a dataset, whatever they are grouped by, so that it can be searched for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from core.domain import Failed, Progress
from core.errors import Cancelled
from core.models.reading.kept import KeptReadings
from core.models.reading.reader import READER_ID
from core.workspace import Workspace

_AT_ONCE = 8
"""Images between two looks at whether it was stopped; what was read by then is kept."""


@dataclass(frozen=True, slots=True)
class TextRead:
    """How many of a dataset's usable images were read, and in how many of these something is written."""

    images: int
    read: int
    with_text: int

    @property
    def is_whole(self) -> bool:
        return self.read >= self.images


def text_read(workspace: Workspace, dataset_id: str) -> TextRead:
    """What is known of the text in a dataset's images."""
    given = workspace.store.datasets.get(dataset_id)
    read, with_text = workspace.store.readings.counts(READER_ID, dataset_id)
    return TextRead(given.counts.get("ready", 0) if given else 0, read, with_text)


def read_all(
    workspace: Workspace, dataset_id: str, cancel: threading.Event, on_progress: Callable[[Progress], None]
) -> dict[str, str]:
    """Read each image that was not read before. Returns item id -> why it could not be read. Raises Cancelled between a
    few images; what was read is kept."""
    names = workspace.store.datasets.names(dataset_id)
    ids, readings = list(names), KeptReadings(workspace.store.readings)
    known = set(workspace.store.readings.find(READER_ID, ids))
    failed: dict[str, str] = {}
    todo, began = [item for item in ids if item not in known], time.monotonic()
    for first in range(0, len(todo), _AT_ONCE):
        if cancel.is_set():
            raise Cancelled
        part = todo[first : first + _AT_ONCE]
        found = readings({item: workspace.image(item, "view") for item in part})
        failed |= {item: one.reason for item, one in found.items() if isinstance(one, Failed)}
        done = first + len(part)
        rate = done / max(time.monotonic() - began, 1e-3)
        latest = (part[-1], names[part[-1]])
        on_progress(
            Progress(
                "read",
                len(known) + done,
                len(ids),
                failures=len(failed),
                rate=rate,
                seconds_left=(len(todo) - done) / rate,
                latest=latest,
            )
        )
    return failed
