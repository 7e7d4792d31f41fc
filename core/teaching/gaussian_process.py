"""Gaussian process regression on group labels, several kernels at once (Rasmussen & Williams, 2006, chapters 2 and 5).

Each group is a number to predict, 1 for its images and 0 for others ("least-squares classification", section 6.5). The
mean is what was believed before. How much each kernel counts, how much of the rest is noise, and how far the belief
holds are those that make the examples likeliest, held by a prior, so that a handful of examples moves them little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.propagation.sampling import Rows
from core.teaching.kernels import Float, Kernel

_SIGNAL = 0.7
"""Share of what differs from the mean that kernels explain, at first, where nothing was believed before."""
_SIGNAL_BELIEVED = 0.5
"""The same where a run's shares were believed: what they leave open is noise more often."""
_BELIEF = (0.9, 0.3)
"""How far the belief holds, at first, and its deviation."""
_STEPS = 60
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learnt about the evidence: kernel -> how much it counts, the noise beside them, and belief, 0 to 1."""

    kernels: Mapping[str, float]
    noise: float
    belief: float


@dataclass(frozen=True, slots=True)
class Regression:
    """scores: (n, c) of all images. held_out: (m, c) of the examples, each predicted from the others."""

    scores: Float
    held_out: Float
    weights: Weights


def at_first(kernels: Mapping[str, Kernel], groups: int, belief: Float | None) -> Weights:
    """The weights before there is an example. belief: (n, groups), rows summing to 1."""
    shares = np.full((1, groups), 1 / groups) if belief is None else belief
    open_ = max(float((shares * (1 - shares)).mean()), 1e-4)
    signal = _SIGNAL if belief is None else _SIGNAL_BELIEVED
    each = signal * open_ / max(len(kernels), 1)
    return Weights(dict.fromkeys(kernels, each), (1 - signal) * open_, _BELIEF[0])


def fit_weights(kernels: Mapping[str, Kernel], rows: Rows, target: Float, base: Float, belief: Float | None) -> Weights:
    """The weights that make the (m, c) targets of the rows likeliest. base: (c,) shares where nothing is believed."""
    from core.libraries.scipy import minimize, solve_triangular

    first = at_first(kernels, target.shape[1], belief)
    alike = np.array([kernel.between(rows, rows) for kernel in kernels.values()])
    m, width, count = len(rows), target.shape[1], len(alike)
    signal = sum(first.kernels.values())
    start = np.array([*np.zeros(count), np.log(signal), np.log(first.noise), first.belief])
    deviation = np.array([*np.ones(count + 2), _BELIEF[1]])
    away = np.zeros_like(target) if belief is None else belief[rows] - base
    same = np.eye(m)

    def loss(at: Float) -> tuple[float, Float]:
        part = np.exp(at[:count] - at[:count].max())
        part /= part.sum()
        weight, noise = part * np.exp(at[count]), float(np.exp(at[count + 1]))
        left = target - base - at[count + 2] * away
        root = np.linalg.cholesky(np.tensordot(weight, alike, 1) + (noise + _TINY) * same)
        half = solve_triangular(root, same, lower=True)
        inverse = half.T @ half
        solved = inverse @ left
        slope = 0.5 * (width * inverse - solved @ solved.T)
        by_weight = np.tensordot(alike, slope, 2) * weight
        gradient = np.array([
            *(by_weight - part * by_weight.sum()), by_weight.sum(), noise * np.trace(slope), -(solved * away).sum()
        ])  # fmt: skip
        moved = (at - start) / deviation
        value = 0.5 * float((left * solved).sum()) + width * float(np.log(np.diag(root)).sum())
        return value + 0.5 * float((moved**2).sum()), gradient + moved / deviation

    bounds = [(-8, 8)] * count + [(-9, 2), (-9, 2), (0, 1)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}).x
    part = np.exp(found[:count] - found[:count].max())
    weight = part / part.sum() * np.exp(found[count])
    named = dict(zip(kernels, map(float, weight), strict=True))
    return Weights(named, float(np.exp(found[count + 1])), float(found[count + 2]))


def covariance(kernels: Mapping[str, Kernel], weights: Weights, rows: Rows, others: Rows) -> Float:
    """(len(rows), len(others)) of the weighted kernels."""
    total = np.zeros((len(rows), len(others)))
    for name, weight in weights.kernels.items():
        total += weight * kernels[name].between(rows, others)
    return total


def regress(
    kernels: Mapping[str, Kernel],
    weights: Weights,
    rows: Rows,
    target: Float,
    base: Float,
    belief: Float | None,
    n: int,
) -> Regression:
    """Scores of all n images from the (m, c) targets of the rows."""
    mean = np.repeat(base[None], n, axis=0)
    if belief is not None:
        mean = (1 - weights.belief) * mean + weights.belief * belief
    inverse = np.linalg.inv(covariance(kernels, weights, rows, rows) + (weights.noise + _TINY) * np.eye(len(rows)))
    solved = inverse @ (target - mean[rows])
    held_out = target - solved / np.diag(inverse)[:, None]  # equation 5.12
    for name, weight in weights.kernels.items():
        mean += weight * kernels[name].sums(rows, solved)
    return Regression(mean, held_out, weights)
