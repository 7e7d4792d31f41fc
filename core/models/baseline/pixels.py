"""Classical features of one image: histograms of oriented gradients, and a bag of visual words of ORB or SIFT.

Each image's features depend on it alone, so that a later image can be placed. Visual words are therefore not those of a
codebook that is learnt from the images, but fixed ones by locality-sensitive hashing (Mu et al., "Randomized locality
sensitive vocabularies for bag-of-features model", ECCV 2010): a descriptor's word is the signs of some fixed
directions, or some fixed bits of a binary descriptor, in several tables.
"""

from __future__ import annotations

import importlib
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.domain import Vector

SIDE = 256
"""Pixels of the square that an image is brought to."""
_CELL, _BINS = 32, 9
_TABLES, _BITS = 4, 7
_MOST = 500
"""Key points of an image, the strongest."""

Gray = NDArray[np.uint8]


def oriented_gradients(image: Gray) -> Vector:
    """HOG (Dalal and Triggs, CVPR 2005) of a (256, 256) image: 8 x 8 cells of 32 pixels, 9 unsigned orientations,
    blocks of 2 x 2 cells with L2-Hys; (1764,)."""
    import cv2

    pixels = image.astype(np.float32) / 255
    across, down = cv2.Sobel(pixels, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(pixels, cv2.CV_32F, 0, 1, ksize=1)
    strength, angle = np.hypot(across, down), np.arctan2(down, across) % np.pi
    place = angle / np.pi * _BINS - 0.5
    low = np.floor(place).astype(np.intp)
    share = (place - low).astype(np.float32)
    cells = len(image) // _CELL
    row, column = np.divmod(np.arange(image.size), image.shape[1])
    cell = (row // _CELL * cells + column // _CELL) * _BINS
    sums = np.zeros(cells * cells * _BINS)
    for orientation, weight in ((low, 1 - share), (low + 1, share)):
        sums += np.bincount(cell + orientation.ravel() % _BINS, (strength * weight).ravel(), minlength=len(sums))
    grid = sums.reshape(cells, cells, _BINS)
    blocks = np.concatenate([grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]], axis=2)
    blocks = blocks.reshape(-1, 4 * _BINS)
    blocks = np.minimum(_unit(blocks), 0.2)
    return np.asarray(_unit(blocks).ravel(), dtype=np.float32)


@threads.limited
def visual_words(image: Gray, kind: Literal["orb", "sift"]) -> Vector:
    """How often each visual word is in a (256, 256) image: (512,), the root of shares, of length one; a zero vector
    where there are no key points."""
    cv2: Any = importlib.import_module("cv2")
    finder = cv2.ORB_create(_MOST) if kind == "orb" else cv2.SIFT_create(_MOST)
    _, descriptors = finder.detectAndCompute(image, None)
    if descriptors is None or not len(descriptors):
        return np.zeros(_TABLES * 2**_BITS, dtype=np.float32)
    signs = _orb_signs(descriptors) if kind == "orb" else _sift_signs(descriptors)
    words = signs @ (1 << np.arange(_BITS)) + np.arange(_TABLES) * 2**_BITS
    counts = np.bincount(words.ravel(), minlength=_TABLES * 2**_BITS)
    return np.asarray(np.sqrt(counts / counts.sum()), dtype=np.float32)


def _orb_signs(descriptors: Any) -> NDArray[np.intp]:
    """(n, 32) bytes -> (n, tables, bits): some of the 256 bits."""
    bits = np.unpackbits(np.asarray(descriptors, dtype=np.uint8), axis=1)
    chosen = np.random.default_rng(0).permutation(bits.shape[1])[: _TABLES * _BITS]
    return bits[:, chosen].reshape(-1, _TABLES, _BITS).astype(np.intp)


def _sift_signs(descriptors: Any) -> NDArray[np.intp]:
    """(n, 128) -> (n, tables, bits): the sides of fixed directions through the mean of root-SIFT's parts."""
    rows = np.asarray(descriptors, dtype=np.float32)
    rooted = np.sqrt(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-9))
    directions = np.random.default_rng(0).normal(size=(rows.shape[1], _TABLES * _BITS))
    directions -= directions.mean(axis=0)  # all parts are positive: no direction sees how large they are together
    return np.asarray((rooted @ directions > 0).reshape(-1, _TABLES, _BITS), dtype=np.intp)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(rows / np.sqrt((rows**2).sum(axis=1, keepdims=True) + 1e-10))
