"""Merges many small groups into as many as there are, asking somebody only where two neighbours are in doubt.

After Zhong et al. (CVPR 2026): the groups are joined by a minimum spanning tree of their distances, and each edge of it
is a question ("do these two belong together?"). What belongs together becomes one group, what does not is not asked
about again while it hardly grows, and a new tree is drawn, at most log2 M times: O(M log M) questions for M groups.
Those of one tree do not depend on each other, so that they can be asked together.

One wrong "yes" joins two whole groups, one wrong "no" leaves a group in two parts: so a "yes" counts only if it is said
again with the two turned round. Below the similarity at which `SURE` questions in a row were answered with "no" nothing
is in doubt.

Knows places and sizes only; who answers is the caller's business. Needs M² numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np

from core.domain import Vector

Group = tuple[int, ...]
"""The small groups in one group, the largest first."""
Pair = tuple[Group, Group]
Ask = Callable[[Sequence[Pair]], Sequence[bool]]
"""Whether the two of each pair belong together."""
SURE = 20
"""So many "no" in a row leave no doubt about what lies further apart: at 95 % confidence less than 14 % are "yes"."""
_SMALL = 0.1
"""A group is too small to be one if it holds less than this part of what a typical one holds."""


def merged(places: Vector, sizes: Sequence[int], ask: Ask, apart: Collection[int] = ()) -> list[Group]:
    """The groups that are left when no neighbours belong together.

    Args:
        places: (M, d) unit vectors of the small groups.
        sizes: how many images each holds; the first of equals is the one that is named first.
        ask: asked at most twice for each tree.
        apart: small groups that are known not to belong together, whatever lies between them.

    Returns the largest first. Costs M² x d for each of at most log2 M trees.
    """
    told = _Told(sizes, set(apart))
    groups = told.contracted([(place,) for place in range(len(sizes))], ())
    for _ in range(math.ceil(math.log2(max(len(groups), 2)))):
        pairs = told.doubts(groups, places)
        if not pairs:
            break
        joined = _both_ways(list(pairs), ask)
        told.answers += [(near, pair in joined) for pair, near in pairs.items()]
        told.parted += [pair for pair in pairs if pair not in joined]
        groups = told.contracted(groups, joined)
    return groups


def large_enough(groups: Sequence[Group], sizes: Sequence[int], always: Collection[int] = ()) -> list[Group]:
    """The groups that are not too small to be groups of their own: what a typical one holds is all images over the
    exponential of the sizes' entropy (Hill, 1973). always: small groups whose group stays whatever its size."""
    held = np.array([sum(sizes[place] for place in group) for group in groups], dtype=float)
    shares = held[held > 0] / max(held.sum(), 1.0)
    typical = held.sum() / math.exp(-float((shares * np.log(shares)).sum())) if len(shares) else 0.0
    return [
        group
        for group, number in zip(groups, held, strict=True)
        if number >= _SMALL * typical or any(place in always for place in group)
    ]


class _Told:
    """What was answered so far.

    Attributes:
        answers: how near two groups were, and whether they belong together.
        parted: pairs that do not, with what the two held when that was said.
    """

    def __init__(self, sizes: Sequence[int], apart: set[int]) -> None:
        self._sizes, self._apart = sizes, apart
        self.answers: list[tuple[float, bool]] = []
        self.parted: list[tuple[Group, Group]] = []

    def doubts(self, groups: Sequence[Group], places: Vector) -> dict[Pair, float]:
        """The edges of the tree that are in doubt, with the cosine of the two; the larger group stands first."""
        from core.libraries.scipy import minimum_spanning_tree, sparse

        weights = np.maximum(np.asarray(self._sizes, dtype=np.float32), 1.0)[:, None]
        centres = np.stack([(weights[list(group)] * places[list(group)]).sum(axis=0) for group in groups])
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-12)
        near = centres @ centres.T
        distances = 2.0 - near  # an edge of length 0 would be none
        distances[self._forbidden(groups)] = 0.0
        tree = minimum_spanning_tree(sparse.csr_matrix(np.triu(distances, 1))).tocoo()
        least = self._no_doubt_below()
        return {
            (groups[one], groups[other]): float(near[one, other])
            for one, other in sorted(zip(tree.row.tolist(), tree.col.tolist(), strict=True))
            if near[one, other] > least
        }

    def contracted(self, groups: Sequence[Group], joined: Sequence[Pair]) -> list[Group]:
        """The groups after these pairs became one each, the largest first."""
        home = {place: group for group in groups for place in group}
        for one, other in joined:
            first, second = home[one[0]], home[other[0]]
            if first != second and not (self._is_apart(first) and self._is_apart(second)):
                whole = tuple(sorted((*first, *second), key=lambda place: (-self._sizes[place], place)))
                home |= dict.fromkeys(whole, whole)
        return sorted(set(home.values()), key=lambda group: (-self.held(group), group))

    def held(self, group: Group) -> int:
        """How many images a group holds."""
        return sum(self._sizes[place] for place in group)

    def _is_apart(self, group: Group) -> bool:
        return any(place in self._apart for place in group)

    def _forbidden(self, groups: Sequence[Group]) -> np.ndarray:
        """(m, m) where no edge may be: known to be apart, or told apart while neither held less than half of what it
        holds now; what has grown beyond that is another group."""
        owner = {place: row for row, group in enumerate(groups) for place in group}
        own = np.array([self._is_apart(group) for group in groups])
        found = np.outer(own, own)
        for pair in self.parted:
            rows = [owner[side[0]] for side in pair]
            if all(2 * self.held(side) > self.held(groups[row]) for side, row in zip(pair, rows, strict=True)):
                found[rows[0], rows[1]] = found[rows[1], rows[0]] = True
        return found

    def _no_doubt_below(self) -> float:
        ordered = sorted(self.answers)
        noes = next((place for place, (_, joined) in enumerate(ordered) if joined), len(ordered))
        return ordered[noes - SURE][0] if noes >= SURE else -math.inf


def _both_ways(pairs: Sequence[Pair], ask: Ask) -> list[Pair]:
    """The pairs that belong together whichever of the two stands first."""
    yes = [pair for pair, said in zip(pairs, ask(pairs), strict=True) if said]
    again = ask([(other, one) for one, other in yes]) if yes else []
    return [pair for pair, said in zip(yes, again, strict=True) if said]
