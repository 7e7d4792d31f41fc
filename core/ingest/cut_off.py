"""What is there of an image file that is cut off: its rows, and how much is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from core.errors import BadInput
from core.ingest.image_file import File, Opened, upright_size

BY_ROWS = frozenset({"JPEG", "PNG", "GIF", "BMP", "TIFF", "PPM"})
"""Formats whose beginning can be decoded without their end."""
_LEAST = 0.5
"""The share of its pixels that must be there for a file that is cut off to be used."""
_MADE_UP = b"\x2a\xb3" * 2048, b"\xd5\x4c" * 2048
"""Two ways in which a JPEG file could go on."""
_KEPT_BACK = 48
"""Rows: two of the tallest blocks, and what smooths their colours."""


def in_part(file: File) -> Opened:
    """What is there of a file that is cut off, without the rows that are not.

    Raises BadInput for less than half, UnidentifiedImageError where nothing is there.
    """
    with _lenient():
        size = upright_size(file.header())
    if file.kind == "JPEG" and _is_progressive(file.content):
        # Each scan covers the whole picture, the first one coarsely.
        return Opened(_leniently(file), file.kind, size, "the file is cut off, fine detail is missing")
    there = _rows_there(file)
    share, rows = float(there.mean()), np.flatnonzero(there)
    if not share:  # it is no lack of bytes
        raise UnidentifiedImageError
    if share < _LEAST:
        raise BadInput(f"The file is cut off or damaged: {share:.0%} of the image can be read. Copy it again.")
    image = _leniently(file)
    first, last = int(rows[0]), int(rows[-1])
    for row in np.flatnonzero(~there[first:last]) + first:  # of an interlaced file
        above = int(rows[np.searchsorted(rows, row) - 1])
        image.paste(image.crop((0, above, image.width, above + 1)), (0, int(row)))
    part = image.crop((0, first, image.width, last + 1))
    part.info, part.format = image.info, image.format  # a crop has forgotten its format
    if share == 1 and file.kind != "JPEG":  # what is damaged lies beside the picture
        return Opened(part, file.kind, size)
    lost = f"{1 - share:.0%} of the image is missing" if share < 0.995 else "its last bytes are missing"
    return Opened(part, file.kind, size, f"the file is cut off, {lost}")


@contextmanager
def _lenient() -> Iterator[None]:
    """Let Pillow go on where something is missing or a checksum is wrong."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _leniently(file: File, fill: int | None = None) -> Image.Image:
    """The first frame as far as it goes. fill: see `File.begun`."""
    with _lenient():
        image = file.begun(file.header(), fill)
        image.load()
    return image


def _rows_there(file: File) -> NDArray[np.bool_]:
    """(height,) which rows of pixels the file gives: those that come out the same whatever they were before."""
    there = _same_rows(*(_as_far_as_it_goes(file, fill) for fill in (0, 255)))
    if file.kind == "JPEG" and there.any():
        # The decoder keeps its last rows back until it sees the end; the file gives those too that come out the same
        # whatever follows.
        content = file.content.rstrip(b"\xff")  # half of a marker
        more = _same_rows(*(np.asarray(_leniently(replace(file, content=content + tail))) for tail in _MADE_UP))
        after = int(np.flatnonzero(there)[-1]) + 1
        there[after : after + _KEPT_BACK] = np.logical_and.accumulate(more[after : after + _KEPT_BACK])
    return there


def _same_rows(one: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (one == other).reshape(len(one), -1).all(axis=1)
    return same


def _as_far_as_it_goes(file: File, fill: int) -> NDArray[np.generic]:
    if file.kind == "JPEG":  # whose decoder makes up the rest
        image = file.begun(file.header(), fill)
        with suppress(OSError):  # here the file ends
            image.load()
    else:
        image = _leniently(file, fill)
    so_far = Image.new(image.mode, image.size)
    so_far.im = image.im
    return np.asarray(so_far)


def _is_progressive(content: bytes) -> bool:
    """Whether a JPEG file is progressive with its first scan complete, as another one begins."""
    frame = content.find(b"\xff\xc2")
    return frame > 0 and content.count(b"\xff\xda", frame) > 1
