"""What a map shows, in numbers: where the images of each kind stand, how far they spread, which kind is next to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import Vector


@dataclass(frozen=True, slots=True)
class Region:
    """One kind of image on a map.

    Attributes:
        kind: its number.
        centre: the median of its coordinates, which run from -1 to 1.
        spread: the median distance from there; the map is 2 wide.
        nearest: the kind whose centre is nearest; None where there is no other.
    """

    kind: int
    images: int
    centre: tuple[float, ...]
    spread: float
    nearest: int | None


def regions(points: Vector, kinds: NDArray[np.uint8], among: Sequence[int]) -> list[Region]:
    """Of each kind of `among` that is on the map, its region, the largest first.

    points: (n, 2 or 3). kinds: (n,).
    """
    there = [kind for kind in among if (kinds == kind).any()]
    centres = np.array([np.median(points[kinds == kind], axis=0) for kind in there])
    found = []
    for row, kind in enumerate(there):
        own = points[kinds == kind]
        apart = np.linalg.norm(centres - centres[row], axis=1)
        apart[row] = np.inf
        spread = float(np.median(np.linalg.norm(own - centres[row], axis=1)))
        nearest = there[int(apart.argmin())] if len(there) > 1 else None
        found.append(Region(kind, len(own), tuple(float(at) for at in centres[row]), spread, nearest))
    return sorted(found, key=lambda region: -region.images)
