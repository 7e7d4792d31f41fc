"""A part of an image as an image of its own, with its own two copies; it knows whose part it is.

It is cut from our copy, which is safe to decode, so the original need not be there any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from core.domain import ImageRow, Line
from core.ingest.decode import image_path, keep_copies, looked_at
from core.ingest.focus import Box, crop_id
from core.ingest.view_comment import Crop, crop_of, of_crop

_LEAST = 8
"""Pixels of a side: of less nothing can be seen."""


def cut(folder: Path, image: ImageRow, box: Box, lines: Sequence[Line] | None = None) -> ImageRow:
    """The part of an image whose copies lie below `folder`. Raises OSError where they cannot be read, Paused where the
    part's cannot be written.

    lines: what is written in the whole image, where that is known; the part then tells what of it is its own.
    """
    with Image.open(image_path(folder, image.id, "view")) as view:
        box = _grown(box, view.size)
        item = crop_id(image.id, box)
        if known := looked_at(item, folder):
            return known
        width, height = view.size
        left, top, right, bottom = box
        places = round(left * width), round(top * height), round(right * width), round(bottom * height)
        part = view.convert("RGB").crop(places)
    told = of_crop(Crop(image.id, box), None if lines is None else within(lines, box))
    part.info = {"comment": told}
    share_x, share_y = right - left, bottom - top
    size = max(1, round(share_x * image.width)), max(1, round(share_y * image.height))
    return keep_copies(part, ImageRow(item, image.format, *size), folder)


def crop(folder: Path, item: str) -> Crop | None:
    """Which part of which image an item is; None where it is all of one, or has no copy."""
    try:
        with Image.open(image_path(folder, item, "view")) as view:
            return crop_of(view)
    except OSError:
        return None


def within(lines: Sequence[Line], box: Box) -> tuple[Line, ...]:
    """The lines whose middle is in a part, with their places in it."""
    left, top, right, bottom = box
    found = []
    for line in lines:
        x = sum(corner[0] for corner in line.corners) / len(line.corners)
        y = sum(corner[1] for corner in line.corners) / len(line.corners)
        if left <= x <= right and top <= y <= bottom:
            corners = tuple((_share(across, left, right), _share(down, top, bottom)) for across, down in line.corners)
            found.append(Line(line.text, corners, line.score))
    return tuple(found)


def _share(place: float, first: float, last: float) -> float:
    return round(min(max((place - first) / (last - first), 0.0), 1.0), 4)


def _grown(box: Box, size: tuple[int, int]) -> Box:
    """The part inside the image, at least _LEAST pixels wide and high where the image is."""
    (left, right), (top, bottom) = (
        _side(box[axis], box[axis + 2], min(1.0, _LEAST / max(size[axis], 1))) for axis in (0, 1)
    )
    return (left, top, right, bottom)


def _side(first: float, last: float, least: float) -> tuple[float, float]:
    first, last = max(0.0, min(first, last)), min(1.0, max(first, last))
    middle, half = (first + last) / 2, max(last - first, least) / 2
    middle = min(max(middle, half), 1.0 - half)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)
