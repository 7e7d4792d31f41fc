"""Where in an image words stand: their line, or the block of lines that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain import Line
from core.ingest.focus import Box
from core.models.builtin.criterion.foreign import plain
from core.models.builtin.from_reading.documents import stands

_BESIDE = 0.5
"""Of the lower of two lines: by how much they overlap in height to stand on one line."""
_BELOW = 1.0
"""Of the height of letters: how far a line lies above or below another of its block at most."""
_LIKE = 2.0
"""How many times as high as those of its block a line's letters are at most."""
_RIM = 0.4
"""Of the height of letters, left free around the part."""


def find(lines: Sequence[Line], words: str, *, whole_block: bool) -> Box | None:
    """The part of the image where these words stand, spelled or read with a letter or two wrong; None for nowhere.

    Of several places, where they are most of the line, and of these the topmost. whole_block: with the lines that lie
    close above and below.
    """
    wanted = plain(words)
    places = [i for i, line in enumerate(lines) if wanted and stands(wanted, plain(line.text))]
    if not places:
        return None
    boxes = [_bounds(line) for line in lines]
    best = min(places, key=lambda i: (len(lines[i].text), boxes[i][1]))
    own = {i for i, box in enumerate(boxes) if _is_beside(box, boxes[best])}
    if whole_block:
        own = _block(boxes, {best})
    height = boxes[best][3] - boxes[best][1]
    left, top, right, bottom = _around([boxes[i] for i in own])
    rim = _RIM * height
    return (max(0.0, left - rim), max(0.0, top - rim), min(1.0, right + rim), min(1.0, bottom + rim))


def _block(boxes: Sequence[Box], own: set[int]) -> set[int]:
    """The lines that belong to a block, from those known to: above or below it, close, not much larger or smaller."""
    while True:
        around = _around([boxes[i] for i in own])
        height = sum(boxes[i][3] - boxes[i][1] for i in own) / len(own)
        more = {i for i, box in enumerate(boxes) if i not in own and _belongs(box, around, height)}
        if not more:
            return own
        own |= more


def _belongs(box: Box, block: Box, height: float) -> bool:
    tall = box[3] - box[1]
    gap = max(box[1] - block[3], block[1] - box[3])
    shared = min(box[2], block[2]) - max(box[0], block[0])
    return shared > 0 and gap <= _BELOW * height and height / _LIKE <= tall <= height * _LIKE


def _is_beside(box: Box, other: Box) -> bool:
    overlap = min(box[3], other[3]) - max(box[1], other[1])
    return overlap >= _BESIDE * min(box[3] - box[1], other[3] - other[1])


def _bounds(line: Line) -> Box:
    across, down = zip(*line.corners, strict=True)
    return (min(across), min(down), max(across), max(down))


def _around(boxes: Sequence[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return (min(left), min(top), max(right), max(bottom))
