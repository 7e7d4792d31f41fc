"""Groups for names that a person gave: each takes what fits its meaning, and what fits none is left over.

As many groups are formed as the images have, whatever the number of names. The engine's own words settle most names:
"sofa" takes the groups that it calls so, "green" those that are green, and no others. For a name that it has no word
for ("lily"), the nearest groups by sentence embedding are taken, but only of those that it has no sure word for either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain import Vector
from core.models.builtin.from_pixels.clusters import Groups, form
from core.models.builtin.from_pixels.names import known_words, meaning, shown
from core.models.builtin.from_pixels.words import narrow_shares, vocabulary
from core.models.embedding.minilm import embed

_FINER = 4
"""How many more groups than names there may be: what no name is meant for has to come apart."""
_NEARLY = {"subject": 0.03}
_NEARLY_ELSE = 0.09
"""Of all numbers of groups whose stability comes this near to the best, the largest is taken: finer groups are purer.
Subjects come apart clearly; colours run into each other, and two groups of them stay better than three in any case.
"""
_FITS = 0.2
"""Least mean support of a group's images for a name that it takes."""
_RIVAL = {"subject": 0.6}
_RIVAL_ELSE = 0.9
"""A name is too weak for a group where it has less than this share of the support for the group's own best word: there
are words for all colours, styles and lights, so the group's own word means what it is."""
_OWN = 0.6
"""And where it has less than this share of the support that it has in its best group."""
_SURE = 0.3
"""A group with a narrow word of at least this cover is known by that word, and takes no name that means another."""
_TOGETHER = 0.15
"""A group that no name takes joins the named one with which its images come to lie together this often."""


def shares_of(
    aspect: str, evidence: Mapping[str, Vector], criterion: str, names: Sequence[str], k: int
) -> tuple[NDArray[np.float64], NDArray[np.intp], set[int]]:
    """(n, len(names) + 1) how much each item belongs to each name, and last to none; (n,) where it belongs most; and
    which of the names, by their positions, were guessed, as the engine has no word for them.

    evidence: of n >= 1 items.
    """
    found = _natural(aspect, evidence, k + _FINER)
    shares = narrow_shares(aspect, evidence, criterion)
    home, guessed = _homes(aspect, names, shown(shares, found.member, found.shares.shape[1]), found)
    out = np.zeros((len(shares), len(names) + 1))
    for j, name in enumerate(home):
        out[:, name] += found.shares[:, j]
    return out, out.argmax(axis=1).astype(np.intp), guessed


def _natural(aspect: str, evidence: Mapping[str, Vector], most: int) -> Groups:
    """As many groups, 2 to `most`, as stay nearly best when the sample changes."""
    n = len(next(iter(evidence.values())))
    tried = [form(aspect, evidence, m) for m in range(min(2, n), min(most, n) + 1)]
    level = [float(groups.stability @ np.bincount(groups.member, minlength=len(groups.stability))) for groups in tried]
    least = max(level) - _NEARLY.get(aspect, _NEARLY_ELSE) * n
    return [groups for groups, at in zip(tried, level, strict=True) if at >= least][-1]


def _homes(
    aspect: str, names: Sequence[str], seen: NDArray[np.float32], found: Groups
) -> tuple[NDArray[np.intp], set[int]]:
    """(groups,) the name that each group goes to, len(names) for none; and the names that were guessed.

    seen: (groups, narrow) mean shares of words.
    """
    words = vocabulary(aspect)
    nobody = len(names)
    filled: NDArray[np.bool_] = seen.max(axis=1) > 0
    # The terms of a colour in shade and light are one word; classes of the network stand each for itself.
    best = (seen if aspect == "subject" else seen @ words.members[: words.narrow].T).max(axis=1)
    fit = np.stack([np.clip(seen @ meaning(aspect, name), 0, 1) for name in names], axis=1)
    fits = (
        (fit >= _FITS)
        & (fit >= _RIVAL.get(aspect, _RIVAL_ELSE) * best[:, None])
        & (fit >= _OWN * fit.max(axis=0))
        & filled[:, None]
    )
    home = np.where(fits.any(axis=1), np.where(fits, fit, -1.0).argmax(axis=1), nobody)
    if aspect != "subject":  # there are words for all colours, styles and lights
        return home, set()
    unknown = [i for i, name in enumerate(names) if i not in home and not known_words(aspect, name)]
    unsure = [int(j) for j in np.flatnonzero((home == nobody) & (best < _SURE) & filled)]
    guesses = _nearest(names, unknown, seen @ words.members.T, unsure)
    for j, i in guesses:
        home[j] = i
    return _joined(home, nobody, found), {i for _, i in guesses}


def _nearest(
    names: Sequence[str], unknown: Sequence[int], cover: NDArray[np.float32], unsure: Sequence[int]
) -> list[tuple[int, int]]:
    """(group, name), one to one, for names without a word: the group whose words are nearest to each."""
    from core.libraries.scipy import linear_sum_assignment

    if not unknown or not unsure:
        return []
    words = vocabulary("subject")
    stands_out = cover[unsure] ** 2 / np.maximum(cover.sum(axis=0), 1e-9)
    stands_out /= np.maximum(stands_out.sum(axis=1, keepdims=True), 1e-9)
    near = embed([names[i] for i in unknown]) @ embed(words.names).T
    likeness = (near - near.mean(axis=1, keepdims=True)) / near.std(axis=1, keepdims=True) @ stands_out.T
    likeness -= likeness.mean(axis=0, keepdims=True) if len(unknown) > 1 else 0.0
    rows, columns = linear_sum_assignment(-likeness)
    return [(unsure[int(c)], unknown[int(r)]) for r, c in zip(rows, columns, strict=True)]


def _joined(home: NDArray[np.intp], nobody: int, found: Groups) -> NDArray[np.intp]:
    """The homes, with groups that no name took given to the name whose group their images mostly come with."""
    out = home.copy()
    taken = np.flatnonzero(home != nobody)
    for j in np.flatnonzero(home == nobody) if len(taken) else ():
        own = found.shares[found.member == j][:, taken]
        beside = own.mean(axis=0) if len(own) else np.zeros(len(taken))
        if beside.max() >= _TOGETHER:
            out[j] = home[taken[int(beside.argmax())]]
    return out
