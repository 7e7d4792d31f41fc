"""How many groups do these images fall into? Four criteria over a range of K, from embeddings, without model calls.

Each asks k-means groupings of the same rows another question: where the within-group distance stops falling fast (the
knee, Satopaa et al., 2011), where groups are most apart (silhouette, Rousseeuw, 1987; Calinski-Harabasz;
Davies-Bouldin), and from where on they hold together no better than blind points would (gap statistic, Tibshirani,
Walther and Hastie, 2001). They seldom agree; what is recommended is the range that the middle of their answers spans.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core import threads
from core.domain import Vector

ROWS = 5_000
"""Rows that are grouped, drawn evenly where there are more: each K costs rows x K x dimensions."""
_REFERENCES = 5
"""Blind data sets that the gap statistic compares with."""
_SILHOUETTE_ROWS = 2_000


CRITERIA = {
    "elbow": "elbow",
    "silhouette": "silhouette",
    "gap": "gap statistic",
    "calinski_harabasz": "Calinski-Harabasz",
    "davies_bouldin": "Davies-Bouldin",
}
"""Criterion -> what it is called."""


@dataclass(frozen=True, slots=True)
class AtK:
    """What is known of one number of groups.

    Attributes:
        inertia: the sum of squared distances to the groups' centres.
        gap: how much smaller its logarithm is than of blind points, and gap_error, one standard error of that.
    """

    k: int
    inertia: float
    silhouette: float
    calinski_harabasz: float
    davies_bouldin: float
    gap: float
    gap_error: float


@dataclass(frozen=True, slots=True)
class HowMany:
    """Attributes:
    at: what is known of each K that was tried, in rising order.
    answers: criterion ("elbow", "silhouette", "gap", "calinski_harabasz", "davies_bouldin") -> the K it would take;
        those that take none are left out.
    lowest, highest: the recommended range.
    rows: how many rows were grouped.
    """

    at: tuple[AtK, ...]
    answers: dict[str, int]
    lowest: int
    highest: int
    rows: int

    @property
    def recommended(self) -> int:
        """The one K to start with: the median of the answers."""
        return int(np.median(sorted(self.answers.values())))


@threads.limited
def how_many(
    features: Vector, ks: Sequence[int], cancelled: Callable[[], bool] = lambda: False, rows: int = ROWS
) -> HowMany | None:
    """Try each number of groups.

    Args:
        features: (n, dimensions); of equal rows there are more than the largest K.
        ks: the numbers to try, each at least 2; those that are not below the number of different rows are left out.
        cancelled: asked before each number.

    Returns None where it was cancelled, or where no number can be tried.
    """
    data = _drawn(np.asarray(features, dtype=np.float32), rows)
    most = len(np.unique(data, axis=0))
    wanted = [k for k in sorted(set(ks)) if 2 <= k < most]
    blind = list(_blind(data)) if wanted else []
    at = []
    for k in wanted:
        if cancelled():
            return None
        at.append(_at(data, k, blind))
    if not at:
        return None
    answers = _answers(at)
    low, high = np.quantile(sorted(answers.values()), (0.25, 0.75), method="nearest")
    return HowMany(tuple(at), answers, int(low), int(high), len(data))


def _drawn(features: Vector, rows: int) -> Vector:
    if len(features) <= rows:
        return features
    return features[np.sort(np.random.default_rng(0).permutation(len(features))[:rows])]


def _grouped(data: Vector, k: int) -> tuple[np.ndarray, float]:
    """(group of each row, inertia) by k-means; the best of three starts, always the same."""
    from core.libraries.sklearn import ConvergenceWarning, KMeans

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(k, n_init=3, random_state=0).fit(data)
    return found.labels_, float(found.inertia_)


def _blind(data: Vector) -> Iterator[Vector]:
    """Data sets without groups: even over the box of the data along its principal axes (Tibshirani's variant b)."""
    middle = data.mean(axis=0)
    _, _, axes = np.linalg.svd(data - middle, full_matrices=False)
    turned = (data - middle) @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    for seed in range(_REFERENCES):
        drawn = np.random.default_rng(seed).uniform(low, high, turned.shape)
        yield (drawn @ axes + middle).astype(np.float32)


def _at(data: Vector, k: int, blind: Sequence[Vector]) -> AtK:
    from core.libraries.sklearn import metrics

    labels, inertia = _grouped(data, k)
    blindly = np.log([max(_grouped(one, k)[1], 1e-12) for one in blind])
    some = np.random.default_rng(0).permutation(len(data))[:_SILHOUETTE_ROWS]
    apart = 1 < len(np.unique(labels[some])) < len(some)
    return AtK(
        k,
        inertia,
        float(metrics.silhouette_score(data[some], labels[some])) if apart else 0.0,
        float(metrics.calinski_harabasz_score(data, labels)),
        float(metrics.davies_bouldin_score(data, labels)),
        float(blindly.mean() - np.log(max(inertia, 1e-12))),
        float(blindly.std() * np.sqrt(1 + 1 / len(blind))),
    )


def _answers(at: Sequence[AtK]) -> dict[str, int]:
    answers = {
        "elbow": _knee(at),
        "silhouette": max(at, key=lambda one: one.silhouette).k,
        "gap": _by_gap(at),
        "calinski_harabasz": max(at, key=lambda one: one.calinski_harabasz).k,
        "davies_bouldin": min(at, key=lambda one: one.davies_bouldin).k,
    }
    return {criterion: k for criterion, k in answers.items() if k}


def _knee(at: Sequence[AtK]) -> int | None:
    from kneed import KneeLocator

    if len(at) < 3:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where there is no knee
        found = KneeLocator(
            [one.k for one in at], [one.inertia for one in at], curve="convex", direction="decreasing"
        ).knee
    return None if found is None else int(found)


def _by_gap(at: Sequence[AtK]) -> int | None:
    """The smallest K whose gap is not below the next one's by more than one standard error."""
    for one, following in pairwise(at):
        if one.gap >= following.gap - following.gap_error:
            return one.k
    return None
