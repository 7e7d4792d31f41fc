"""How well groups hold together without ground truth: internal metrics over embeddings.

Silhouette (Rousseeuw, 1987), Calinski-Harabasz (1974) and Davies-Bouldin (1979) from scikit-learn; balance is the
entropy of the group sizes over that of equal groups. They say how round and apart groups are in the space that they are
asked about, not whether the groups are what a person meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core import threads
from core.domain import Vector

SAMPLE = 10_000
"""Rows of which the silhouette is computed where there are more: it compares every row with every other."""


ALIKE = 0.25
"""Two groups look alike where so large a share of their images lies nearer to the other group's centre; drawn blindly
from one cloud it would be half of them."""
_PAIRS = 10
"""Pairs of groups that are named, the most alike first."""


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Two groups that look alike. share: of the images of both, how many lie nearer to the other group's centre."""

    one: str
    other: str
    share: float


@dataclass(frozen=True, slots=True)
class Internal:
    """Internal metrics of groups in one space.

    Attributes:
        n: how many rows were in groups.
        sampled: of how many rows the silhouette was computed; n where it was all of them.
        silhouette: -1 to 1; above .5 groups are apart, near 0 they touch. None with fewer than two groups, or with a
            group for each row; so are the next two.
        calinski_harabasz: above 0, the larger the more compact and apart; only to compare groupings of the same rows.
        davies_bouldin: above 0, the smaller the more compact and apart.
        balance: 0 to 1; 1 where all groups are of one size. None without groups.
        look_alike: see `look_alike`.
    """

    n: int
    sampled: int
    silhouette: float | None
    calinski_harabasz: float | None
    davies_bouldin: float | None
    balance: float | None
    look_alike: tuple[LookAlike, ...] = ()


@threads.limited
def internal(features: Vector, groups: Sequence[str | None], sample: int = SAMPLE) -> Internal:
    """The internal metrics of groups of rows.

    Args:
        features: (n, dimensions), a row for each of `groups`.
        groups: the cluster of each row; rows of None (Unassigned) are left out.
        sample: the silhouette's rows, at most; drawn evenly from all, always the same ones.

    Costs: the silhouette sample² x dimensions, the other two n x dimensions. Raises ValueError where lengths differ.
    """
    from core.libraries.sklearn import metrics

    if len(features) != len(groups):
        raise ValueError(f"{len(features)} rows for {len(groups)} groups")
    kept = [place for place, group in enumerate(groups) if group is not None]
    rows = features[kept]
    names, labels = np.unique([str(groups[place]) for place in kept], return_inverse=True)
    balance = _balance(np.bincount(labels)) if len(names) else None
    if not 1 < len(names) < len(rows):
        return Internal(len(rows), min(sample, len(rows)), None, None, None, balance)
    some = rows, labels
    if len(rows) > sample:
        drawn = np.random.default_rng(0).permutation(len(rows))[:sample]
        some = rows[drawn], labels[drawn]
    shown = len(np.unique(some[1]))
    silhouette = float(metrics.silhouette_score(*some)) if 1 < shown < len(some[1]) else None
    return Internal(
        len(rows),
        len(some[1]),
        silhouette,
        float(metrics.calinski_harabasz_score(rows, labels)),
        float(metrics.davies_bouldin_score(rows, labels)),
        balance,
        tuple(_look_alike(rows, labels, names.tolist())),
    )


def _look_alike(rows: Vector, labels: np.ndarray, names: Sequence[str]) -> list[LookAlike]:
    """The pairs of groups that look alike, the most alike first; at most _PAIRS. A row is no part of the centre of its
    own group when it is compared, and a group of one row has no other."""
    sizes = np.bincount(labels, minlength=len(names))
    centres = np.zeros((len(names), rows.shape[1]), dtype=np.float64)
    np.add.at(centres, labels, rows)
    centres /= sizes[:, None]
    squares = (rows.astype(np.float64) ** 2).sum(axis=1)
    distances = squares[:, None] - 2 * rows @ centres.T + (centres**2).sum(axis=1)
    own = distances[np.arange(len(rows)), labels] * (sizes / np.maximum(sizes - 1, 1))[labels] ** 2
    counted = sizes[labels] > 1
    nearer = np.zeros((len(names), len(names)))
    np.add.at(nearer, labels[counted], distances[counted] < own[counted, None])
    shares = (nearer + nearer.T) / np.maximum(np.add.outer(sizes, sizes), 1)
    pairs = [(float(shares[i, j]), i, j) for i in range(len(names)) for j in range(i) if shares[i, j] >= ALIKE]
    return [LookAlike(names[j], names[i], share) for share, i, j in sorted(pairs, reverse=True)[:_PAIRS]]


def _balance(sizes: np.ndarray) -> float:
    """Pielou's evenness: the entropy of the sizes over the logarithm of their number."""
    shares = sizes / sizes.sum()
    return float(-(shares * np.log(shares)).sum() / np.log(len(sizes))) if len(sizes) > 1 else 1.0
