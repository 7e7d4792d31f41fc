"""An image as models are shown it: no larger than they look at, which saves time, upload and, with many, tokens, and no
smaller than they take."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from core.config import config
from core.ingest.decode import VIEW_SIDE
from core.ingest.view_comment import strips_of

if TYPE_CHECKING:
    from PIL.Image import Image

USUAL_SIDE = 768
LEAST = 64
"""Pixels of a side below which images are enlarged: servers refuse 28, and see nothing in much less than this."""
_MAX_RATIO = 20
_GROUND = "#767676"
"""Both white and black stand out against it."""


def part_of_id(side: int) -> str:
    """What a side other than the usual one adds to a model's id, as it may say another thing then."""
    return f":side={side}" if side != USUAL_SIDE else ""


def reduced(path: Path, side: int = 0) -> Image:
    """The image in RGB as a model can take it. Raises OSError.

    No side is longer than so many pixels (0 for the installation's setting; as many times longer as a sheet is, see
    core/ingest/sheet.py), and none shorter than LEAST, or than a 20th of the other.
    """
    from PIL import Image

    with Image.open(path) as image:
        side = _longest(image, side)
        image.draft("RGB", (side, side))  # decodes a large JPEG at half its size at once where that is enough
        small = image.convert("RGB")
    small.thumbnail((side, side))
    return _enlarged(small, side)


def said_of_strips(path: Path | None) -> str:
    """A sentence for the prompt of an image that is shown as strips side by side; "" for all others."""
    from PIL import Image

    try:
        with Image.open(path or "") as image:
            strips = strips_of(image)
    except OSError:  # whoever sends it says so
        return ""
    if strips is None:
        return ""
    number, kind = strips
    order = "from left to right" if kind == "columns" else "from top to bottom"
    return (
        f"The picture is one very long image, cut into {number} {kind} side by side on grey: read them {order}, and "
        "describe them as the one image that they are. What stands at a cut may be shown twice."
    )


def as_jpeg(path: Path, side: int = 0) -> bytes:
    """The image as a JPEG file: its own bytes where they are fit to be shown, else `reduced`. Raises OSError."""
    from PIL import Image

    with Image.open(path) as image:
        if max(image.size) <= _longest(image, side) and min(image.size) >= _shortest(image):
            return path.read_bytes()
    buffer = io.BytesIO()
    reduced(path, side).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _longest(image: Image, side: int) -> int:
    """How long a side may be."""
    return round((side or config().image_side) * max(1.0, max(image.size) / VIEW_SIDE))


def _shortest(image: Image) -> int:
    """How short a side may be: models cut images into squares of 14 to 32 pixels, and refuse or divide by zero where
    one does not fit."""
    return max(LEAST, -(-max(image.size) // _MAX_RATIO))


def _enlarged(image: Image, side: int) -> Image:
    """A small image larger, as far as its longer side allows; what is still too narrow lies on grey."""
    from PIL import Image as images

    grow = min(LEAST / min(image.size), side / max(image.size))
    if grow > 1:
        image = image.resize([max(1, round(length * grow)) for length in image.size], images.Resampling.BICUBIC)
    shortest = _shortest(image)
    if min(image.size) >= shortest:
        return image
    ground = images.new("RGB", (max(image.width, shortest), max(image.height, shortest)), _GROUND)
    ground.paste(image, ((ground.width - image.width) // 2, (ground.height - image.height) // 2))
    return ground
