"""Looks at everything given: each image whole, or the part of it that a person wants looked at as an image of its own.

This is the one place where a part of an image comes into being; from here on it is an item like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from core.config import Config
from core.domain import Failed, ImageRow, Line
from core.ingest import focus, source
from core.ingest.crop import crop, cut
from core.ingest.decode import image_path, looked_at
from core.ingest.focus import Box, Focus
from core.ingest.source import Looked, Source
from core.models.focus.text_block import find
from core.models.reading.kept import KeptReadings
from core.store import Store

_UNREADABLE = "Our copy of it cannot be opened. Give the images again."


def look(store: Store, copies: Path, config: Config, origin: Source) -> Iterator[Looked]:
    """As `source.look`, with the parts of images where `origin` asks for these. An image without such a part is skipped
    with the reason, and keeps its id, so that it can be shown. What a person left out of the whole images is left out
    of their parts. Raises BadInput and Paused."""
    looked = source.look(_of_whole_images(origin, copies), copies, config)
    if not origin.address.focus:
        yield from looked
        return
    whole = store.datasets.newest(origin.address.whole())
    left_out = (
        {item.item_id: item.reason for item in store.datasets.items(whole.id, status="excluded")} if whole else {}
    )
    finder = _Finder(store, copies, focus.read(origin.address.focus))
    for each in looked:
        item = each.item
        if item.status not in ("ready", "duplicate"):
            yield each
            continue
        image = each.image or looked_at(item.item_id, copies)
        found = finder.part(image) if image else Failed(_UNREADABLE)
        if isinstance(found, Failed):
            yield Looked(replace(item, status="skipped", reason=found.reason), image)
        elif item.status == "ready" and item.item_id in left_out:
            reason = left_out[item.item_id]
            yield Looked(replace(item, item_id=found.id, status="excluded", reason=reason), found, image)
        else:
            yield Looked(replace(item, item_id=found.id), found, image)


def _of_whole_images(origin: Source, copies: Path) -> Source:
    """What was looked at before by the ids of the whole images, which tell what is the same."""
    if not origin.address.focus:
        return origin
    held = []
    for item in origin.held:
        known = crop(copies, item.item_id) if item.item_id else None
        held.append(replace(item, item_id=known.image) if known else item)
    return replace(origin, held=tuple(held))


class _Finder:
    """Finds one part in each of many images, and cuts it out."""

    def __init__(self, store: Store, copies: Path, wanted: Focus) -> None:
        self._copies, self._wanted = copies, wanted
        self._readings = KeptReadings(store.readings)

    def part(self, image: ImageRow) -> ImageRow | Failed:
        """The part as an image of its own, or why there is none."""
        view = image_path(self._copies, image.id, "view")
        try:
            found = self._find(image.id, view)
            if isinstance(found, Failed):
                return found
            box, lines = found
            return cut(self._copies, image, box, lines)
        except (OSError, ValueError, SyntaxError):
            return Failed(_UNREADABLE)

    def _find(self, item: str, view: Path) -> tuple[Box, Sequence[Line] | None] | Failed:
        """Where the part is, and what is written in the whole image, where that had to be known."""
        wanted = self._wanted
        if wanted.kind == "box":
            return wanted.box, None
        if wanted.kind == "subject":
            from core.models.builtin.from_pixels import subject  # the network is not loaded for the others

            return subject.box(view), None
        lines = self._readings({item: view})[item]
        if isinstance(lines, Failed):
            return lines
        box = find(lines, wanted.words, whole_block=wanted.kind == "block")
        return (box, lines) if box else Failed(wanted.missing)
