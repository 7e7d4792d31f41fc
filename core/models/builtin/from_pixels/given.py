"""Groups for names that a person gave: each takes what fits its meaning, and what fits none is left over.

What an image shows is seen together with the images that it comes to lie with when samples are grouped again and again
(label propagation, Zhou et al., NeurIPS 2004, over shares of co-association). The engine's own words settle most names:
"sofa" takes the images that are called so, "green" those that are green, and no others. For a name that it has no word
for ("lily"), the nearest groups by sentence embedding are taken, but only of those that it has no sure word for either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain import Vector
from core.models.builtin.consensus import MOST, evenly, groupings, together
from core.models.builtin.from_pixels.clusters import Groups, form, has_shapes, views
from core.models.builtin.from_pixels.names import meaning, shown
from core.models.builtin.from_pixels.words import domain, narrow_shares, vocabulary
from core.models.embedding.minilm import embed

_FINER = 4
"""How many more groups than names there may be: what no name is meant for has to come apart."""
_NEARLY = 0.03
"""Of all numbers of groups whose stability is this near to the best, the largest is taken: finer groups are purer."""
_FITS = 0.2
"""Least support, 0 to 1, of an image and those that it lies with for a name that takes it."""
_RIVAL = {"subject": 0.6}
_RIVAL_ELSE = 0.9
"""A name is too weak for an image where it has less than this share of the support for the image's own best word: there
are words for all colours, styles and lights, so the own word means what it is."""
_OWN = {"subject": 0.6}
_OWN_ELSE = 0.4
"""And where it has less than this share of the support that it has at its best. Colours run into each other."""
_SURE = 0.3
"""A group with a narrow word of at least this cover is known by that word, and takes no name that means another."""

_MOSTLY = 0.5
"""A word that holds for more of a group says what kind of thing it shows."""
_SEVERAL = 2.0
"""So many times an even share of the images is more than a single name stands for, as far as anybody knows."""


def shares_of(
    aspect: str, evidence: Mapping[str, Vector], criterion: str, names: Sequence[str], k: int
) -> tuple[NDArray[np.intp], NDArray[np.float64], set[int]]:
    """Some of n >= 1 items, as positions (s,); how much each of these belongs to each name, and last to none, (s,
    len(names) + 1); and which of the names, by their positions, were guessed, as the engine has no word for them.
    """
    some = evenly(len(next(iter(evidence.values()))), MOST)
    evidence = {space: rows[some] for space, rows in evidence.items()}
    n = len(some)
    near = together(groupings(views(aspect, evidence), min(k + _FINER, n), has_shapes(aspect)), n)
    near /= near.sum(axis=1, keepdims=True)
    shares = narrow_shares(aspect, evidence, criterion)
    field = domain(criterion) if aspect == "subject" and criterion else None
    home = _homes(aspect, names, near @ shares, field)
    guessed: set[int] = set()
    if aspect == "subject":  # there are words for all colours, styles and lights
        without_word = {i for i, name in enumerate(names) if not _has_word(meaning(aspect, name))}
        guessed = without_word & set(home.tolist())
        if unknown := sorted(without_word - guessed):
            guessed |= _guess(names, unknown, home, shares, _natural(aspect, evidence, k + _FINER))
    return some, near @ np.eye(len(names) + 1)[home], guessed


def _homes(aspect: str, names: Sequence[str], seen: NDArray[np.float32], field: int | None = None) -> NDArray[np.intp]:
    """(n,) the name that each item goes to by the words for it, len(names) for none. seen: (n, narrow) shares. field:
    the word for what all images show, by its place; a name that is only known to be of that field tells none apart."""
    words = vocabulary(aspect)
    # The terms of a colour in shade and light are one word; classes of the network stand each for itself.
    best = (seen if aspect == "subject" else seen @ words.members[: words.narrow].T).max(axis=1)
    means = np.stack([meaning(aspect, name) for name in names])
    if field is not None:
        own = words.members[field] > 0
        means[[(row[own] > 0).all() and not _has_word(row) for row in means]] = 0
    fit = np.clip(seen @ means.T, 0, 1)
    fits = fit >= np.maximum(_FITS, _OWN.get(aspect, _OWN_ELSE) * fit.max(axis=0))
    fits &= fit >= _RIVAL.get(aspect, _RIVAL_ELSE) * best[:, None]
    return np.where(fits.any(axis=1), np.where(fits, fit, -1.0).argmax(axis=1), len(names)).astype(np.intp)


def _has_word(means: NDArray[np.float32]) -> bool:
    """Whether the engine has a word for a name, by its `meaning`: not only words that are like it."""
    return bool(means.max() >= 1)


def _guess(
    names: Sequence[str],
    unknown: Sequence[int],
    home: NDArray[np.intp],
    shares: NDArray[np.float32],
    found: Groups,
) -> set[int]:
    """Give the names without a word, by their positions, what is left of some groups; home is changed.

    Of a group that is known by a word, or that another name mostly took, nothing is given; nor of one that holds what
    would be the share of several names, or that shows another kind of thing than the names that there are words for.
    """
    seen = shown(shares, found.member, found.shares.shape[1])
    other_kind = _of_another_kind(names, seen)
    left = home == len(names)
    most = _SEVERAL * len(home) / len(names)

    def free(j: int) -> bool:
        own = left[found.member == j]
        return bool(seen[j].max() < _SURE and not other_kind[j] and own.mean() > 0.5 and own.sum() <= most)

    unsure = [int(j) for j in np.unique(found.member) if free(j)]
    guesses = _nearest(names, unknown, seen @ vocabulary("subject").members.T, unsure)
    for j, i in guesses:
        home[left & (found.member == j)] = i
    return {i for _, i in guesses}


def _of_another_kind(names: Sequence[str], seen: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(groups,) whether a broad word ("clothing") holds for most of a group, and for none of the names that there are
    words for ("daisy"): names that are given together are of one kind. seen: (groups, narrow) shares."""
    words = vocabulary("subject")
    known = np.any([means > 0 for name in names if _has_word(means := meaning("subject", name))], axis=0)
    if not np.any(known):
        return np.zeros(len(seen), dtype=np.bool_)
    broad = words.members[words.narrow :] > 0
    return np.asarray((seen @ broad[~broad[:, known].any(axis=1)].T).max(axis=1, initial=0.0) > _MOSTLY, dtype=np.bool_)


def _natural(aspect: str, evidence: Mapping[str, Vector], most: int) -> Groups:
    """As many groups, 2 to `most`, as stay nearly best when the sample changes."""
    n = len(next(iter(evidence.values())))
    tried = [form(aspect, evidence, m) for m in range(min(2, n), min(most, n) + 1)]
    level = [float(groups.stability @ np.bincount(groups.member, minlength=len(groups.stability))) for groups in tried]
    least = max(level) - _NEARLY * n
    return [groups for groups, at in zip(tried, level, strict=True) if at >= least][-1]


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
