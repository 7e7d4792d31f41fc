"""Readings of images that are made once: whoever keeps them (a workspace's store) is asked first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from core.domain import Failed, Line
from core.models.reading.reader import READER_ID, read

Reading = tuple[Line, ...]
"""The lines of one image from top to bottom, none where nothing is written."""


class ReadingKeeper(Protocol):
    """Keeps readings (see `core.store.readings.Readings`)."""

    def find(self, reader: str, items: Sequence[str]) -> Mapping[str, Reading]:
        """Item id -> its reading, for the items that `reader` has read before."""
        ...

    def keep(self, reader: str, readings: Mapping[str, Reading]) -> None: ...


class KeptReadings:
    """Reads images, each one once for all who share a keeper; None for no keeper."""

    def __init__(self, keeper: ReadingKeeper | None = None) -> None:
        self._keeper = keeper

    def __call__(self, images: Mapping[str, Path | None]) -> dict[str, Reading | Failed]:
        """Item id -> its reading; `images`: item id -> our copy, None where there is none. Raises what the keeper
        raises."""
        known = self._keeper.find(READER_ID, list(images)) if self._keeper else {}
        found: dict[str, Reading | Failed] = dict(known)
        for item, path in images.items():
            if item not in found:
                found[item] = read(path) if path else Failed("There is no image to read, only what others wrote of it.")
        new = {item: one for item, one in found.items() if item not in known and not isinstance(one, Failed)}
        if self._keeper and new:
            self._keeper.keep(READER_ID, new)
        return found


UNKEPT = KeptReadings()
