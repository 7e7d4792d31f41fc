"""Looks at everything given: each image whole, or the part of it that a person wants looked at as an image of its own.

This is the one place where a part of an image comes into being; from here on it is an item like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.config import Config
from core.domain import Failed, ImageRow
from core.ingest import focus, source
from core.ingest.crop import crop, cut
from core.ingest.decode import image_path, looked_at
from core.ingest.focus import MOST, Box, Focus
from core.ingest.source import Looked, Source
from core.models.focus.text_block import find
from core.models.reading.kept import KeptReadings
from core.store import Store

if TYPE_CHECKING:
    from core.models.focus.detector import Detector

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
    wanted = focus.read(origin.address.focus)
    finder = _Finder(store, copies, wanted)
    for each in looked:
        if wanted.is_many:  # so that there is room for the parts of each
            each = replace(each, item=replace(each.item, position=MOST * each.item.position))
        item = each.item
        if item.status not in ("ready", "duplicate"):
            yield each
            continue
        image = each.image or looked_at(item.item_id, copies)
        found = finder.parts(image) if image else Failed(_UNREADABLE)
        if isinstance(found, Failed):
            yield Looked(replace(item, status="skipped", reason=found.reason), image)
            continue
        reason = left_out.get(item.item_id, "") if item.status == "ready" else ""
        if reason:
            item = replace(item, status="excluded", reason=reason)
        for number, part in enumerate(found):
            name = f"{item.name}, part {number + 1}" if number else item.name
            row = replace(item, item_id=part.id, name=name, position=item.position + number)
            yield Looked(row, part, image, is_further=number > 0)


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
    """Finds the parts of many images, and cuts them out."""

    def __init__(self, store: Store, copies: Path, wanted: Focus) -> None:
        self._copies, self._wanted = copies, wanted
        self._readings = KeptReadings(store.readings)
        self._detector: Detector | None = None

    def parts(self, image: ImageRow) -> list[ImageRow] | Failed:
        """The parts as images of their own, or why there is none. Raises ModelUnavailable."""
        view = image_path(self._copies, image.id, "view")
        try:
            if self._wanted.kind in ("line", "block"):
                lines = self._readings({image.id: view})[image.id]
                if isinstance(lines, Failed):
                    return lines
                box = find(lines, self._wanted.words, whole_block=self._wanted.kind == "block")
                return [cut(self._copies, image, box, lines)] if box else Failed(self._wanted.missing)
            found = self._boxes(view)
            cuts = {part.id: part for part in (cut(self._copies, image, box) for box in found)}
        except (OSError, ValueError, SyntaxError):
            return Failed(_UNREADABLE)
        return list(cuts.values()) or Failed(self._wanted.missing)

    def _boxes(self, view: Path) -> list[Box]:
        """Where the parts are. What finds them is loaded when it is first needed."""
        wanted = self._wanted
        if wanted.kind == "box":
            return [wanted.box]
        if wanted.kind == "subject":
            from core.models.builtin.from_pixels import subject

            return [subject.box(view)]
        if self._detector is None:
            from core.models.focus.detector import Detector

            self._detector = Detector(wanted.model)
        return self._detector.find(view, wanted.words)
