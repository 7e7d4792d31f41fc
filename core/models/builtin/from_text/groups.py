"""Groups of described items, and how far each item is to be trusted to be in its own.

Three ways to group a sample of the items: k-means on the sum of description and label, which nothing measured beat by
much where descriptions are poor; k-means in the criterion-steered space (space.py), which wins where labels are odd;
and what thirty groupings of resamples agree on (core/models/builtin/consensus.py), which wins where groups differ in
size but gathers most items into one group where there are hardly any groups. The one that the items fit best is taken
(silhouette, Rousseeuw, 1987), of those that the labels, which speak of the criterion, fit about as well as any. How
often an item was grouped with the members of each group is its share of that group, and a linear rule learnt from
these shares judges any item by itself.

Pure arrays in, pure arrays out: no names, no models, no files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.models.builtin.consensus import Places, agreed, distinct, groupings, places, principal, together
from core.models.builtin.from_text.space import Array, TextSpace, build_space, k_means

LABEL = 0.3
"""Weight of the label beside the description. With more, a wrong label outvotes what the description says."""
SHARPNESS = 1.5
"""The rule's logits, beside those of the shares: these are understated, as resamples are grouped into up to 2k groups,
so that members of one group often lie apart. Between 1 and 2 the confidence is about as good."""
ITEMS = 1_000
"""Items that groups are formed of: of more, evenly chosen ones. The rule places the rest; on one recording
2,000 took four times as long and changed .003 of what was right."""
_OFF_TOPIC = 0.25
"""Groups that labels fit so much worse (silhouette) than others are of something else than was asked for."""
_AXES = 64


@dataclass(frozen=True, slots=True)
class Groups:
    """k groups of n items.

    Attributes:
        member: (n,) group of each item, 0 to k-1; some stay empty where fewer than k items differ.
        shares: (n, k) how often each item came to lie with the members of each group, rows summing to 1, the largest
            being that of its own group.
        space: of the n items.
    """

    member: NDArray[np.intp]
    shares: NDArray[np.float64]
    space: TextSpace


@threads.limited
def form(x: Array, y: Array, k: int) -> Groups:
    """Form k groups of 1 <= n <= ITEMS items from unit embeddings (n, d) of descriptions and labels. Deterministic."""
    seen = look(x, y, k)
    found = [k_means(seen.total, k), k_means(seen.steered, k), agreed(seen.near, min(k, seen.distinct))]
    labels = principal(y, axes_of(k))
    told = [_silhouette(labels, groups) for groups in found]
    fair = [groups for groups, fit in zip(found, told, strict=True) if fit >= max(told) - _OFF_TOPIC]
    member = max(fair, key=lambda groups: round(_silhouette(seen.total, groups), 6))
    return Groups(member, stays(seen.near, member, k), seen.space)


@dataclass(frozen=True, slots=True)
class Seen:
    """n items from several sides. total, steered: (n, axes) the sum of description and label, and `space`, each in its
    leading axes. near: (n, n) how often two items lie together in groupings of resamples. distinct: how many differ."""

    space: TextSpace
    total: Array
    steered: Array
    near: Array
    distinct: int


def axes_of(k: int) -> int:
    """In how many axes k groups are looked for."""
    return max(_AXES, 2 * k)


def look(x: Array, y: Array, k: int) -> Seen:
    """What groups of about k are formed of. Expects 1 <= n <= ITEMS items."""
    assert len(x) <= ITEMS
    space, axes = build_space(x, y), axes_of(k)
    total, steered = principal(x + LABEL * y, axes), principal(space.features, axes)
    views = [steered, principal(np.hstack([x, LABEL * y]), axes), total]
    return Seen(space, total, steered, together(groupings(views, k), len(x)), distinct(views))


def rule(x: Array, y: Array, shares: NDArray[np.float64]) -> Places:
    """The rule that gives an item its chances; its weights (k, 2 d) are for descriptions and labels side by side."""
    found = places(np.hstack([x, LABEL * y]), shares, np.ones(1, dtype=np.float32))
    found.weights[:, x.shape[1] :] *= LABEL
    return Places(SHARPNESS * found.weights, SHARPNESS * found.bias)


def stays(near: Array, member: NDArray[np.intp], k: int) -> NDArray[np.float64]:
    """(n, k) how often each item lies with the other members of each group, rows summing to 1. near: (n, n)."""
    inside = np.zeros((len(member), k), dtype=np.float32)
    rows = np.arange(len(member))
    inside[rows, member] = 1.0
    others = np.maximum(inside.sum(axis=0)[None, :] - inside, 1.0)
    shares = np.maximum((near @ inside - inside) / others, 0.0).astype(np.float64)
    shares[rows, member] += 1e-6  # an item that is like no other is still a member of its group
    most = shares.argmax(axis=1)  # the groups were chosen for the whole; shares do not move single items
    shares[rows, most], shares[rows, member] = shares[rows, member], shares[rows, most]
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _silhouette(values: Array, member: NDArray[np.intp]) -> float:
    from core.libraries.sklearn import metrics

    groups = len(np.unique(member))
    return float(metrics.silhouette_score(values, member)) if 1 < groups < len(member) else -1.0
