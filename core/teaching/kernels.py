"""How alike images are in each kind of evidence: a kernel for each, with values of about 1 for an image with itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.propagation.sampling import Places, Rows, Vector, evenly

Float = NDArray[np.float64]

_BAGS = 16
"""Groupings in a bag."""
_PART = 0.8
"""Share of the sample that each grouping is formed of."""
_SAMPLE = 4_000
"""Rows that groupings are formed of at most."""
_BLOCK = 8_192
_SEED = 0


class Kernel(Protocol):
    """Likeness of n images in one kind of evidence. An image without this evidence is like none."""

    def between(self, rows: Rows, others: Rows) -> Float:
        """(len(rows), len(others)) how alike they are."""
        ...

    def sums(self, rows: Rows, weights: Float) -> Float:
        """(n, c) for every image its likeness to the rows, times their (len(rows), c) weights, added up."""
        ...


@dataclass(frozen=True, slots=True)
class Linear:
    """Likeness by position. points: (n, d) of root mean square length 1, rows of zeros where there is no evidence."""

    points: Vector

    def between(self, rows: Rows, others: Rows) -> Float:
        return np.asarray(self.points[rows] @ self.points[others].T, dtype=np.float64)

    def sums(self, rows: Rows, weights: Float) -> Float:
        slopes = self.points[rows].T.astype(np.float64) @ weights
        return np.asarray(self.points @ slopes.astype(np.float32), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Together:
    """Likeness as the share of groupings that put two images into one group (bagged clusters: Weston et al., Cluster
    kernels, NIPS 2003). members: (n, groupings) the group in each, -1 where there is no evidence."""

    members: NDArray[np.int16]

    def between(self, rows: Rows, others: Rows) -> Float:
        count = np.zeros((len(rows), len(others)), dtype=np.uint8)
        for mine, theirs in zip(self.members[rows].T, self.members[others].T, strict=True):
            count += (mine[:, None] == theirs[None]) & (mine >= 0)[:, None]
        return np.asarray(count / self.members.shape[1], dtype=np.float64)

    def sums(self, rows: Rows, weights: Float) -> Float:
        out = np.zeros((len(self.members), weights.shape[1]))
        for member in self.members.T:
            table = np.zeros((int(member.max(initial=0)) + 2, weights.shape[1]))  # the last: no evidence
            known = member[rows] >= 0
            np.add.at(table, member[rows][known], weights[known])
            out += table[member]
        return np.asarray(out / self.members.shape[1])


@threads.limited
def kernels(spaces: Mapping[str, Places], k: int) -> dict[str, Kernel]:
    """Two kernels for each space with evidence: by position, and by groupings.

    spaces: name -> places of all n images (see `core.propagation.sampling.place`). k: about how many groups are
    expected.
    """
    found: dict[str, Kernel] = {}
    for name, places in spaces.items():
        if places.measured.any() and (points := _unit(places)).any():
            found[name] = Linear(points)
            found[f"{name}, groups"] = Together(_bag(points, places.measured, k))
    return found


def of_run(shares: Float) -> dict[str, Kernel]:
    """The kernel of what a run said: (n, c) shares, rows summing to 1."""
    return {"run": Linear(np.sqrt(shares).astype(np.float32))}


def _unit(places: Places) -> Vector:
    points = np.where(places.measured[:, None], places.values, 0).astype(np.float32)
    length = float(np.sqrt((points**2).sum(axis=1).sum() / max(int(places.measured.sum()), 1)))
    return points / max(length, 1e-9)


def _bag(points: Vector, measured: NDArray[np.bool_], k: int) -> NDArray[np.int16]:
    """(n, groupings) groups of each point in k-means of parts of a sample, into k to 4k groups."""
    from core.libraries.sklearn import KMeans

    random = np.random.default_rng(_SEED)
    known = np.flatnonzero(measured)
    sample = points[known[evenly(len(known), _SAMPLE)]]
    distinct = len(np.unique(np.round(sample, 5), axis=0))
    members = np.full((len(points), _BAGS), -1, dtype=np.int16)
    for number in range(_BAGS):
        part = sample[np.sort(random.choice(len(sample), max(int(_PART * len(sample)), 1), replace=False))]
        count, start = int(random.integers(k, 4 * k + 1)), int(random.integers(1 << 30))
        count = max(1, min(count, len(part) // 3, distinct // 2))
        centres = KMeans(count, n_init=1, max_iter=30, random_state=start).fit(part).cluster_centers_
        for rows in _blocks(known):
            away = (centres**2).sum(axis=1) - 2 * points[rows] @ centres.T
            members[rows, number] = away.argmin(axis=1)
    return members


def _blocks(rows: Rows) -> Iterable[Rows]:
    return (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
