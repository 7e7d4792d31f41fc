"""How many groups items form of themselves, and how surely: what one number of groups has that chance has not.

For each number the items are grouped (consensus.py). Its score is how often an item stays with its group, times how far
apart the groups are (silhouette, Rousseeuw, 1987). Few groups score well whatever the items are, so each score is held
against that of points without any groups: as many of them, drawn from one normal distribution as wide as the items in
each of their principal axes (the idea of the gap statistic, Tibshirani, Walther & Hastie, 2001).

Pure arrays in, pure arrays out: no names, no models, no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.models.builtin.consensus import Array, consensus, distinct, principal

LEAST = 12
"""Of fewer items nothing can be told."""
_PER_GROUP = 4
"""Items that a group should have, on the mean, for its number to be looked at."""
_EVERY, _MOST = 10, 20
"""Up to the first each number is tried, up to the second every other one, and the neighbours of the best."""
_RESAMPLES = 12
_NEARLY = 0.9
"""Of numbers that score about as well as the best, the smallest is taken: fewer groups are looked through sooner."""
_AXES = 32
_SEED = 20241007


@dataclass(frozen=True, slots=True)
class Number:
    """A number of groups.

    Attributes:
        k: how many.
        member: (n,) the group of each item, the largest first.
        stability: how often an item stays with its group when the sample changes, 0 to 1.
        excess: its score less that of points without groups; 0 or less means that there is nothing.
    """

    k: int
    member: NDArray[np.intp]
    stability: float
    excess: float


@threads.limited
def how_many(views: Sequence[NDArray[np.floating]], graph: bool = True) -> Number | None:
    """The number of groups that n items, seen in one or more views (n, d) of them, form most clearly; None for fewer
    than LEAST items that differ. Deterministic. graph: see `consensus`."""
    n = len(views[0])
    most = min(_MOST, distinct(views) // _PER_GROUP, n // _PER_GROUP)
    if most < 2 or n < LEAST:
        return None
    seen = [principal(view, _AXES) for view in views]
    # Nothing is known of how views hang together without groups, so the null has one view, the first.
    random = np.random.default_rng(_SEED)
    none = [(random.normal(size=seen[0].shape) * seen[0].std(axis=0)).astype(np.float32)]
    tried: dict[int, Number] = {}
    for k in (*range(2, min(most, _EVERY) + 1), *range(_EVERY + 2, most + 1, 2)):
        tried[k] = _tried(seen, none, k, graph)
    best = max(tried, key=lambda k: tried[k].excess)
    for k in {best - 1, best + 1} - set(tried):
        if best > _EVERY and k <= most:
            tried[k] = _tried(seen, none, k, graph)
    best = max(tried, key=lambda k: tried[k].excess)
    least = _NEARLY * tried[best].excess if tried[best].excess > 0 else tried[best].excess
    return tried[min(k for k in tried if tried[k].excess >= least)]


def likeness(member: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    """How much two groupings of the same items agree beyond chance: 1 for the same, about 0 for nothing (adjusted Rand
    index, Hubert & Arabie, 1985)."""
    from core.libraries.sklearn import metrics

    return float(metrics.adjusted_rand_score(member, other))


def _tried(seen: Sequence[Array], none: Sequence[Array], k: int, graph: bool) -> Number:
    member, stability, score = _score(seen, k, graph)
    return Number(k, member, stability, score - _score(none, k, graph)[2])


def _score(seen: Sequence[Array], k: int, graph: bool) -> tuple[NDArray[np.intp], float, float]:
    """The groups, how often items stay with theirs, and that times how far the groups are apart."""
    from core.libraries.sklearn import metrics

    found = consensus(seen, k, graph, _RESAMPLES)
    stability = float(found.shares[np.arange(len(found.member)), found.member].mean())
    groups = len(np.unique(found.member))
    if not 1 < groups < len(found.member):
        return found.member, stability, 0.0
    apart = float(np.mean([metrics.silhouette_score(view, found.member) for view in seen]))
    return found.member, stability, stability * apart
