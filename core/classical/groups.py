"""Classical clustering methods, each with what it costs in the number of images."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.domain import Vector
from core.errors import BadInput

Method = Literal["k-means", "mini-batch k-means", "gaussian mixture", "agglomerative", "spectral", "dbscan", "hdbscan"]
NOISE = -1
"""The group of rows that a density method puts into none."""
_NEIGHBOURS = 10
_LARGE = 50_000
"""Of more rows k-means begins with mini-batches and ends with one round over all."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Attributes:
    most: rows that it groups itself; of more, it groups a sample, and the others go to the nearest of its groups.
    needs_k: whether it is told the number of groups.
    cost: in words, for n images.
    """

    most: int
    needs_k: bool
    cost: str


KINDS: Mapping[Method, Kind] = {
    "k-means": Kind(500_000, True, "n x K"),
    "mini-batch k-means": Kind(5_000_000, True, "n"),
    "gaussian mixture": Kind(50_000, True, "n x K x dimensions²"),
    "agglomerative": Kind(20_000, True, "n x log n, along each image's ten nearest"),
    "spectral": Kind(5_000, True, "n² to n³"),
    "dbscan": Kind(20_000, False, "n²"),
    "hdbscan": Kind(20_000, False, "n²"),
}


@dataclass(frozen=True, slots=True)
class Grouped:
    """Attributes:
    labels: (n,) the group of each row, from 0 on; NOISE where a density method puts it into none.
    sampled: how many rows the method itself grouped.
    sure: (n,) the probability of that group, NaN where the method did not group the row itself; None for methods that
        give none.
    """

    labels: NDArray[np.int64]
    sampled: int
    sure: NDArray[np.float64] | None = None


@threads.limited
def grouped(features: Vector, method: Method, k: int = 0, seed: int = 0) -> Grouped:
    """Group the rows of (n, dimensions). k: the number of groups, for methods that need one.

    The same rows, method, k and seed give the same groups. Raises BadInput where K does not fit the number of rows.
    """
    kind = KINDS[method]
    if kind.needs_k and not 1 < k <= len(features):
        raise BadInput(
            f"{len(features)} images with features cannot be put into {k} groups by {method}. Give a number from 2 to "
            f"{len(features)}."
        )
    if len(features) <= kind.most:
        labels, sure = _METHODS[method](features, k, seed)
        return Grouped(labels, len(features), sure)
    drawn = np.sort(np.random.default_rng(seed).permutation(len(features))[: kind.most])
    labels, sure = _METHODS[method](features[drawn], k, seed)
    if sure is not None:
        everywhere = np.full(len(features), np.nan)
        everywhere[drawn] = sure
        sure = everywhere
    return Grouped(_nearest(features, features[drawn], labels), len(drawn), sure)


def _nearest(features: Vector, drawn: Vector, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each row in the group whose centre is nearest."""
    groups = np.unique(labels[labels != NOISE])
    if not len(groups):
        return np.full(len(features), NOISE)
    centres = np.stack([drawn[labels == group].mean(axis=0) for group in groups])
    squares = (centres**2).sum(axis=1)
    parts = [
        (squares - 2 * features[start : start + 50_000] @ centres.T).argmin(axis=1)
        for start in range(0, len(features), 50_000)
    ]
    return np.asarray(groups[np.concatenate(parts)])


def _k_means(features: Vector, k: int, seed: int) -> Any:
    """The best of ten starts; of many rows one round from where mini-batches end: further ones gain less than 1 %."""
    from core.libraries.sklearn import KMeans, MiniBatchKMeans

    if len(features) <= _LARGE:
        return KMeans(k, n_init=10, random_state=seed).fit_predict(features)
    begun = MiniBatchKMeans(k, n_init=3, batch_size=4096, random_state=seed).fit(features)
    return _nearest(features, features, np.asarray(begun.labels_))


def _mini_batch(features: Vector, k: int, seed: int) -> Any:
    from core.libraries.sklearn import MiniBatchKMeans

    return MiniBatchKMeans(k, n_init=3, batch_size=4096, random_state=seed).fit_predict(features)


def _gaussian(features: Vector, k: int, seed: int) -> Any:
    from core.libraries.sklearn import GaussianMixture

    try:
        found = GaussianMixture(k, covariance_type="diag", reg_covar=1e-4, random_state=seed).fit(features)
    except ValueError:
        raise BadInput(
            "Gaussian mixtures cannot be fitted to numbers as large and as close together as these. Scale them."
        ) from None
    shares = found.predict_proba(features)
    return shares.argmax(axis=1), shares.max(axis=1)


def _agglomerative(features: Vector, k: int, seed: int) -> Any:
    from core.libraries.sklearn import AgglomerativeClustering, kneighbors_graph

    graph = kneighbors_graph(features, min(_NEIGHBOURS, len(features) - 1), include_self=False)
    return AgglomerativeClustering(k, connectivity=graph, linkage="ward").fit_predict(features)


def _spectral(features: Vector, k: int, seed: int) -> Any:
    from core.libraries.sklearn import SpectralClustering

    if k == len(features):
        return np.arange(k)  # there are no more eigenvectors than rows
    near = min(_NEIGHBOURS, len(features) - 1)
    return SpectralClustering(
        k, affinity="nearest_neighbors", n_neighbors=near, assign_labels="cluster_qr", random_state=seed
    ).fit_predict(features)


def _dbscan(features: Vector, k: int, seed: int) -> Any:
    """eps: the distance to the fifth neighbour that nine of ten rows stay below (after Ester et al., KDD 1996)."""
    from core.libraries.sklearn import DBSCAN, NearestNeighbors

    near = min(5, len(features) - 1)
    distances, _ = NearestNeighbors(n_neighbors=near + 1).fit(features).kneighbors(features)
    eps = float(np.quantile(distances[:, -1], 0.9)) or 1e-6
    return DBSCAN(eps=eps, min_samples=near).fit_predict(features)


def _hdbscan(features: Vector, k: int, seed: int) -> Any:
    from core.libraries.sklearn import HDBSCAN

    least = max(5, len(features) // 100)
    found = HDBSCAN(min_cluster_size=least, min_samples=min(least, len(features)), copy=True).fit(features)
    return found.labels_, found.probabilities_


_Labels = tuple[NDArray[np.int64], NDArray[np.float64] | None]


def _quietly(method: Callable[[Vector, int, int], Any]) -> Callable[[Vector, int, int], _Labels]:
    """scikit-learn warns where groups fall together or a graph is in pieces; the result says as much."""

    def calm(features: Vector, k: int, seed: int) -> _Labels:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = method(features, k, seed)
        labels, sure = found if isinstance(found, tuple) else (found, None)
        return np.asarray(labels, dtype=np.int64), None if sure is None else np.asarray(sure, dtype=np.float64)

    return calm


_METHODS: Mapping[Method, Callable[[Vector, int, int], _Labels]] = {
    "k-means": _quietly(_k_means),
    "mini-batch k-means": _quietly(_mini_batch),
    "gaussian mixture": _quietly(_gaussian),
    "agglomerative": _quietly(_agglomerative),
    "spectral": _quietly(_spectral),
    "dbscan": _quietly(_dbscan),
    "hdbscan": _quietly(_hdbscan),
}
