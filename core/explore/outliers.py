"""Images that are unlike the others, each with the reason: by what the pixels show, and by where the image lies.

Numbers in, numbers out. Each fault is one that anybody sees: its bound is absolute, and was set on blurred, washed-out
and empty copies made of photographs. What many images of a dataset share is no fault of a few: shop photographs on
white are not all of them glaring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.domain import Vector
from core.explore.layout import Tick

Why = Literal["blank", "blurred", "glare", "alone", "topic"]
Bools = NDArray[np.bool_]

_EVEN = 0.03
"""Deviation of the lightness (0 to 1) below which an image shows next to nothing."""
_SOFT, _NO_EDGES = 0.08, 0.002
"""Sharpest tenth of the pixels (Laplacian, in units of 50 grey levels) and share of strong edges in a blurred image."""
_BURNT, _WASHED, _NO_DARK = 0.15, 0.98, 0.5
"""Share of nearly white pixels, lightness of the brightest twentieth and of the darkest twentieth of an image with
glare: a part of it is white, or nothing of it is dark."""
_FEW = 0.2
"""Share of a dataset up to which a fault is one of its single images."""
_NEIGHBOURS, _LEADING, _FITTED, _TREES, _BLOCK = 20, 32, 10_000, 200, 2_000
LEAST = 2 * _NEIGHBOURS
"""Of fewer images none can be said to lie apart."""
_APART, _CUT_OFF, _NOT_IN_A_HEAP = 2.5, 3.5, 2.0
"""Deviations above the median from which an image lies apart: by distance; by the isolation forest, which without
outliers has the longer tail; and the distance from which the forest counts, as it also cuts off small groups."""
_OWN_TOPIC = 0.01
"""Share of what the network sees that must belong to the topic. Below it lie, for the topic plant, 100 of 100
photographs of clothes and 0.6 % of 533 of flowers."""


@dataclass(frozen=True, slots=True)
class Odd:
    """One reason why an image is unlike the others.

    Attributes:
        row: the image.
        value: how strongly, in the unit of the reason: alone, how many times as far from its neighbours as is usual;
            topic, the share of what was seen that belongs to it; otherwise what was measured.
    """

    row: int
    why: Why
    value: float


def faults(statistics: Mapping[str, Vector]) -> list[Odd]:
    """What is near-blank, blurred or glaring. statistics: name -> (n,), as `appearance.measure` of the built-in engine
    gives them, NaN where nothing was measured."""
    contrast, crisp = statistics["contrast"], statistics["crispness"]
    blank = contrast < _EVEN
    blurred = (crisp < _SOFT) & (statistics["edge share"] < _NO_EDGES) & ~blank
    pale = (statistics["paper share"] > _BURNT) | (statistics["shadows"] > _NO_DARK)
    glare = (statistics["highlights"] > _WASHED) & pale & ~blank
    found: list[Odd] = []
    for why, wrong, values in (
        ("blank", blank, contrast), ("blurred", blurred, crisp), ("glare", glare, statistics["paper share"]),
    ):  # fmt: skip
        if wrong.sum() <= _FEW * np.isfinite(contrast).sum():
            found += [Odd(row, why, float(values[row])) for row in np.flatnonzero(wrong).tolist()]  # type: ignore[arg-type]
    return found


@threads.limited
def alone(places: Vector, tick: Tick = lambda _: None) -> list[Odd]:
    """Images that lie apart from all others: by their core distance as OPTICS has it (Ankerst et al., SIGMOD 1999), or
    by an isolation forest (Liu et al., ICDM 2008).

    places: (n, p), finite, in the order of their axes by what they hold: the first 32 count, since in more dimensions
    all distances are nearly the same. Of more than 10,000 images the methods are fitted to as many, evenly taken, and
    all are judged. Costs n times 10,000 at most. A dense group of many more than twenty is none of them.
    """
    from core.libraries.sklearn import IsolationForest, NearestNeighbors

    if len(places) < LEAST:
        return []
    leading = places[:, :_LEADING]
    drawn = leading[np.unique(np.linspace(0, len(places) - 1, min(len(places), _FITTED)).astype(np.intp))]
    tick(0.0)
    forest = IsolationForest(n_estimators=_TREES, random_state=0).fit(drawn)
    near = NearestNeighbors(n_neighbors=_NEIGHBOURS + 1).fit(drawn)
    reach, cuts = np.empty(len(places)), np.empty(len(places))
    for first in range(0, len(places), _BLOCK):
        tick(first / len(places))
        block = slice(first, first + _BLOCK)
        reach[block] = near.kneighbors(leading[block])[0][:, -1]
        cuts[block] = -forest.score_samples(leading[block])
    apart = _beyond(reach, _APART) | (_beyond(cuts, _CUT_OFF) & _beyond(reach, _NOT_IN_A_HEAP))
    usual = max(float(np.median(reach)), 1e-9)
    return [Odd(row, "alone", float(reach[row]) / usual) for row in np.flatnonzero(apart).tolist()]


def _beyond(values: NDArray[np.float64], deviations: float) -> Bools:
    """What lies so many deviations above the median, by the median deviation (Iglewicz and Hoaglin, 1993)."""
    middle = np.median(values)
    deviation = max(float(1.4826 * np.median(np.abs(values - middle))), 1e-3 * abs(float(middle)), 1e-9)
    return np.asarray(values > middle + deviations * deviation)


def off_topic(shares: Vector, topic: Vector) -> list[Odd]:
    """Images in which next to nothing of a topic is seen. shares: (n, classes), rows summing to 1, of NaN where nothing
    was measured. topic: (classes,) 1 where a class belongs to it."""
    seen = shares @ topic
    return [Odd(row, "topic", float(seen[row])) for row in np.flatnonzero(seen < _OWN_TOPIC).tolist()]
