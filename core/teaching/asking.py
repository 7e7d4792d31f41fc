"""Which images to ask a person about next: those whose answers would take most doubt off all the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.propagation.sampling import Rows, evenly
from core.teaching.gaussian_process import Weights, covariance
from core.teaching.kernels import Float, Kernel

_POOL = 2_000
"""Images that are looked at: evenly taken ones stand for any number."""


@threads.limited
def ask(
    kernels: Mapping[str, Kernel],
    weights: Weights,
    number: int,
    answered: Collection[int],
    doubt: Float,
    count: int,
    left_out: Collection[int] = (),
) -> Rows:
    """(at most count,) rows to ask about, the most useful first.

    An answer about one image takes variance off those like it (Gaussian process; the sequential design of Yu, Bi &
    Tresp, ICML 2006). Each image counts with its doubt: so what is asked is unsure, typical of many that are unsure,
    and unlike what was answered or is being asked already.

    weights: of the kernels, as `learn` found them, or `at_first`. answered: rows that a person decided. doubt:
    (number,) the chance that an image is not where it is. left_out: rows not to ask about (skipped, or asked already).
    """
    out = np.zeros(number, dtype=np.bool_)
    out[list(answered)] = True
    rest = np.flatnonzero(~out)
    rest = rest[evenly(len(rest), _POOL)]
    out[list(left_out)] = True
    free = ~out[rest]
    if not kernels:
        order = np.argsort(-doubt[rest], kind="stable")
        return rest[order[free[order]]][:count]
    noise = weights.noise + 1e-9
    spread = covariance(kernels, weights, rest, rest)
    known = np.array(sorted(answered), dtype=np.intp)
    if len(known):
        known = known[evenly(len(known), _POOL)]
        across = covariance(kernels, weights, rest, known)
        own = covariance(kernels, weights, known, known) + noise * np.eye(len(known))
        spread -= across @ np.linalg.solve(own, across.T)
    return rest[_greedy(spread, noise, doubt[rest], free, count)]


def _greedy(spread: Float, noise: float, doubt: Float, free: NDArray[np.bool_], count: int) -> Rows:
    """Positions that take most of the doubtful variance away, one after the other."""
    free = free.copy()
    chosen = []
    for _ in range(min(count, int(free.sum()))):
        gain = (spread**2 @ doubt) / (np.maximum(np.diag(spread), 0) + noise)
        best = int(np.where(free, gain, -1.0).argmax())
        chosen.append(best)
        free[best] = False
        spread = spread - np.outer(spread[:, best], spread[best]) / (max(spread[best, best], 0) + noise)
    return np.array(chosen, dtype=np.intp)
