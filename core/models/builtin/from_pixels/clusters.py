"""Groups in an evidence space: the space that fits an aspect, k-means in it, and the chance of a group for one item.

A group is kept as a centre with the few numbers that `chances` needs, so later items are judged one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.domain import EXAMPLES, Cluster, Vector
from core.models.builtin.from_pixels import appearance, colours
from core.models.builtin.from_pixels.evidence import COLOURS, STATISTICS, SUBJECT
from core.models.builtin.from_pixels.network import FEATURES
from core.models.builtin.from_pixels.words import narrow_shares

_LIMIT = {"subject": 4.5, "colour": 6.0, "style": 10.0, "light": 10.0}
"""Robust deviations beyond the median distance at which an item is a stranger. Features of a different subject lie far
out; an odd colour or light is still nearest to some group, so only the oddest are left over."""
_CLOSE = 0.05
"""Nearer than this to the average, an image differs from it by nothing that means anything."""
_RESTARTS = 20
_TREE = 2000
"""Items that the quadratic methods look at; beyond, evenly chosen ones stand for the rest."""
_SEED = 0
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


@dataclass(frozen=True, slots=True)
class Groups:
    """k groups of n items.

    Attributes:
        member: (n,) group of each item, 0 to k-1, the largest group first.
        centres: (k, d).
        origin: (d,), from which points are brought to one length; empty where they are taken as they are.
        spread: mean squared distance of the items to their centres.
        reach: (k, 2) median and deviation of the members' distance to their centre.
        limit: an item more deviations than this beyond the median is a stranger to the group.
    """

    member: NDArray[np.intp]
    centres: Vector
    origin: Vector
    spread: float
    reach: Vector
    limit: float


def points(aspect: str, evidence: Mapping[str, Vector]) -> Vector:
    """(n, d) one point an item, before `place` puts it into the space of a particular collection."""
    if aspect == "subject":
        # The root tempers the few strongest activations; each third of the subject counts the same.
        thirds = np.sqrt(np.maximum(evidence[SUBJECT], 0)).reshape(-1, 3, FEATURES)
        thirds /= np.maximum(np.linalg.norm(thirds, axis=2, keepdims=True), 1e-9)
        return np.asarray(thirds.reshape(len(thirds), -1), dtype=np.float32)
    if aspect == "colour":
        # Hellinger's distance between shares of colour terms, where neighbouring terms (red, dark red) count as near.
        return _unit(np.sqrt(evidence[COLOURS] @ colours.likeness()))
    statistics = evidence[STATISTICS]
    names = _STYLE if aspect == "style" else _LIGHT
    chosen = statistics[:, [appearance.STATISTICS.index(name) for name in names]]
    if aspect == "style":
        return np.hstack([np.sqrt(narrow_shares("style", evidence)), 0.5 * chosen])
    return chosen


def place(values: Vector, origin: Vector) -> Vector:
    """Points as they are, or all at one distance from the collection's average (the origin), so that an image that
    differs faintly counts as much as a striking one."""
    return _unit(values - origin, least=_CLOSE) if len(origin) else values


@threads.limited
def form(aspect: str, evidence: Mapping[str, Vector], k: int) -> Groups:
    """Form k groups of the n >= k items by k-means on the leading principal axes.

    A few more axes than groups hold what tells the groups apart (Ding & He, ICML 2004). For subjects two spaces are
    tried: as it is, which keeps small distinct groups whole, and brought to one length, which suits collections of much
    the same thing; the one whose groups agree better with the words for the images is taken (silhouette, Rousseeuw
    1987). Where fewer than k items differ, the last groups are empty. Does not depend on thread count or global
    random state.
    """
    raw = points(aspect, evidence)
    if aspect != "subject":
        return _describe(aspect, raw, raw[0, :0], *_k_means(raw, k, ward=False))
    words = np.sqrt(narrow_shares(aspect, evidence))
    best: tuple[float, Groups] | None = None
    for origin, axes in ((raw[0, :0], k + 4), (raw.mean(axis=0), max(k + 4, 24))):
        placed = place(raw, origin)
        middle = placed.mean(axis=0)
        basis = _principal_axes(placed - middle, axes)
        member, centres = _k_means((placed - middle) @ basis.T, k, ward=True)
        found = _describe(aspect, placed, origin, member, (middle + centres @ basis).astype(np.float32))
        quality = _silhouette(words, member)
        if best is None or quality > best[0] + 1e-6:
            best = quality, found
    assert best is not None
    return best[1]


def _describe(aspect: str, placed: Vector, origin: Vector, member: NDArray[np.intp], centres: Vector) -> Groups:
    away = np.linalg.norm(placed - centres[member], axis=1)
    whole = _reach(np.linalg.norm(placed - placed.mean(axis=0), axis=1))
    reach = np.zeros((len(centres), 2), dtype=np.float32)
    for j in range(len(centres)):
        own = away[member == j]
        # A handful of members lies close to its own centre whatever the group is: lean on the whole collection.
        trust = len(own) / (len(own) + 3)
        reach[j] = trust * _reach(own) + (1 - trust) * whole if len(own) else whole
    return Groups(member, centres, origin, float((away**2).mean()), reach, _LIMIT[aspect])


def tighten(aspect: str, groups: Groups, evidence: Mapping[str, Vector], strangers: Mapping[str, Vector]) -> Groups:
    """The same groups with a limit between their members and known strangers, as far as those lie further out."""
    kept = [prototype(aspect, groups, j) for j in range(len(groups.centres))]
    inside = chances(aspect, evidence, kept).strange + groups.limit
    outside = chances(aspect, strangers, kept).strange + groups.limit
    between = float(np.quantile(inside, 0.99) + np.quantile(outside, 0.05)) / 2
    return replace(groups, limit=float(np.clip(between, np.quantile(inside, 0.99), groups.limit)))


def prototype(aspect: str, groups: Groups, j: int) -> dict[str, list[float]]:
    """What is kept of group j in `Cluster.prototype`."""
    scale = [groups.spread, float(groups.reach[j, 0]), float(groups.reach[j, 1]), groups.limit]
    kept = {f"{aspect}/centre": groups.centres[j], f"{aspect}/scale": np.array(scale)}
    if len(groups.origin):
        kept[f"{aspect}/origin"] = groups.origin
    return {name: [float(f"{value:.4g}") for value in values] for name, values in kept.items()}


def typical(aspect: str, groups: Groups, evidence: Mapping[str, Vector], j: int) -> NDArray[np.intp]:
    """Rows of some members of group j, those nearest to its centre first."""
    members = np.flatnonzero(groups.member == j)
    if not len(members):
        return members
    placed = place(points(aspect, {space: rows[members] for space, rows in evidence.items()}), groups.origin)
    away = np.linalg.norm(placed - groups.centres[j], axis=1)
    return np.asarray(members[np.argsort(away, kind="stable")][:EXAMPLES], dtype=np.intp)


def is_formed(aspect: str, cluster: Cluster) -> bool:
    """Whether this cluster has a place in the aspect's space."""
    return f"{aspect}/centre" in cluster.prototype


@dataclass(frozen=True, slots=True)
class Chances:
    """For n items and m groups: shares (n, m), rows summing to 1, a softmax over squared distances to the centres;
    strange (n,), how many robust deviations an item lies beyond the limit of its nearest group (negative inside)."""

    shares: NDArray[np.float64]
    strange: NDArray[np.float64]


def chances(
    aspect: str, evidence: Mapping[str, Vector], prototypes: Sequence[Mapping[str, Sequence[float]]]
) -> Chances:
    """The chance of each group for each item; each item is judged by itself."""
    raw = points(aspect, evidence)
    scale = np.array([kept[f"{aspect}/scale"] for kept in prototypes])
    placed = place(raw, np.array(prototypes[0].get(f"{aspect}/origin", ()), dtype=np.float32))
    squared = np.empty((len(raw), len(prototypes)))
    for j, kept in enumerate(prototypes):
        squared[:, j] = ((placed - np.array(kept[f"{aspect}/centre"], dtype=np.float32)) ** 2).sum(axis=1)
    nearest = squared.argmin(axis=1)
    temperature = max(_SOFTNESS[aspect] * float(scale[:, 0].mean()), 1e-9)
    shares = np.exp(-(squared - squared.min(axis=1, keepdims=True)) / temperature)
    shares /= shares.sum(axis=1, keepdims=True)
    away = np.sqrt(squared[np.arange(len(raw)), nearest])
    beyond = (away - scale[nearest, 1]) / np.maximum(scale[nearest, 2], 1e-6)
    return Chances(shares, beyond - scale[nearest, 3])


_SOFTNESS = {"subject": 0.2, "colour": 0.6, "style": 0.6, "light": 0.6}
"""Softmax temperature as a share of the groups' mean squared radius, so that confidences come near the hit rates
measured (1,280 features overstate a difference more than two dozen colour terms do)."""


def _reach(away: NDArray[np.floating]) -> Vector:
    middle = np.median(away)
    deviation = 1.4826 * np.median(np.abs(away - middle))
    return np.array([middle, max(deviation, 0.05 * middle, 0.02)], dtype=np.float32)


def _principal_axes(centred: Vector, count: int) -> Vector:
    """(at most count, d) leading directions; distances in them are the distances in the space, less noise."""
    from core.libraries.scipy import eigh

    some = centred[_evenly(len(centred), _TREE)].astype(np.float64)
    # The products between items have the same eigenvalues as the covariance and are fewer.
    least = max(0, len(some) - count)
    values, vectors = eigh(some @ some.T, subset_by_index=(least, len(some) - 1))
    keep = [i for i in range(len(values))[::-1] if values[i] > max(float(values[-1]), 1e-12) * 1e-9]
    axes = (vectors[:, keep].T / np.sqrt(values[keep])[:, None]) @ some
    return axes.astype(np.float32) if keep else np.zeros((1, centred.shape[1]), dtype=np.float32)


def _evenly(n: int, count: int) -> NDArray[np.intp]:
    """At most count of n positions, evenly spread."""
    return np.unique(np.linspace(0, n - 1, min(n, count)).astype(np.intp))


def _k_means(values: Vector, k: int, ward: bool) -> tuple[NDArray[np.intp], Vector]:
    """(n,) groups, largest first, and their (k, d) centres.

    Started from Ward's tree, which finds small groups that random starts miss, or best of 20 random starts.
    """
    from core.libraries.sklearn import AgglomerativeClustering, KMeans

    found = min(k, len(np.unique(np.round(values, 5), axis=0)))
    points = values.astype(np.float64)
    if ward and found > 1:
        some = points[_evenly(len(points), max(_TREE, found))]
        tree = AgglomerativeClustering(found).fit_predict(some)
        start = np.stack([some[tree == j].mean(axis=0) for j in range(found)])
        model = KMeans(found, init=start, n_init=1).fit(points)
    else:
        model = KMeans(found, n_init=_RESTARTS, random_state=_SEED).fit(points)
    order = np.argsort(-np.bincount(model.labels_, minlength=found), kind="stable")
    rank = np.argsort(order)
    centres = model.cluster_centers_[order]
    if found < k:  # the same image k times: the groups that are left over are empty
        centres = np.vstack([centres, np.repeat(centres[:1], k - found, axis=0)])
    return rank[model.labels_].astype(np.intp), centres.astype(np.float32)


def _silhouette(values: Vector, member: NDArray[np.intp]) -> float:
    from core.libraries.sklearn import metrics

    some = _evenly(len(values), _TREE)
    groups = len(np.unique(member[some]))
    return float(metrics.silhouette_score(values[some], member[some])) if 1 < groups < len(some) else 0.0


def _unit(values: Vector, least: float = 1e-9) -> Vector:
    """Rows of length one; rows shorter than `least` are divided by it instead, so that noise stays small."""
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(length, least), dtype=np.float32)
