"""Which images to look at first: places for images by their features, and choices spread over them.

Numbers in, row numbers out: no model, no store, no clock, no global random state. The same input gives the same rows,
whatever the number of threads. Memory stays bounded: features are read in blocks, quadratic methods see a few thousand
rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import threads

Vector = NDArray[np.float32]
Rows = NDArray[np.intp]

AXES = 128
"""Principal axes kept at most."""
_DIRECTIONS = 64
"""From so many features on, only the direction from the average counts: in many dimensions the length says how striking
an image is, not what it shows. In few (colour shares) the length is information and stays."""
_CLOSE = 0.05
"""Nearer to the average than this part of the usual distance, a direction is noise and is not stretched."""
_SAMPLE = 4000
"""Rows that the axes are fitted on."""
_TREE = 4000
"""Rows that one tree takes at most: its distances fill 64 MB."""
_CELL = 2000
"""Rows a cell is meant to have where there are too many for one tree."""
_PER_CHOICE = 4
"""Rows looked at for each one chosen, when there are more rows than a tree takes."""
_BLOCK = 4096
"""Rows taken through the axes at once."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where n images lie, by their features.

    values: (n, p) coordinates, p <= 128, their root mean square length about 1; rows of NaN where nothing was measured.
    beyond: (n,) how far a row lies off the axes, in the same unit (0 where all axes were kept).
    measured: (n,) which rows have features at all. The others are neither chosen nor judged.
    """

    values: Vector
    beyond: Vector
    measured: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Axes:
    """From d features to places: the average (d,), the leading directions (d, p), one scale, and whether to take
    directions only."""

    origin: Vector
    basis: Vector
    middle: Vector
    scale: float
    usual: float

    @threads.limited
    def place(self, blocks: Iterable[Vector]) -> Places:
        """Places of the rows of all blocks, each (rows, d), in order; no two blocks are held at once."""
        values, beyond = [np.zeros((0, self.basis.shape[1]), np.float32)], [np.zeros(0, np.float32)]
        for block in blocks:
            points = self._points(np.asarray(block, dtype=np.float32))
            here = points @ self.basis
            rest = np.maximum((points**2).sum(axis=1) - (here**2).sum(axis=1), 0)
            values.append((here / self.scale).astype(np.float32))
            beyond.append((np.sqrt(rest) / self.scale).astype(np.float32))
        joined = np.concatenate(values)
        return Places(joined, np.concatenate(beyond), np.asarray(np.isfinite(joined).all(axis=1)))

    def _points(self, rows: Vector) -> Vector:
        return _directed(rows - self.origin, self.usual) - self.middle


def _directed(rows: Vector, usual: float) -> Vector:
    """Rows of length one, or as they are where usual is 0."""
    if not usual:
        return rows
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, _CLOSE * usual), dtype=np.float32)


@threads.limited
def fit_axes(sample: Vector) -> Axes:
    """Axes that fit (m, d) rows; rows with NaN are left out. A few thousand evenly taken rows stand for any number.

    Principal axes by a randomised decomposition (Halko et al., SIAM Review 2011, arXiv 0909.4061) with a fixed start.
    Raises ValueError when no row has features.
    """
    from core.libraries.sklearn import randomized_svd

    rows = np.asarray(sample, dtype=np.float32)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        raise ValueError("no image has features")
    rows = rows[evenly(len(rows), _SAMPLE)]
    origin = rows.mean(axis=0)
    centred = rows - origin
    usual = float(np.median(np.linalg.norm(centred, axis=1))) if rows.shape[1] >= _DIRECTIONS else 0.0
    directed = _directed(centred, usual)
    middle = directed.mean(axis=0)
    points = directed - middle
    scale = float(np.sqrt((points.astype(np.float64) ** 2).sum(axis=1).mean()))
    if scale < 1e-6 * max(float(np.abs(rows).max()), 1e-30):  # all alike: what is left is rounding
        return Axes(origin, np.zeros((rows.shape[1], 1), np.float32), middle, 1.0, usual)
    _, _, directions = randomized_svd(points, min(AXES, *points.shape), n_iter=4, random_state=0)
    return Axes(origin, np.asarray(directions.T, dtype=np.float32), middle, scale, usual)


@threads.limited
def place(features: Vector) -> Places:
    """Places of all rows of (n, d) features (an array or a memory map), fitted on evenly taken ones.

    Where the features do not fit into memory, use `fit_axes` on some and `Axes.place` on blocks. Raises ValueError when
    no row has features.
    """
    axes = fit_axes(features[evenly(len(features), 2 * _SAMPLE)])
    return axes.place(features[start : start + _BLOCK] for start in range(0, len(features), _BLOCK))


def evenly(n: int, count: int) -> Rows:
    """At most count of n positions, evenly spread, ascending."""
    return np.unique(np.linspace(0, max(n - 1, 0), min(n, count)).astype(np.intp))


@threads.limited
def spread(places: Places, number: int, among: Rows | None = None, preferred: Vector | None = None) -> Rows:
    """(at most number,) rows to look at first: one for each of `number` kinds of image, the commonest kind first.

    The kinds are the branches of Ward's tree and the row is the one nearest to its branch's centre: a tree finds small
    groups, and its branches are many where images are many and where they differ. On the evaluation photos, beside
    random choice, k-means medoids, k-centre greedy, k-means++ and typical clustering (TypiClust, Hacohen et al., ICML
    2022, arXiv 2202.02794), it was the most accurate or within a point of it. More than 4,000 rows are first cut into
    cells, each with a tree of its own, and all trees are cut at one height.

    among: the rows to choose from (default: all); rows without features are never chosen. preferred: (len(among),),
    larger is better: take the best row of each branch by this instead of the one nearest to the centre.
    """
    rows = np.arange(len(places.values)) if among is None else np.asarray(among, dtype=np.intp)
    kept = np.flatnonzero(places.measured[rows])
    if number <= 0:
        return kept[:0]
    if len(kept) > max(_TREE, _PER_CHOICE * number):
        kept = kept[evenly(len(kept), max(_TREE, _PER_CHOICE * number))]
    if number >= len(kept):
        return rows[kept]
    values = places.values[rows[kept]]
    branch = _branches(values, number)
    return rows[kept[_best(values, branch, None if preferred is None else preferred[kept])]]


def _best(values: Vector, branch: Rows, preferred: Vector | None) -> Rows:
    """One position for each branch, the largest branch first; equals are taken in order."""
    size = np.bincount(branch)
    if preferred is None:
        order = np.argsort(branch, kind="stable")
        starts = np.concatenate([[0], np.cumsum(size)[:-1]])
        centres = np.add.reduceat(values[order].astype(np.float64), starts, axis=0) / size[:, None]
        preferred = -((values - centres[branch]) ** 2).sum(axis=1).astype(np.float32)
    best = np.lexsort((np.arange(len(branch)), -preferred, branch))
    first = best[np.concatenate([[0], np.cumsum(size)[:-1]])]
    return np.asarray(first[np.argsort(-size, kind="stable")], dtype=np.intp)


def _branches(values: Vector, number: int) -> Rows:
    """(n,) branch 0 to number-1 of each row: Ward's trees of all cells, cut at the height that leaves `number`."""
    from core.libraries.scipy import ward

    cells = [np.arange(len(values))] if len(values) <= _TREE else _cells(values, np.arange(len(values)))
    trees = [ward(values[cell].astype(np.float64)) if len(cell) > 1 else np.zeros((0, 4)) for cell in cells]
    # A cell of m rows has m - 1 joins; the lowest joins of all are made until `number` branches are left. Within a tree
    # heights never fall, so the joins made are its first ones.
    heights = np.concatenate([tree[:, 2] for tree in trees])
    owner = np.repeat(np.arange(len(trees)), [len(tree) for tree in trees])
    made = np.argsort(heights, kind="stable")[: max(len(values) - number, 0)]
    joins = np.bincount(owner[made], minlength=len(trees))
    branch = np.empty(len(values), dtype=np.intp)
    used = 0
    for cell, tree, count in zip(cells, trees, joins, strict=True):
        label = _cut(tree, len(cell), int(count))
        branch[cell] = label + used
        used += int(label.max()) + 1
    return branch


def _cut(tree: NDArray[np.float64], leaves: int, joins: int) -> Rows:
    """(leaves,) the branch of each leaf once the first `joins` joins of a tree were made."""
    above = np.arange(leaves + joins)
    for i in range(joins):
        above[int(tree[i, 0])] = above[int(tree[i, 1])] = leaves + i
    for node in range(leaves + joins - 1, -1, -1):
        above[node] = above[above[node]]
    return np.asarray(np.unique(above[:leaves], return_inverse=True)[1], dtype=np.intp)


def _cells(values: Vector, rows: Rows) -> list[Rows]:
    """The rows in compact cells that a tree can take."""
    from core.libraries.sklearn import MiniBatchKMeans

    if len(rows) <= _TREE:
        return [rows]
    some = values[rows[evenly(len(rows), 20 * _CELL)]]
    wanted = min(-(-len(rows) // _CELL), len(np.unique(some, axis=0)))
    if wanted < 2:  # copies of one image: nothing to tell them apart by
        return [rows[start : start + _TREE] for start in range(0, len(rows), _TREE)]
    fitted = MiniBatchKMeans(wanted, n_init=1, random_state=0, batch_size=4096).fit(some)
    member = fitted.predict(values[rows])
    found = [rows[member == j] for j in range(wanted)]
    if max(len(cell) for cell in found) == len(rows):
        return [rows[start : start + _TREE] for start in range(0, len(rows), _TREE)]
    return [part for cell in found if len(cell) for part in _cells(values, cell)]
