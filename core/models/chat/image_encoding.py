"""An image as models are shown it: no larger than they look at, which saves time, upload and, with many, tokens."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from core.config import config

if TYPE_CHECKING:
    from PIL.Image import Image

USUAL_SIDE = 768


def part_of_id(side: int) -> str:
    """What a side other than the usual one adds to a model's id, as it may say another thing then."""
    return f":side={side}" if side != USUAL_SIDE else ""


def reduced(path: Path, side: int = 0) -> Image:
    """The image in RGB, no side longer than so many pixels (0 for the installation's setting). Raises OSError."""
    from PIL import Image

    side = side or config().image_side
    with Image.open(path) as image:
        image.draft("RGB", (side, side))  # decodes a large JPEG at half its size at once where that is enough
        small = image.convert("RGB")
    small.thumbnail((side, side))
    return small


def as_jpeg(path: Path, side: int = 0) -> bytes:
    """The image as a JPEG file: its own bytes where it is small enough, else `reduced`. Raises OSError."""
    from PIL import Image

    side = side or config().image_side
    with Image.open(path) as image:
        if max(image.size) <= side:
            return path.read_bytes()
    buffer = io.BytesIO()
    reduced(path, side).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
