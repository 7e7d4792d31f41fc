"""Near duplicates: images that look the same at a glance (another size, format or quality), found without comparing all
with all."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core import threads

NEAR = 4
"""Bits of 64 in which near duplicates may differ. Measured on the 216 demo images: half the size, JPEG at quality 40
and 10 % more light change 0 to 1 bit in the median, 6 at most. No two different ones are this near and of one colour.
"""
_BITS = 64
_TINT = 24
"""How far the mean red, green or blue (0 to 255) of near duplicates may differ: a red car is no copy of a blue one."""
_CROWD = 256
"""Up to so many looks that share a band are compared all with all; of more, each with some."""

Looks = NDArray[np.uint64]
Colours = NDArray[np.int64]
Rows = NDArray[np.int64]


@threads.limited
def near_groups(looks: Sequence[int] | Looks, colours: Sequence[int] | Colours, distance: int) -> list[list[int]]:
    """Rows that belong together, the first of each group being what the others are near to; only groups of two or more.

    looks, colours: one an image (see core.ingest.pixels). distance: how many of the 64 bits may differ. Exact: two
    looks that differ in at most `distance` bits are equal in at least one of `distance` + 1 bands of bits, so only rows
    that share a band are compared. A group does not drift: each member is near its first, not only near its neighbour.
    """
    look, colour = np.asarray(looks, dtype=np.uint64), np.asarray(colours, dtype=np.int64)
    # Connected looks are found without the colours, as blank pages have one look in thousands of colours.
    distinct, alike = np.unique(look, return_inverse=True)
    root = _connected(distinct, distance)[alike.ravel()]
    order = np.argsort(root, kind="stable")
    groups = []
    for together in np.split(order, np.flatnonzero(np.diff(root[order])) + 1):
        if len(together) > 1:
            groups += _around_firsts(together, look[together], colour[together], distance)
    return sorted(groups)


def _around_firsts(rows: Rows, look: Looks, colour: Colours, distance: int) -> list[list[int]]:
    """The groups among rows that may be near each other: the first row with all that are near it, and so on with what
    is left. Rows of one look have at most some 1,300 groups, as their firsts differ in colour."""
    groups = []
    while len(rows) > 1:
        near = np.flatnonzero(np.bitwise_count(look ^ look[0]) <= distance)
        for shift in (0, 8, 16):
            tint = colour[near] >> shift & 255
            near = near[abs(tint - tint[0]) <= _TINT]
        if len(near) > 1:
            groups.append(rows[near].tolist())
        left = np.ones(len(rows), dtype=np.bool_)
        left[near] = False
        rows, look, colour = rows[left], look[left], colour[left]
    return groups


def _connected(look: Looks, distance: int) -> Rows:
    """For each of these distinct looks the first that can be reached from it by steps of at most `distance` bits; in a
    crowd, steps of up to three times as many may count too."""
    root = np.arange(len(look))
    edges = np.linspace(0, _BITS, distance + 2).astype(int)
    for low, high in itertools.pairwise(edges):
        band = (look >> np.uint64(low)) & np.uint64((1 << int(high - low)) - 1)
        order = np.argsort(band, kind="stable")
        starts = np.flatnonzero(np.diff(band[order], prepend=~band[order[:1]]))
        sizes = np.diff(starts, append=len(order))
        for start, size in zip(starts[sizes > _CROWD], sizes[sizes > _CROWD], strict=True):
            _join(root, *_links_in_crowd(look, order[start : start + size], distance))
        few = np.repeat(sizes <= _CROWD, sizes)
        order, last = order[few], np.repeat(np.cumsum(sizes[sizes <= _CROWD]), sizes[sizes <= _CROWD])
        start, step = np.arange(len(order)), 1
        while len(start := start[start + step < last[start]]):  # pairs `step` apart that share the band
            one, other = order[start], order[start + step]
            near = np.bitwise_count(look[one] ^ look[other]) <= distance
            _join(root, one[near], other[near])
            step += 1
    return root


def _links_in_crowd(look: Looks, rows: Rows, distance: int) -> tuple[Rows, Rows]:
    """Pairs that connect whatever is connected in many rows, without comparing all with all.

    Each row is linked with the first one that it is near to. Two rows that are near each other are near firsts that
    differ in at most three times the distance: those are linked with each other.
    """
    one, other, firsts, left = [], [], [], rows
    while len(left):
        near = np.bitwise_count(look[left] ^ look[left[0]]) <= distance
        firsts.append(left[0])
        one.append(left[near])
        other.append(np.full(len(one[-1]), left[0]))
        left = left[~near]
    some = np.array(firsts)
    for place, first in enumerate(some):
        one.append(some[place + 1 :][np.bitwise_count(look[some[place + 1 :]] ^ look[first]) <= 3 * distance])
        other.append(np.full(len(one[-1]), first))
    return np.concatenate(one), np.concatenate(other)


def _join(root: Rows, one: Rows, other: Rows) -> None:
    """Give all rows that hang together through these pairs the same root, the first of them; in place."""
    apart = root[one] != root[other]
    one, other = one[apart], other[apart]
    while len(one):
        low, high = np.minimum(root[one], root[other]), np.maximum(root[one], root[other])
        np.minimum.at(root, high, low)
        while not np.array_equal(root, higher := root[root]):
            root[:] = higher
        apart = root[one] != root[other]
        one, other = one[apart], other[apart]
