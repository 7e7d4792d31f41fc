"""Groups that stay: k groups on which many groupings of resamples agree, and how often each item stays with them.

One k-means says nothing about how far its groups are to be trusted. Here a part of the items is grouped again and
again, from several views of them, into k to 2k groups. How often two items come to lie together (co-association, Fred
& Jain, 2005) gives the groups (average linkage) and, for each item, how often it stays with the members of each group.
That share is the confidence: it is low where another sample, another view or another start would have said otherwise.

Every second grouping is a spectral one on the graph of nearest neighbours (Ng, Jordan & Weiss, 2001), which follows
groups of any shape; the others are k-means, which keeps to compact ones. Where both agree, groups are real.

Pure arrays in, pure arrays out: no names, no models, no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import threads

Array = NDArray[np.float32]
Grouping = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Some rows, and the group of each of them."""

RESAMPLES = 30
MOST = 2000
"""Items that are grouped, as the time grows with their square: of more, evenly chosen ones stand for the rest."""
_PART = 0.8
_NEIGHBOURS = (6, 16)
_LEAST_FOR_GRAPH = 30
_SEED = 20240507
_PENALTY = 0.01
"""On the squared weights of the regression, for points of mean square length one."""
_NOBODY = -100.0
"""The score of a group that nothing belongs to."""
_AXES = 128


@dataclass(frozen=True, slots=True)
class Consensus:
    """k groups of n items.

    Attributes:
        member: (n,) group of each item, 0 to k-1, the largest first; where fewer than k items differ, the last are
            empty.
        shares: (n, k) how often each item stays with the members of each group, rows summing to 1.
        stability: (k,) how often the members of a group stay in it, 0 to 1; 0 for an empty group.
    """

    member: NDArray[np.intp]
    shares: NDArray[np.float64]
    stability: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Places:
    """A linear rule by which one item gets its shares: softmax of points @ weights.T + bias; (k, d) and (k,)."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]


def evenly(n: int, count: int) -> NDArray[np.intp]:
    """At most count of n positions, evenly spread."""
    return np.unique(np.linspace(0, n - 1, min(n, count)).astype(np.intp))


@threads.limited
def consensus(
    views: Sequence[NDArray[np.floating]], k: int, graph: bool = True, resamples: int = RESAMPLES
) -> Consensus:
    """Form k groups of 1 <= k <= n items, seen in one or more views (n, d) of them. Deterministic.

    graph: whether half of the groupings are spectral. Expects at most MOST items.
    """
    n = len(views[0])
    drawn = groupings(views, k, graph, resamples)
    found = min(k, distinct(views))
    member = agreed(together(drawn, n), found)
    votes = np.zeros((n, found))
    for rows, group in drawn:
        table = np.zeros((int(group.max()) + 1, found))
        np.add.at(table, (group, member[rows]), 1.0)
        votes[rows] += (table / np.maximum(table.sum(axis=1, keepdims=True), 1.0))[group]
    votes /= np.maximum(votes.sum(axis=1, keepdims=True), 1e-9)
    return _judged(votes, k)


def distinct(views: Sequence[NDArray[np.floating]]) -> int:
    """How many items differ in any of the views."""
    points = np.hstack([np.asarray(view, dtype=np.float64) for view in views])
    return len(np.unique(np.round(points, 5), axis=0))


@threads.limited
def groupings(
    views: Sequence[NDArray[np.floating]], k: int, graph: bool = True, resamples: int = RESAMPLES
) -> list[Grouping]:
    """Groupings of parts of the items, the views (n, d) in turn, into k to 2k groups."""
    points = [np.asarray(view, dtype=np.float64) for view in views]
    found = min(k, distinct(views))
    random = np.random.default_rng(_SEED)
    return [_grouping(points[i % len(points)], found, graph and i % 2 == 1, random) for i in range(resamples)]


def _judged(votes: NDArray[np.float64], k: int) -> Consensus:
    """From each item's (n, found) shares of groupings that put it into a group to what it shares with the members."""
    member = votes.argmax(axis=1)
    order = np.argsort(-np.bincount(member, minlength=votes.shape[1]), kind="stable")
    votes, member = votes[:, order], np.argsort(order)[member]
    average = np.zeros((votes.shape[1], votes.shape[1]))
    for j in np.unique(member):
        average[j] = votes[member == j].mean(axis=0)
    shares = np.zeros((len(votes), k))
    shares[:, : votes.shape[1]] = votes @ average.T
    stability = np.zeros(k)
    for j in np.unique(member):
        stability[j] = shares[member == j, j].mean()
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-9)
    return Consensus(member.astype(np.intp), shares, np.minimum(stability, 1.0))


def _grouping(points: NDArray[np.float64], k: int, graph: bool, random: np.random.Generator) -> Grouping:
    """Some rows, and a grouping of them into k to 2k groups."""
    from core.libraries.sklearn import KMeans

    n = len(points)
    rows = np.sort(random.choice(n, max(int(_PART * n), min(n, k + 1)), replace=False))
    some = points[rows]
    most = len(np.unique(np.round(some, 5), axis=0))
    count = min(int(random.integers(k, 2 * k + 1)), most)
    neighbours, start = int(random.integers(*_NEIGHBOURS)), int(random.integers(1 << 30))
    if graph and len(rows) >= max(_LEAST_FOR_GRAPH, 3 * count) and count > 1:
        some = _spectral(some, count, min(neighbours, len(rows) // 3))
    return rows, KMeans(count, n_init=1, random_state=start).fit_predict(some).astype(np.intp)


def _spectral(points: NDArray[np.float64], count: int, neighbours: int) -> NDArray[np.float64]:
    """(n, count) the leading eigenvectors of the graph of nearest neighbours, each row brought to length one."""
    from core.libraries.scipy import eigh
    from core.libraries.sklearn import kneighbors_graph

    near = kneighbors_graph(points, neighbours).toarray()
    near = near + near.T
    root = np.sqrt(near.sum(axis=1))
    axes = eigh(near / root[:, None] / root[None, :], subset_by_index=(len(near) - count, len(near) - 1))[1]
    return np.asarray(axes / np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-12))


def together(drawn: Sequence[Grouping], n: int) -> Array:
    """(n, n) how often two items came to lie together, of the times that both were drawn; 1 for an item itself."""
    width = sum(int(group.max()) + 1 for _, group in drawn)
    inside, asked = np.zeros((n, width), dtype=np.float32), np.zeros((n, len(drawn)), dtype=np.float32)
    start = 0
    for i, (rows, group) in enumerate(drawn):
        inside[rows, start + group] = 1.0
        asked[rows, i] = 1.0
        start += int(group.max()) + 1
    near = inside @ inside.T
    near /= np.maximum(asked @ asked.T, 1.0)
    np.fill_diagonal(near, 1.0)
    return np.asarray(near, dtype=np.float32)


def agreed(near: Array, k: int) -> NDArray[np.intp]:
    """(n,) k groups of items that came to lie together most often; near: (n, n) of `together`."""
    from core.libraries.sklearn import AgglomerativeClustering

    if k == 1:
        return np.zeros(len(near), dtype=np.intp)
    tree = AgglomerativeClustering(k, metric="precomputed", linkage="average")
    return np.asarray(tree.fit_predict(1.0 - near), dtype=np.intp)


def principal(values: NDArray[np.floating], count: int) -> Array:
    """(n, at most count) the values (n, d) in their leading principal axes."""
    from core.libraries.scipy import eigh

    centred = (values - values.mean(axis=0)).astype(np.float64)
    wide = centred.shape[1] > len(centred)
    products = centred @ centred.T if wide else centred.T @ centred  # these have the same eigenvalues
    level, axes = eigh(products, subset_by_index=(max(0, len(products) - count), len(products) - 1))
    level, axes = level[::-1], axes[:, ::-1]
    found = axes * np.sqrt(np.maximum(level, 0.0)) if wide else centred @ axes
    return np.ascontiguousarray(found, dtype=np.float32)


@threads.limited
def places(points: NDArray[np.floating], shares: NDArray[np.float64], scale: NDArray[np.floating]) -> Places:
    """The rule that gives each item its (n, k) shares from its (n, d) points, for items to come too.

    A multinomial logistic regression with a ridge penalty, on the leading principal axes. scale: (d,) or (1,), what
    points are divided by before.
    """
    k = shares.shape[1]
    held = np.flatnonzero(np.bincount(shares.argmax(axis=1), minlength=k))
    weights, bias = np.zeros((k, points.shape[1])), np.full(k, _NOBODY)
    if len(held) < 2:
        bias[held] = 0.0
        return Places(weights, bias)
    middle = points.mean(axis=0)
    centred = (points - middle) / scale
    length = max(float(np.sqrt((centred**2).sum(axis=1).mean())), 1e-9)
    axes = np.linalg.svd(centred / length, full_matrices=False)[2][:_AXES]
    slope, start = _regression(centred / length @ axes.T, shares[:, held])
    weights[held] = slope @ axes / length / scale
    bias[held] = start - weights[held] @ middle
    return Places(weights, bias)


def _regression(
    points: NDArray[np.float64], shares: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (k, d) and bias (k,) whose softmax comes nearest to (n, k) shares (cross entropy). scikit-learn's takes
    classes alone, no shares."""
    from core.libraries.scipy import minimize

    n, d = points.shape
    k = shares.shape[1]
    whole = shares.sum(axis=1, keepdims=True)
    wide = np.hstack([points, np.ones((n, 1))])

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(k, d + 1)
        scores = wide @ weights.T
        scores -= scores.max(axis=1, keepdims=True)
        log = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        slope = (whole * np.exp(log) - shares).T @ wide
        slope[:, :d] += _PENALTY * weights[:, :d]
        return float(0.5 * _PENALTY * (weights[:, :d] ** 2).sum() - (shares * log).sum()), slope.ravel()

    found = minimize(loss, np.zeros(k * (d + 1)), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    found = found.reshape(k, d + 1)
    return found[:, :d], found[:, d]
