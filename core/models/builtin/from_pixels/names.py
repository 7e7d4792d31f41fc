"""Names for groups from the words that their images support, and groups for names that a person gave.

A good name covers most of its group and little of the others. Where none does, the name is only a hint.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray

from core.models.builtin.from_pixels.imagenet import lexicon
from core.models.builtin.from_pixels.words import Vocabulary, domain, vocabulary
from core.models.embedding.minilm import embed

_HALF = 0.5
"""A name is a word that at least half of its group carries; where there is none, it only looks like something."""
_MOST_OF_A_WORD = 2
_BREADTH_COST = 0.05
_SAME_WORD = 0.85
_RELATED = 0.45
_SLACK = 0.12
_MOSTLY = 0.75
"""A word that covers so much of another and more besides is broader: most, as a car's grille is no vehicle."""
_NEGATED = re.compile(r"\s*(no|not|non|never|neither|without)\b.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Name:
    """A group's name, how sure it is (0 to 1), and whether it is only a hint."""

    text: str
    confidence: float
    hint: bool


def shown(shares: NDArray[np.float32], member: NDArray[np.intp], k: int) -> NDArray[np.float32]:
    """(k, narrow) the mean of the (n, narrow) shares among the members of every group; zero rows for empty groups."""
    out = np.zeros((k, shares.shape[1]), dtype=np.float32)
    for j in np.unique(member[member >= 0]):
        out[j] = shares[member == j].mean(axis=0)
    return out


def carried(
    aspect: str, shares: NDArray[np.float32], labels: Sequence[str], member: NDArray[np.intp], k: int
) -> NDArray[np.float32]:
    """(k, names) the part of each group that carries each name: whose label it is or covers, or its mean share where
    that is more. shares: (n, narrow) of each image. labels: of each image, a narrow word."""
    words = vocabulary(aspect)
    place = {name: i for i, name in enumerate(words.names[: words.narrow])}
    own = np.zeros_like(shares)
    own[np.arange(len(labels)), [place[label] for label in labels]] = 1.0
    by_share, by_label = (shown(part, member, k) @ words.members.T for part in (shares, own))
    carries: NDArray[np.float32] = np.maximum(by_share, by_label)
    return carries


def name_groups(aspect: str, carries: NDArray[np.float32], criterion: str, taken: Sequence[str] = ()) -> list[Name]:
    """Name each group by a word that most of it and little of the others carries; names are distinct, and distinct from
    those already taken, whatever their case. carries: (k, names), see `carried`."""
    from core.libraries.scipy import linear_sum_assignment

    words = vocabulary(aspect)
    score = np.sqrt(carries * carries / np.maximum(carries.sum(axis=0), 1e-9))
    field = domain(criterion) if aspect == "subject" else None
    fits = carries >= _HALF
    if field is not None and len(carries) > 1:  # to call a group of garments "clothing" says nothing
        score[:, field] *= 0.1
        fits[:, field] = False
    if aspect == "subject":  # a word for many groups tells none of them apart
        fits[:, fits.sum(axis=0) > _MOST_OF_A_WORD] = False
    # Of two names that cover the same images the narrower says more.
    score *= np.maximum(words.members.sum(axis=1), 1.0) ** -_BREADTH_COST
    used = {name.casefold() for name in taken}
    free = np.array([name.casefold() not in used for name in words.names])
    rows, columns = linear_sum_assignment(-np.where(free, score + fits, -1.0))
    chosen = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    out = []
    for j in range(len(carries)):
        column = chosen.get(j)
        if column is not None and free[column] and fits[j, column]:
            out.append(Name(words.names[column], round(float(carries[j, column]), 4), False))
        else:
            text = _alike(
                aspect, np.where(fits[j], score[j], 0.0), carries[j], [*used, *(n.text.casefold() for n in out)]
            )
            out.append(Name(text or _hint(len(taken) + j + 1, score[j], words), 0.0, True))
    return out


def _alike(aspect: str, fitting: NDArray[np.float32], carries: NDArray[np.float32], used: Sequence[str]) -> str:
    """A name for a group whose word another group has: the word with a shade that is in this one, or a number; "" if no
    word fits. fitting: (names,) how well each does, 0 for those that do not."""
    words = vocabulary(aspect)
    if not fitting.any():
        return ""
    word = words.names[int(fitting.argmax())]
    inside = [int(i) for i in np.argsort(-carries[: words.narrow], kind="stable")[:5] if carries[i] >= 0.1]
    shades = [f"{word} ({words.names[i]})" for i in inside if words.names[i] != word] if aspect == "colour" else []
    numbered = (f"{word} {number}" for number in count(2))
    return next(text for text in chain(shades, numbered) if text.casefold() not in used)


@lru_cache(maxsize=256)
def meaning(aspect: str, name: str) -> NDArray[np.float32]:
    """(narrow,) how much each narrow word of an aspect counts towards a name in free words, 0 to 1.

    The same word counts fully; otherwise the nearest words by sentence embedding do, less the further they are, but no
    word that is broader than the nearest: what is like underwear is not therefore like all clothing. All zero when the
    engine has no word near the name, and for a name that says what is not there ("no colour").
    """
    words = vocabulary(aspect)
    if _NEGATED.match(name):
        return np.zeros(words.narrow, dtype=np.float32)
    asked = embed([name])[0]
    near = np.maximum(embed(words.names) @ asked, embed(words.meanings) @ asked)
    near[known_words(aspect, name)] = 1.0
    best = float(near.max())
    if best < _RELATED:
        return np.zeros(words.narrow, dtype=np.float32)
    nearest = words.members[int(near.argmax())] > 0
    covers = (words.members[:, nearest] > 0).mean(axis=1)
    broader = (covers >= _MOSTLY) & ((words.members > 0).sum(axis=1) > nearest.sum())
    close = np.flatnonzero((near >= best - _SLACK * (best < 1.0)) & ~broader)
    weight = np.clip((near[close] - _RELATED) / (_SAME_WORD - _RELATED), 0.0, 1.0)
    return np.asarray((words.members[close] * weight[:, None]).max(axis=0), dtype=np.float32)


def known_words(aspect: str, name: str) -> list[int]:
    """The words of the vocabulary that a name is, whatever its case or number, as positions; empty for a name that the
    engine has no word for."""
    plain = _plain(name)
    same = [i for i, word in enumerate(vocabulary(aspect).names) if _plain(word) == plain]
    if aspect != "subject" or same:
        return same
    return [i for i, others in enumerate(lexicon().synonyms) if plain in map(_plain, others)]


def _hint(number: int, score: NDArray[np.float32], words: Vocabulary) -> str:
    """What a group looks like; broader words where there are some, as the narrow ones are odd where few images fit."""
    likely = [int(i) for i in np.argsort(-score, kind="stable") if score[i] > 0.1]
    broad = [i for i in likely if i >= words.narrow]
    best = [words.names[i] for i in (broad or likely)[:2]]
    return f"Group {number} (looks like {', '.join(best)})" if best else f"Group {number}"


def _plain(name: str) -> str:
    word = name.casefold().strip()
    for ending, stem in (("ies", "y"), ("shes", "sh"), ("ches", "ch"), ("s", "")):
        if word.endswith(ending) and not word.endswith("ss"):
            return word.removesuffix(ending) + stem
    return word
