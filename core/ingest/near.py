"""Near duplicates: images that look the same at a glance (another size, format or quality), found without comparing all
with all."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BITS = 64
_TINT = 24
"""How far the mean red, green or blue (0 to 255) of near duplicates may differ: a red car is no copy of a blue one."""

Looks = NDArray[np.uint64]
Colours = NDArray[np.int64]
Rows = NDArray[np.int64]


def near_groups(looks: Sequence[int] | Looks, colours: Sequence[int] | Colours, distance: int) -> list[list[int]]:
    """Rows that belong together, the first of each group being what the others are near to; only groups of two or more.

    looks, colours: one an image (see core.ingest.pixels). distance: how many of the 64 bits may differ. Exact: two
    looks that differ in at most `distance` bits are equal in at least one of `distance` + 1 bands of bits, so only rows
    that share a band are compared. A group does not drift: each member is near its first, not only near its neighbour.
    """
    look, colour = np.asarray(looks, dtype=np.uint64), np.asarray(colours, dtype=np.int64)
    # Rows that are alike to the bit (thousands of blank pages) are compared once.
    _, first, alike = np.unique(
        np.stack([look, colour.astype(np.uint64)]), axis=1, return_index=True, return_inverse=True
    )
    root = first[_connected(look[first], colour[first], distance)[alike.ravel()]]
    order = np.argsort(root, kind="stable")
    groups = []
    for together in np.split(order, np.flatnonzero(np.diff(root[order])) + 1):
        left = together
        while len(left) > 1:
            near = _near(look, colour, left[:1], left, distance)
            if near.sum() > 1:
                groups.append(left[near].tolist())
            left = left[~near]
    return sorted(groups)


def _connected(look: Looks, colour: Colours, distance: int) -> Rows:
    """For each row the first row that can be reached from it by steps of at most `distance`."""
    root = np.arange(len(look))
    edges = np.linspace(0, _BITS, distance + 2).astype(int)
    for low, high in itertools.pairwise(edges):
        band = (look >> np.uint64(low)) & np.uint64((1 << int(high - low)) - 1)
        order = np.argsort(band, kind="stable")
        band = band[order]
        start, step = np.arange(len(order) - 1), 1
        while len(start := start[band[start] == band[start + step]]):  # pairs `step` apart that share the band
            one, other = order[start], order[start + step]
            apart = root[one] != root[other]
            one, other = one[apart], other[apart]
            _join(root, one, other, _near(look, colour, one, other, distance))
            step += 1
            start = start[start + step < len(order)]
    return root


def _join(root: Rows, one: Rows, other: Rows, near: NDArray[np.bool_]) -> None:
    """Give all rows that hang together through these pairs the same root, the first of them; in place."""
    one, other = one[near], other[near]
    while len(one):
        low, high = np.minimum(root[one], root[other]), np.maximum(root[one], root[other])
        np.minimum.at(root, high, low)
        while not np.array_equal(root, higher := root[root]):
            root[:] = higher
        apart = root[one] != root[other]
        one, other = one[apart], other[apart]


def _near(look: Looks, colour: Colours, one: Rows, other: Rows, distance: int) -> NDArray[np.bool_]:
    bits = np.bitwise_count(look[one] ^ look[other])
    tints = [abs((colour[one] >> shift & 255) - (colour[other] >> shift & 255)) for shift in (0, 8, 16)]
    alike: NDArray[np.bool_] = (bits <= distance) & (np.max(tints, axis=0) <= _TINT)
    return alike
