"""The evidence spaces of the built-in engine: what it keeps of an image, so that no image is looked at twice.

Every value is rounded to float16 before anything is made of it, so stored and fresh evidence give the same answers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.domain import Evidence, Vector
from core.models.builtin.from_pixels.imagenet import CLASSES

EVIDENCE_ID = "builtin-evidence/3"
"""Bump when any value below can change."""

SUBJECT = "effnet-lite2/subject"
"""(3840,) activations averaged over the upper, middle and lower third of the subject."""
TOP = "imagenet/top"
"""(64,) the 32 likeliest ImageNet classes, then their probabilities."""
COLOURS = "subject/colours"
"""(24,) share of each colour term in the subject."""
STATISTICS = "image/statistics"
"""(21,) see `appearance.STATISTICS`."""

MEASURED_BY = "colour"
"""The criterion under which images are measured that nothing is asked of: measuring comes with a description, which has
to be of something that is seen, not read."""

SPACES = (SUBJECT, TOP, COLOURS, STATISTICS)
KEPT = 32


def stored(values: NDArray[np.floating]) -> Vector:
    """The values as they will come back from a float16 store."""
    return values.astype(np.float16).astype(np.float32)


def pack_top(probabilities: NDArray[np.float32]) -> Vector:
    """(1000,) class probabilities to the (64,) vector of TOP; equal probabilities keep the order of the classes."""
    best = np.argsort(-probabilities, kind="stable")[:KEPT]
    return np.concatenate([best.astype(np.float32), probabilities[best]])


def class_shares(top: Vector) -> Vector:
    """(n, 64) rows of TOP to (n, 1000) class shares, each row summing to 1."""
    shares = np.zeros((len(top), CLASSES), dtype=np.float32)
    index = top[:, :KEPT].astype(np.intp)
    value = np.maximum(top[:, KEPT:], 0)
    np.put_along_axis(shares, index, value / np.maximum(value.sum(1, keepdims=True), 1e-9), axis=1)
    return shares


def has_evidence(evidence: Mapping[str, Vector] | Evidence) -> bool:
    """Whether all our spaces are there."""
    return all(space in evidence for space in SPACES)


def seen_rows(evidence: Mapping[str, Vector]) -> NDArray[np.bool_]:
    """(n,) which items of a corpus carry evidence (the others have rows of NaN)."""
    rows: NDArray[np.bool_] = np.logical_and.reduce([~np.isnan(evidence[space]).any(axis=1) for space in SPACES])
    return rows


def subject_points(subject: Vector) -> Vector:
    """(n, 3840) rows of SUBJECT as points: the root tempers the few strongest activations, and each third of the
    subject counts the same."""
    thirds = np.sqrt(np.maximum(subject, 0)).reshape(len(subject), 3, -1)
    thirds /= np.maximum(np.linalg.norm(thirds, axis=2, keepdims=True), 1e-9)
    return np.asarray(thirds.reshape(len(thirds), -1), dtype=np.float32)


def unit(values: Vector, least: float = 1e-9) -> Vector:
    """Rows of length one; rows shorter than `least` are divided by it instead, so that noise stays small."""
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(length, least), dtype=np.float32)
