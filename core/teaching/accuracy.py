"""How many images are in the right group, from those a person checked that were drawn at random.

Images that are asked about because they teach most are harder than others, so they say nothing about all. Those in the
order of `drawn` are a simple random sample, whatever else is asked in between.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of so many drawn, so many were right. low, high: 95 % confidence limits of the share of all images, 0 to 1."""

    drawn: int
    right: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share of those drawn that were right."""
        return self.right / self.drawn


def in_drawing_order(items: Sequence[str], seed: str) -> list[str]:
    """The items in an order that only their ids and the seed decide, alike for every order of the items given."""
    return sorted(items, key=lambda item: hashlib.sha256(f"{seed}/{item}".encode()).digest())


def estimate(right: int, drawn: int, number: int, level: float = 0.95) -> Accuracy | None:
    """Exact limits for sampling without replacement from `number` images; None where nothing was drawn.

    All numbers of right images among all are kept under which neither so few nor so many right ones among those drawn
    would be rarer than (1 - level) / 2 (Clopper & Pearson, 1934, with the hypergeometric distribution: Wright, 1991).
    Raises ValueError where the numbers do not fit.
    """
    if not 0 <= right <= drawn <= number:
        raise ValueError(f"{right} right of {drawn} drawn from {number} cannot be")
    if not drawn:
        return None
    tail = (1 - level) / 2
    low = _first(lambda total: _at_least(right, total, drawn, number) > tail, right, number - (drawn - right))
    wrong = drawn - right
    most_wrong = _first(lambda total: _at_least(wrong, total, drawn, number) > tail, wrong, number - right)
    return Accuracy(drawn, right, low / number, (number - most_wrong) / number)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The least total from low to high of which it holds; it holds of high and of all above the first."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _at_least(found: int, total: int, drawn: int, number: int) -> float:
    """The chance to draw at least `found` of the `total` among `number`, in `drawn` draws."""
    most = min(total, drawn)
    return math.fsum(_chance(value, total, drawn, number) for value in range(found, most + 1))


def _chance(value: int, total: int, drawn: int, number: int) -> float:
    if value > total or drawn - value > number - total:
        return 0.0
    return math.exp(_choose(total, value) + _choose(number - total, drawn - value) - _choose(number, drawn))


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
