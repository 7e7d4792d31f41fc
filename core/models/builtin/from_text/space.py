"""Where described items lie when there is nothing but text: descriptions and labels as one criterion-steered space.

A description says everything about an image; the label says what the criterion asked for, tersely and sometimes
wrongly. Ridge regression from description embeddings to label embeddings (Hoerl & Kennard, 1970; its strength chosen by
the closed form of leave-one-out error) keeps of each description just what bears on the labels, and corrects odd labels
by what similar descriptions were called. The predicted label, the given label and the description itself, side by side,
are one of the views that groups are formed from (groups.py). Descriptions are centred, which removes the boilerplate
they share.

Pure arrays in, pure arrays out: no names, no models, no files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

LABEL_WEIGHT = 0.6
"""Weight of the item's own label beside the label predicted from its description.

Below 1, so that a wrong label cannot outvote the description; between 0.3 and 0.6 nothing measured changed."""

DESCRIPTION_WEIGHT = 0.5
"""Weight of the description as it is. It helps where labels are poor and is too small to lead where they are good."""

_RIDGE_GRID = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_RESTARTS = 8
_OVERSEED = 5
_SWAPS = 12
_ITERATIONS = 60
_SEED = 20240507


@dataclass(frozen=True)
class TextSpace:
    """Features of n items and what is needed to place a new item among them.

    Attributes:
        features: (n, 3 d), predicted label, label and description; the parts of a row have length 1, LABEL_WEIGHT
            and DESCRIPTION_WEIGHT (or 0 where an item is all average).
        to_label: (d, d), centred description to predicted label. means, lengths: of descriptions (n, d) and labels,
            and of predictions, before scaling.
    """

    features: Array
    to_label: Array
    description_mean: Array
    label_mean: Array
    predicted_length: float
    label_length: float
    description_length: float

    def direction(self, centre: Array) -> tuple[Array, Array, float]:
        """A centre (3 d,) as directions in the raw spaces: (description (d,), label (d,), offset).

        x . description + y . label + offset is the product of an item's features with the centre, with the typical
        length in place of the item's own, so that an item can be placed later and without the corpus.
        """
        d = len(self.label_mean)
        description = self.to_label @ centre[:d] / self.predicted_length
        description = description + DESCRIPTION_WEIGHT * centre[2 * d :] / self.description_length
        label = LABEL_WEIGHT * centre[d : 2 * d] / self.label_length
        return description, label, -float(self.description_mean @ description + self.label_mean @ label)


def build_space(descriptions: Array, labels: Array) -> TextSpace:
    """Features from unit embeddings of descriptions and labels, (n, d) each; n >= 1."""
    x_mean = descriptions.mean(axis=0)
    l_mean = labels.mean(axis=0)
    x, y = descriptions - x_mean, labels - l_mean
    to_label = _ridge(x, y)
    predicted = x @ to_label
    features = np.hstack([unit_rows(predicted), LABEL_WEIGHT * unit_rows(y), DESCRIPTION_WEIGHT * unit_rows(x)])
    lengths = [_typical_length(part) for part in (predicted, y, x)]
    return TextSpace(features, to_label, x_mean, l_mean, *lengths)


def _ridge(x: Array, y: Array) -> Array:
    """Ridge weights (d, d) for centred x -> centred y, with the strength of least leave-one-out error."""
    n, d = x.shape
    total = float((y**2).sum())
    if n < 3 or total < 1e-8 or float((x**2).sum()) < 1e-8:
        return np.zeros((d, y.shape[1]), dtype=np.float32)
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    projected = u.T @ y
    best_error, best_gain = np.inf, s
    for strength in _RIDGE_GRID:
        penalty = strength * n / d
        shrink = s**2 / (s**2 + penalty)
        leverage = np.minimum((u**2) @ shrink + 1.0 / n, 1.0 - 1e-4)
        residual = (y - (u * shrink) @ projected) / (1.0 - leverage)[:, None]
        error = float((residual**2).sum())
        if error < best_error:
            best_error, best_gain = error, s / (s**2 + penalty)
    return np.asarray((vt.T * best_gain) @ projected, dtype=np.float32)


def k_means(features: Array, k: int) -> NDArray[np.intp]:
    """k-means, made robust against poor local optima; deterministic.

    Starts are greedy k-means++ (Arthur & Vassilvitskii, 2007), half of them with several times k centres that Ward's
    criterion then merges to k; the best is improved by moving single centres (random swap, Fränti, 2018).
    features (n, f). Returns the cluster of each row; some stay empty when there are fewer than k distinct rows.
    """
    rng = np.random.default_rng(_SEED)
    data = _Data(features, (features**2).sum(axis=1))
    best = _lloyd(data, _start(data, k, rng))
    for restart in range(_RESTARTS):
        if restart % 2:
            many = min(len(features), _OVERSEED * k)
            found = _lloyd(data, _merged(_lloyd(data, _start(data, many, rng), 5), k))
        else:
            found = _lloyd(data, _start(data, k, rng))
        best = min(best, found, key=lambda result: result.cost)
    for _ in range(_SWAPS if k > 1 else 0):
        swapped = _lloyd(data, _swapped(data, best, rng))
        if swapped.cost < best.cost * (1 - 1e-6):
            best = swapped
    return best.assigned


@dataclass(frozen=True)
class _Data:
    features: Array
    squared: Array


@dataclass(frozen=True)
class _Result:
    cost: float
    assigned: NDArray[np.intp]
    centres: Array


def _merged(fine: _Result, k: int) -> Array:
    """Centres of k groups of the many fine clusters, joined pair by pair where the cost grows least (Ward, 1963)."""
    mass = np.bincount(fine.assigned, minlength=len(fine.centres)).astype(np.float64)
    alive = np.flatnonzero(mass > 0)
    centres, mass = fine.centres[alive].astype(np.float64), mass[alive]
    while len(centres) > k:
        squared = (centres**2).sum(axis=1)
        distance = squared[:, None] + squared[None, :] - 2 * centres @ centres.T
        growth = distance * (mass[:, None] * mass[None, :]) / (mass[:, None] + mass[None, :])
        np.fill_diagonal(growth, np.inf)
        i, j = sorted(divmod(int(growth.argmin()), len(centres)))
        centres[i] = (mass[i] * centres[i] + mass[j] * centres[j]) / (mass[i] + mass[j])
        mass[i] += mass[j]
        centres, mass = np.delete(centres, j, axis=0), np.delete(mass, j)
    if len(centres) < k:  # fewer distinct rows than k
        centres = np.vstack([centres, np.repeat(centres[:1], k - len(centres), axis=0)])
    return centres.astype(np.float32)


def _swapped(data: _Data, result: _Result, rng: np.random.Generator) -> Array:
    """One centre that is little missed, moved to a row that lies far from all centres."""
    distance = _distances(data.features, data.squared, result.centres)
    rows = np.arange(len(distance))
    own = distance[rows, result.assigned]
    distance[rows, result.assigned] = np.inf
    loss = np.bincount(result.assigned, distance.min(axis=1) - own, minlength=len(result.centres))
    ranked = np.argsort(loss, kind="stable")[: max(2, len(loss) // 4)]
    centres = result.centres.copy()
    if own.sum() > 1e-9:
        target = int(rng.choice(len(own), p=own / own.sum()))
        centres[ranked[int(rng.integers(len(ranked)))]] = data.features[target]
    return centres


def _start(data: _Data, k: int, rng: np.random.Generator) -> Array:
    n = len(data.features)
    centres = np.zeros((k, data.features.shape[1]), dtype=np.float32)
    nearest = np.ones(n)
    trials = 2 + int(np.log(k))
    for j in range(k):
        if nearest.sum() <= 1e-9:  # every row already is a centre: the rest are copies and stay empty
            nearest = np.ones(n)
        picks = rng.choice(n, size=trials, p=nearest / nearest.sum())
        away = _distances(data.features, data.squared, data.features[picks])
        reach = np.minimum(nearest[:, None], away) if j else away
        chosen = int(np.argmin(reach.sum(axis=0)))
        centres[j], nearest = data.features[picks[chosen]], reach[:, chosen]
    return centres


def _lloyd(data: _Data, centres: Array, iterations: int = _ITERATIONS) -> _Result:
    k, n = len(centres), len(data.features)
    assigned = np.full(n, -1, dtype=np.intp)
    rows = np.arange(n)
    sums, mass = np.zeros(centres.shape), np.zeros((k, 1))
    cost = 0.0
    for _ in range(iterations):
        distance = _distances(data.features, data.squared, centres)
        found = distance.argmin(axis=1)
        cost = float(distance[rows, found].sum())
        if np.array_equal(found, assigned):
            break
        moved = np.flatnonzero(found != assigned)  # few after the first rounds, so only these change the sums
        change = np.zeros((k, len(moved)), dtype=np.float32)
        change[found[moved], np.arange(len(moved))] = 1.0
        left = assigned[moved] >= 0
        change[assigned[moved][left], np.flatnonzero(left)] = -1.0
        sums += change @ data.features[moved]
        mass += change.sum(axis=1, keepdims=True)
        assigned = found
        filled = np.bincount(assigned, minlength=k)[:, None] > 0
        centres = np.where(filled, sums / np.maximum(mass, 1e-12), centres).astype(np.float32)
    return _Result(cost, assigned, centres)


def _distances(features: Array, squared: Array, centres: Array) -> NDArray[np.float64]:
    """Squared Euclidean distances (n, k)."""
    out: Array = squared[:, None] - 2.0 * (features @ centres.T) + (centres**2).sum(axis=1)[None, :]
    return np.maximum(out, 0.0).astype(np.float64)


def unit_rows(values: Array) -> Array:
    """Rows scaled to length 1; a row of (nearly) nothing stays nothing."""
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.where(length > 1e-5, values / np.maximum(length, 1e-5), 0.0).astype(np.float32)


def _typical_length(values: Array) -> float:
    return max(float(np.linalg.norm(values, axis=1).mean()), 1e-5)
