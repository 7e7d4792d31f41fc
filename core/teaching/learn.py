"""A calibrated classifier from a person's examples, on all evidence there is and on what a run believed before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core import threads
from core.propagation.sampling import Rows, evenly
from core.teaching.gaussian_process import Weights, at_first, fit_weights, regress
from core.teaching.kernels import Float, Kernel

_FITTED = 400
"""Examples that the weights of the kernels are fitted on at most."""
_USED = 2_000
"""Examples that images are compared to at most."""
_USUAL_SHARPNESS = 6.0
_HELD = 8.0
"""How strongly the sharpness is held there: the weight of its squared logarithmic distance, halved."""
_SLIP = 0.02
"""Share of a person's answers that may be slips: one of them must not rule."""
_DOUBT = 50.0
"""Odds at first that what a run believed is better than what was learnt."""
_TEMPER = 0.5
"""What one answer says for or against that counts by half: those asked for are of the images that are hardest."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What follows for all images.

    Attributes:
        probabilities: (n, c), rows summing to 1. Examples have 1 for their group.
        weights: how much each kind of evidence counts.
        trust: 0 to 1, how much of the probabilities was learnt; the rest is what the run believed before.
        groups_seen: (c,) which groups have an example.
    """

    probabilities: Float
    weights: Weights
    trust: float
    groups_seen: tuple[bool, ...]

    @property
    def best(self) -> Rows:
        """(n,) the likeliest group of each image."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.intp)


@threads.limited
def learn(
    kernels: Mapping[str, Kernel], number: int, groups: int, examples: Mapping[int, int], belief: Float | None = None
) -> Learnt:
    """Give all `number` images a distribution over `groups` groups.

    examples: row -> group, what a person decided. belief: (number, groups) what a run said, rows summing to 1, in which
    a group that the person added has nothing; None to start from nothing.

    What was learnt and what the run believed are averaged by how likely each makes the person's answers, those held out
    in turn (Bayesian model averaging, Hoeting et al., 1999): with few answers, and wherever the run knows better, its
    own groups stand. Where nothing was believed, groups without an example get none.
    Raises ValueError without examples and belief, and for examples outside the range.
    """
    rows, label = _chosen(examples)
    if any(not 0 <= row < number or not 0 <= group < groups for row, group in examples.items()):
        raise ValueError("examples must be rows of the images and numbers of groups")
    if belief is None and not examples:
        raise ValueError("without examples and without a run there is nothing to learn from")
    seen = np.isin(np.arange(groups), label)
    if not examples or not kernels or groups == 1:
        chances = np.where(seen, 1.0, 0.0)[None] / max(seen.sum(), 1) if belief is None else belief
        chances = np.repeat(chances, number, axis=0) if len(chances) == 1 else chances.copy()
        return Learnt(_decided(chances, examples), at_first(kernels, groups, belief), 0.0, tuple(seen.tolist()))
    target = np.eye(groups)[label]
    base = (target.sum(axis=0) + 1) / (len(rows) + groups)
    some = _some(label, _FITTED)
    weights = fit_weights(kernels, rows[some], target[some], base, belief)
    # Few examples can mislead about the weights; where there is something to lose, those from before have half the say.
    used = (weights,) if belief is None else (weights, at_first(kernels, groups, belief))
    chances, held_out, trust = np.zeros((number, groups)), np.zeros(len(label)), 1.0
    for part in used:
        found = regress(kernels, part, rows, target, base, belief, number)
        sharpness = _sharpness(found.held_out, label)
        scores = found.scores if belief is not None else np.where(seen, found.scores, -np.inf)
        chances += _softmax(scores * sharpness) / len(used)
        held_out += _softmax(found.held_out * sharpness)[np.arange(len(label)), label] / len(used)
    if belief is not None:
        odds = _TEMPER * (_log(held_out, groups) - _log(belief[rows, label], groups)).sum() - np.log(_DOUBT)
        trust = float(1 / (1 + np.exp(-np.clip(odds, -50, 50))))
        chances = trust * chances + (1 - trust) * belief
    return Learnt(_decided(chances, examples), weights, trust, tuple(seen.tolist()))


def _chosen(examples: Mapping[int, int]) -> tuple[Rows, Rows]:
    """The examples in the order of their rows, evenly taken from each group where there are very many."""
    rows = np.array(sorted(examples), dtype=np.intp)
    label = np.array([examples[row] for row in rows.tolist()], dtype=np.intp)
    some = _some(label, _USED)
    return rows[some], label[some]


def _some(label: Rows, most: int) -> Rows:
    """At most about `most` positions, ascending: all of small groups, evenly taken ones of large groups."""
    if len(label) <= most:
        return np.arange(len(label))
    size = np.bincount(label)
    cap = most // max(int((size > 0).sum()), 1)
    return np.sort(np.concatenate([own[evenly(len(own), cap)] for own in _by_group(label)]))


def _by_group(label: Rows) -> Sequence[Rows]:
    return [np.flatnonzero(label == group) for group in np.unique(label)]


def _sharpness(held_out: Float, label: Rows) -> float:
    """The factor that makes held-out scores the likeliest logits (temperature scaling, Guo et al., ICML 2017)."""
    from core.libraries.scipy import minimize_scalar

    def loss(log: float) -> float:
        right = _softmax(held_out * np.exp(log))[np.arange(len(label)), label]
        return float(-_log(right, held_out.shape[1]).sum() + _HELD / 2 * (log - np.log(_USUAL_SHARPNESS)) ** 2)

    return float(np.exp(minimize_scalar(loss, bounds=(0, 4), method="bounded").x))


def _log(chance: Float, groups: int) -> Float:
    return np.asarray(np.log((1 - _SLIP) * chance + _SLIP / groups))


def _softmax(scores: Float) -> Float:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _decided(chances: Float, examples: Mapping[int, int]) -> Float:
    """The chances with those of the examples certain."""
    rows = list(examples)
    chances[rows] = 0.0
    chances[rows, list(examples.values())] = 1.0
    return chances
