"""Groups of earlier versions: centres of k-means, by which later items are judged one by one.

Workspaces keep such groups (`Cluster.prototype`), so items can still be assigned to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain import Vector
from core.models.builtin.from_pixels import appearance, colours
from core.models.builtin.from_pixels.evidence import COLOURS, STATISTICS, SUBJECT, subject_points, unit
from core.models.builtin.from_pixels.words import narrow_shares

_CLOSE = 0.05
"""Nearer than this to the average, an image differs from it by nothing that means anything."""
_LIGHT = ("lightness", "shadows", "middle", "highlights", "dark share", "bright share", "top lightness")
_STYLE = (
    "flat share",
    "edge share",
    "texture share",
    "palette",
    "paper share",
    "grey share",
    "chroma",
    "grain",
    "crispness",
)
_SOFTNESS = {"subject": 0.2, "colour": 0.6, "style": 0.6, "light": 0.6}
"""Softmax temperature as a share of the groups' mean squared radius."""


def chances(
    aspect: str, evidence: Mapping[str, Vector], prototypes: Sequence[Mapping[str, Sequence[float]]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For n items and m groups: shares (n, m), a softmax over squared distances to the centres, and (n,) how many
    robust deviations an item lies beyond the limit of its nearest group (negative inside)."""
    scale = np.array([kept[f"{aspect}/scale"] for kept in prototypes])
    placed = _place(_points(aspect, evidence), np.array(prototypes[0].get(f"{aspect}/origin", ()), dtype=np.float32))
    squared = np.empty((len(placed), len(prototypes)))
    for j, kept in enumerate(prototypes):
        squared[:, j] = ((placed - np.array(kept[f"{aspect}/centre"], dtype=np.float32)) ** 2).sum(axis=1)
    nearest = squared.argmin(axis=1)
    temperature = max(_SOFTNESS[aspect] * float(scale[:, 0].mean()), 1e-9)
    shares = np.exp(-(squared - squared.min(axis=1, keepdims=True)) / temperature)
    shares /= shares.sum(axis=1, keepdims=True)
    away = np.sqrt(squared[np.arange(len(placed)), nearest])
    beyond = (away - scale[nearest, 1]) / np.maximum(scale[nearest, 2], 1e-6)
    return shares, beyond - scale[nearest, 3]


def _points(aspect: str, evidence: Mapping[str, Vector]) -> Vector:
    if aspect == "subject":
        return subject_points(evidence[SUBJECT])
    if aspect == "colour":
        return unit(np.sqrt(evidence[COLOURS] @ colours.likeness()))
    statistics = evidence[STATISTICS]
    chosen = statistics[:, [appearance.STATISTICS.index(name) for name in (_STYLE if aspect == "style" else _LIGHT)]]
    return np.hstack([np.sqrt(narrow_shares("style", evidence)), 0.5 * chosen]) if aspect == "style" else chosen


def _place(values: Vector, origin: Vector) -> Vector:
    """Points as they are, or all at one distance from the collection's average (the origin)."""
    return unit(values - origin, least=_CLOSE) if len(origin) else values
