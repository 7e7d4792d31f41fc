"""Where the main subject of an image is, by what the network sees of it and by its colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core import threads
from core.ingest.focus import WHOLE, Box
from core.ingest.view_comment import motif_of
from core.models.builtin.from_pixels import colours, network

_SURE = 0.5
"""What belongs to the subject at least so surely is part of it."""
_SPECKS = 0.02
"""The share of the subject that may lie outside on each side: leaves and specks of its colour."""
_RIM = 0.04
_NEARLY_ALL = 0.9
"""A subject that covers so much of the image is the image."""


def of(pixels: NDArray[np.uint8], activation: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """An image on 64 x 64 pixels, and how surely each belongs to the subject, 0 to 1.

    pixels: (260, 260, 3) RGB. activation: (9, 9), see `network.Look`.
    """
    side = colours.SAMPLE
    sample = np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BOX))
    wide = Image.fromarray(activation).resize((side, side), Image.Resampling.BICUBIC)
    return sample, colours.subject_weight(colours.lab(sample), np.asarray(wide, dtype=np.float32))


@threads.limited
def box(path: Path) -> Box:
    """The part of an image (our copy) that holds the main subject; all of it where that is nearly all. Raises OSError
    for what cannot be opened."""
    with Image.open(path) as image:
        motif = motif_of(image)
        small = image.convert("RGB").resize((network.SIDE, network.SIDE), Image.Resampling.BILINEAR)
    if motif is not None:
        weight = motif.share
    else:
        pixels = np.asarray(small, dtype=np.uint8)
        weight = of(pixels, network.look(pixels[None]).activation_map[0])[1]
    return around(weight)


def around(weight: NDArray[np.float32]) -> Box:
    """The box around what is surely the subject. weight: (n, n), 0 to 1."""
    sure = weight >= min(_SURE, float(weight.max()))
    (left, right), (top, bottom) = (_side(sure.sum(axis=axis)) for axis in (0, 1))
    return WHOLE if (right - left) * (bottom - top) >= _NEARLY_ALL else (left, top, right, bottom)


def _side(count: NDArray[np.intp]) -> tuple[float, float]:
    """From where to where the subject reaches, as shares of a side, with a rim. count: its cells in each row."""
    reached = np.cumsum(count) / max(int(count.sum()), 1)
    first = int(np.searchsorted(reached, _SPECKS))
    last = int(np.searchsorted(reached, 1.0 - _SPECKS)) + 1
    return max(0.0, first / len(count) - _RIM), min(1.0, last / len(count) + _RIM)
