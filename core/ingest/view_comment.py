"""What a view tells of itself in its JPEG comment: the strips that it is made of, where its motif is, or what is
written in it where that is known without reading.

The comment of a file that was given never gets there, so that it counts for nothing.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.domain import Line

MOTIF_SIDE = 64
"""A motif is kept on so many cells a side, whatever the shape of the image."""
_STRIPS = re.compile(rb"facetry sheet: (\d+) (columns|rows)")
_MOTIF = re.compile(rb"facetry motif on ([0-9a-f]{6}): (.+)", re.DOTALL)

_LINES = b"facetry lines: "
_MOST, _MOST_PACKED = 16 * 1024**2, 65_000
"""Bytes of what is written, and of a comment: JPEG files hold no longer one."""


@dataclass(frozen=True, slots=True)
class Motif:
    """Where the motif of an image with transparency is.

    Attributes:
        share: (MOTIF_SIDE, MOTIF_SIDE) how much of each cell it covers, 0 to 1.
        ground: (3,) the colour that it was put on, 0 to 255.
    """

    share: NDArray[np.float32]
    ground: NDArray[np.float32]

    def alone(self, rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """The colours of the motif itself where it covers most, and how much of each cell counts.

        rgb: (MOTIF_SIDE, MOTIF_SIDE, 3) the image on its ground.
        """
        counts = np.where(self.share >= self.share.max() / 2, self.share, 0)
        share = np.maximum(counts, 1e-3)[..., None]
        own = np.clip((rgb - (1 - share) * self.ground) / share, 0, 255).round().astype(np.uint8)
        return np.where(counts[..., None] > 0, own, rgb), counts.astype(np.float32)


def of_strips(number: int, kind: str) -> bytes:
    """The comment of a sheet of so many "columns" or "rows"."""
    return f"facetry sheet: {number} {kind}".encode()


def strips_of(image: Image.Image) -> tuple[int, str] | None:
    """How many strips a view is made of, and what they are ("columns" from left to right, "rows" from top to bottom);
    None for an image that is shown whole. image: the JPEG file, opened."""
    found = _STRIPS.fullmatch(_comment(image))
    return (int(found[1]), found[2].decode()) if found else None


def of_motif(alpha: Image.Image, ground: tuple[int, int, int]) -> bytes:
    """The comment of an image with this alpha on this ground; b"" where it is as solid everywhere, or as little.

    What can be seen through all over counts as solid: its colour is what is seen.
    """
    low, high = alpha.getextrema()
    if low == high:
        return b""
    cells = np.asarray(alpha.resize((MOTIF_SIDE, MOTIF_SIDE), Image.Resampling.BOX), np.float64) / high
    packed = zlib.compress((cells * 255).round().astype(np.uint8).tobytes(), 9)
    return b"facetry motif on %02x%02x%02x: " % ground + packed


def motif_of(image: Image.Image) -> Motif | None:
    """Where the motif of a view is; None where it is all of it. image: the JPEG file, opened."""
    if (found := _MOTIF.fullmatch(_comment(image))) is None:
        return None
    try:
        cells = zlib.decompressobj().decompress(found[2], MOTIF_SIDE**2)
        share = np.frombuffer(cells, np.uint8).reshape(MOTIF_SIDE, MOTIF_SIDE).astype(np.float32)
    except (zlib.error, ValueError):
        return None
    share /= 255
    return Motif(share, np.array(list(bytes.fromhex(found[1].decode())), np.float32)) if share.any() else None


def of_lines(lines: Sequence[Line]) -> bytes:
    """The comment of an image in which exactly this is written; b"" where it is too much for one."""
    told = [(line.text, line.corners, line.score) for line in lines]
    packed = _LINES + zlib.compress(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"), 9)
    return packed if len(packed) <= _MOST_PACKED else b""


def lines_of(image: Image.Image) -> tuple[Line, ...] | None:
    """What is written in a view; None where it must be read. image: the JPEG file, opened."""
    if not (comment := _comment(image)).startswith(_LINES):
        return None
    try:
        told = json.loads(zlib.decompressobj().decompress(comment.removeprefix(_LINES), _MOST))
        return tuple(
            Line(str(text), tuple((float(x), float(y)) for x, y in corners), float(score))
            for text, corners, score in told
        )
    except (zlib.error, ValueError, TypeError):
        return None


def _comment(image: Image.Image) -> bytes:
    comment = image.info.get("comment")
    return comment if isinstance(comment, bytes) else b""
