"""Groups in an evidence space: the views that fit an aspect, what they agree on, and the chances of one item.

A group is kept as the numbers that `chances` needs, so later items are judged one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.domain import Cluster, Vector
from core.models.builtin.consensus import MOST, Places, consensus, evenly, places, principal
from core.models.builtin.from_pixels import appearance, colours, earlier
from core.models.builtin.from_pixels.evidence import COLOURS, STATISTICS, SUBJECT, subject_points, unit

_LIMIT = {"subject": 4.5, "colour": 6.0, "style": 10.0, "light": 10.0}
"""Robust deviations beyond the median distance at which an item is a stranger. Features of a different subject lie far
out; an odd colour or light is still nearest to some group, so only the oddest are left over."""
_CLOSE = 0.05
"""Nearer than this to the average, an image differs from it by nothing that means anything."""
_AXES = 64
_SURER = 1.1
"""A share of agreeing resamples to this power comes near to the share of images that were right, where labels are known
(`benchmarks/quality.py`): resamples hold fewer images, and so agree a little less than they might."""
_LOOKS = 5
"""Kinds of picture, by style and light, whose averages are taken out of what is seen of their subjects."""
_RIDGE = 0.1
_SEED = 0
_LIGHT = ("lightness", "shadows", "middle", "highlights", "dark share", "bright share", "top lightness")


@dataclass(frozen=True, slots=True)
class Groups:
    """k groups of n items.

    Attributes:
        member: (n,) group of each item, 0 to k-1, the largest group first; -1 for the items that belong to none.
        shares: (n, k) how often each item stays with the members of each group, rows summing to at most 1.
        places: the rule that gives later items their shares; where some items belong to none, of k + 1 places.
        centres: (k, d).
        reach: (k, 2) median and deviation of the members' distance to their centre.
        stability: (k,) how often the members of a group stay in it when the sample changes.
    """

    member: NDArray[np.intp]
    shares: NDArray[np.float64]
    places: Places
    centres: Vector
    reach: Vector
    stability: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chances:
    """For n items and m groups: shares (n, m), rows summing to at most 1, how often an item would stay with the members
    of a group; strange (n,), how many robust deviations an item lies beyond the limit of its nearest group (negative
    inside)."""

    shares: NDArray[np.float64]
    strange: NDArray[np.float64]


def points(aspect: str, evidence: Mapping[str, Vector]) -> Vector:
    """(n, d) one point an item, which does not depend on the other items."""
    if aspect == "subject":
        return subject_points(evidence[SUBJECT])
    if aspect == "colour":
        # Hellinger's distance between shares of colour terms; in the first half neighbouring terms (red, dark red)
        # count as near.
        return np.hstack([unit(np.sqrt(evidence[COLOURS] @ colours.likeness())), np.sqrt(evidence[COLOURS])])
    if aspect == "light":
        return evidence[STATISTICS][:, [appearance.STATISTICS.index(name) for name in _LIGHT]]
    return evidence[STATISTICS]


def views(aspect: str, evidence: Mapping[str, Vector]) -> list[Vector]:
    """What groups of an aspect have to agree in, (n, d) each.

    subject: the points as they are, which keeps small distinct groups whole; brought to one length, which suits
    collections of much the same thing; and without what they owe to style and light. style: what the image's statistics
    explain of what is seen (ridge regression, Hoerl & Kennard, 1970). colour, light: the points.
    """
    raw = points(aspect, evidence)
    if aspect == "light":
        return [raw]
    if aspect == "colour":
        half = raw.shape[1] // 2
        return [raw[:, :half], raw[:, half:]]
    looks = evidence[STATISTICS]
    looks = (looks - looks.mean(axis=0)) / np.maximum(looks.std(axis=0), 1e-3)
    if aspect == "style":
        seen = points("subject", evidence)
        kept = looks.T @ looks + _RIDGE * len(looks) * np.eye(looks.shape[1], dtype=np.float32)
        return [principal(looks @ np.linalg.solve(kept, looks.T @ (seen - seen.mean(axis=0))), _AXES)]
    one_length = unit(raw - raw.mean(axis=0), least=_CLOSE)
    without_looks = unit(_without_looks(raw, looks), least=_CLOSE)
    return [principal(seen, _AXES) for seen in (raw, one_length, without_looks)]


def _without_looks(raw: Vector, looks: Vector) -> Vector:
    """Points less the average of the images that look alike in style and light."""
    from core.libraries.sklearn import KMeans

    kinds = min(_LOOKS, len(np.unique(np.round(looks, 4), axis=0)))
    kind = KMeans(kinds, n_init=5, random_state=_SEED).fit_predict(looks.astype(np.float64))
    out = raw.copy()
    for j in range(kinds):
        out[kind == j] -= raw[kind == j].mean(axis=0)
    return out


@threads.limited
def form(aspect: str, evidence: Mapping[str, Vector], k: int) -> Groups:
    """Form k groups of the n >= k items: what many groupings of resamples agree on. Does not depend on thread count or
    global random state. Where fewer than k items differ, the last groups are empty."""
    raw = points(aspect, evidence)
    some = evenly(len(raw), max(MOST, k))
    agreed = consensus(views(aspect, {space: rows[some] for space, rows in evidence.items()}), k, has_shapes(aspect))
    sure = agreed.shares**_SURER
    return _largest_first(_placed(aspect, raw, some, sure / sure.sum(axis=1, keepdims=True), agreed.stability, k))


@threads.limited
def place(
    aspect: str, evidence: Mapping[str, Vector], some: NDArray[np.intp], shares: NDArray[np.float64], k: int
) -> Groups:
    """Groups of n items, in this order, from the (s, k or k + 1) shares of some of them; the last of k + 1 is of no
    group."""
    member = shares.argmax(axis=1)
    stability = np.array([shares[member == j, j].mean() if (member == j).any() else 0.0 for j in range(k)])
    return _placed(aspect, points(aspect, evidence), some, shares, stability, k)


def _placed(
    aspect: str,
    raw: Vector,
    some: NDArray[np.intp],
    shares: NDArray[np.float64],
    stability: NDArray[np.float64],
    k: int,
) -> Groups:
    rule = places(raw[some], shares, _scale(aspect, raw))
    every = _softmax(raw @ rule.weights.T + rule.bias)
    member = every.argmax(axis=1)
    member = np.where(member < k, member, -1)
    whole = raw.mean(axis=0)
    spread = _reach(np.linalg.norm(raw - whole, axis=1))
    centres, reach = np.repeat(whole[None], k, axis=0), np.repeat(spread[None], k, axis=0)
    for j in range(k):
        own = raw[member == j]
        if len(own):
            centres[j] = own.mean(axis=0)
            # A handful of members lies close to its own centre whatever the group is: lean on the whole collection.
            trust = len(own) / (len(own) + 3)
            reach[j] = trust * _reach(np.linalg.norm(own - centres[j], axis=1)) + (1 - trust) * spread
    return Groups(member.astype(np.intp), every[:, :k], rule, centres, reach, stability)


def _largest_first(groups: Groups) -> Groups:
    """k groups of items that all belong to one, in the order of their sizes."""
    order = np.argsort(-np.bincount(groups.member, minlength=len(groups.centres)), kind="stable")
    return Groups(
        np.argsort(order)[groups.member],
        groups.shares[:, order],
        Places(groups.places.weights[order], groups.places.bias[order]),
        groups.centres[order],
        groups.reach[order],
        groups.stability[order],
    )


def prototype(aspect: str, groups: Groups, j: int) -> dict[str, list[float]]:
    """What is kept of group j in `Cluster.prototype`."""
    weights, bias = groups.places.weights, groups.places.bias
    has_rest = len(weights) > len(groups.centres)
    if has_rest:  # what belongs to none is the zero that the others are measured from
        weights, bias = weights - weights[-1], bias - bias[-1]
    kept = {
        f"{aspect}/weights": weights[j],
        f"{aspect}/scale": np.array([bias[j], *groups.reach[j], _LIMIT[aspect], float(has_rest)]),
        f"{aspect}/centre": groups.centres[j],
    }
    return {name: [float(f"{value:.4g}") for value in values] for name, values in kept.items()}


def is_formed(aspect: str, cluster: Cluster) -> bool:
    """Whether this cluster has a place in the aspect's space."""
    return f"{aspect}/centre" in cluster.prototype


def chances(
    aspect: str, evidence: Mapping[str, Vector], prototypes: Sequence[Mapping[str, Sequence[float]]]
) -> Chances:
    """The chance of each group for each item; each item is judged by itself."""
    if any(f"{aspect}/weights" not in kept for kept in prototypes):
        return Chances(*earlier.chances(aspect, evidence, prototypes))
    raw = points(aspect, evidence)
    weights = np.array([kept[f"{aspect}/weights"] for kept in prototypes])
    bias, middle, deviation, limit, has_rest = np.array([kept[f"{aspect}/scale"] for kept in prototypes]).T
    scores = raw @ weights.T + bias
    if has_rest.any():
        scores = np.hstack([scores, np.zeros((len(raw), 1))])
    shares = _softmax(scores)[:, : len(prototypes)]
    nearest = shares.argmax(axis=1)
    centres = np.array([kept[f"{aspect}/centre"] for kept in prototypes], dtype=np.float32)
    away = np.linalg.norm(raw - centres[nearest], axis=1)
    beyond = (away - middle[nearest]) / np.maximum(deviation[nearest], 1e-6)
    return Chances(shares, beyond - limit[nearest])


def has_shapes(aspect: str) -> bool:
    """Whether groups may have any shape. Colours run into each other: there a graph of neighbours finds no ends."""
    return aspect in ("subject", "style")


def _scale(aspect: str, raw: Vector) -> NDArray[np.floating]:
    """What points are divided by so that each of their parts counts: the statistics have no common unit."""
    if aspect in ("style", "light"):
        return np.asarray(np.maximum(raw.std(axis=0), 1e-3))
    return np.ones(1)


def _softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def _reach(away: NDArray[np.floating]) -> Vector:
    middle = np.median(away)
    deviation = 1.4826 * np.median(np.abs(away - middle))
    return np.array([middle, max(deviation, 0.05 * middle, 0.02)], dtype=np.float32)
