"""What a view tells of itself in its JPEG comment: the strips that it is made of, where its motif is, what is written
in it where that is known without reading, or which part of which image it is.

The comment of a file that was given never gets there, so that it counts for nothing.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.domain import Line

MOTIF_SIDE = 64
"""A motif is kept on so many cells a side, whatever the shape of the image."""
_STRIPS = re.compile(rb"facetry sheet: (\d+) (columns|rows)")
_MOTIF = re.compile(rb"facetry motif on ([0-9a-f]{6}): (.+)", re.DOTALL)

_TOLD = b"facetry told: "
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


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of an image. image: the id of that. box: left, top, right and bottom as shares of its width and height."""

    image: str
    box: tuple[float, float, float, float]


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
    packed = _packed({"lines": _listed(lines)})
    return packed if len(packed) <= _MOST_PACKED else b""


def of_crop(crop: Crop, lines: Sequence[Line] | None) -> bytes:
    """The comment of a part of an image. lines: what is written in it, None where it must be read."""
    told = {"of": crop.image, "box": crop.box}
    packed = _packed(told if lines is None else {**told, "lines": _listed(lines)})
    return packed if len(packed) <= _MOST_PACKED else _packed(told)


def lines_of(image: Image.Image) -> tuple[Line, ...] | None:
    """What is written in a view; None where it must be read. image: the JPEG file, opened."""
    try:
        return tuple(
            Line(str(text), tuple((float(x), float(y)) for x, y in corners), float(score))
            for text, corners, score in _told(image)["lines"]
        )
    except (KeyError, ValueError, TypeError):
        return None


def crop_of(image: Image.Image) -> Crop | None:
    """Which part of which image a view is; None where it is all of one. image: the JPEG file, opened."""
    try:
        told = _told(image)
        left, top, right, bottom = map(float, told["box"])
        return Crop(str(told["of"]), (left, top, right, bottom))
    except (KeyError, ValueError, TypeError):
        return None


def _listed(lines: Sequence[Line]) -> list[Any]:
    return [(line.text, line.corners, line.score) for line in lines]


def _packed(told: Mapping[str, Any]) -> bytes:
    return _TOLD + zlib.compress(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"), 9)


def _told(image: Image.Image) -> Mapping[str, Any]:
    """What a comment of ours tells by name. Raises ValueError where it is none."""
    comment = _comment(image)
    if not comment.startswith(_TOLD):
        raise ValueError("no comment of ours")
    try:
        told = json.loads(zlib.decompressobj().decompress(comment.removeprefix(_TOLD), _MOST))
    except zlib.error as error:
        raise ValueError("damaged") from error
    return told if isinstance(told, dict) else {}


def _comment(image: Image.Image) -> bytes:
    comment = image.info.get("comment")
    return comment if isinstance(comment, bytes) else b""
