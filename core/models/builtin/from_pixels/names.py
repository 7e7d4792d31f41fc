"""Names for groups from the words that their images support, and groups for names that a person gave.

A good name covers most of its group and little of the others. Where none does, the name is only a hint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.models.builtin.from_pixels.imagenet import lexicon
from core.models.builtin.from_pixels.words import domain, vocabulary
from core.models.embedding.minilm import embed

NAME_CONFIDENCE = 0.45
"""Below this a name is a hint and asks the person for a better one."""
_BROAD_COVER = 0.5
"""So is a broad word that fits less than this of its group, however little it fits the others: it covers so many
classes that some are always seen, like insects among flowers."""

_BREADTH_COST = 0.05
_SAME_WORD = 0.85
_RELATED = 0.45
_SLACK = 0.12


@dataclass(frozen=True, slots=True)
class Name:
    """A group's name, how sure it is (0 to 1), and whether it is only a hint."""

    text: str
    confidence: float
    hint: bool


def coverage(aspect: str, shares: NDArray[np.float32], member: NDArray[np.intp], k: int) -> NDArray[np.float32]:
    """(k, names) the mean share of every name among the members of every group; zero rows for empty groups."""
    words = vocabulary(aspect)
    cover = np.zeros((k, len(words.names)), dtype=np.float32)
    for j in range(k):
        if (member == j).any():
            cover[j] = words.members @ shares[member == j].mean(axis=0)
    return cover


def name_groups(aspect: str, cover: NDArray[np.float32], criterion: str, taken: Sequence[str] = ()) -> list[Name]:
    """Name each group; names are distinct, and distinct from those already taken, whatever their case."""
    from core.libraries.scipy import linear_sum_assignment

    words = vocabulary(aspect)
    owned = cover / np.maximum(cover.sum(axis=0), 1e-9)
    # Of two names that cover the same images the narrower says more.
    narrowness = np.maximum(words.members.sum(axis=1), 1.0) ** -_BREADTH_COST
    score = np.sqrt(cover * owned)
    field = domain(criterion) if aspect == "subject" else None
    if field is not None and len(cover) > 1:  # to call a group of garments "clothing" says nothing
        score[:, field] *= 0.1
    broad = words.members.sum(axis=1) > 1.0
    used = {name.casefold() for name in taken}
    free = np.array([name.casefold() not in used for name in words.names])
    wanted = np.where(free, score * narrowness, -1.0)
    rows, columns = linear_sum_assignment(-wanted)
    chosen = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    out = []
    for j in range(len(cover)):
        column = chosen.get(j)
        sure = float(score[j, column]) if column is not None and free[column] else 0.0
        if column is None or sure < NAME_CONFIDENCE or (broad[column] and cover[j, column] < _BROAD_COVER):
            out.append(Name(_hint(len(taken) + j + 1, score[j], words.names), round(sure, 4), True))
        else:
            out.append(Name(words.names[column], round(sure, 4), False))
    return out


def own_labels(labels: Sequence[str], member: NDArray[np.intp], k: int) -> list[tuple[str, ...]]:
    """The raw labels of each group, commonest first; a label goes to the group with most of its images."""
    where: dict[str, Counter[int]] = {}
    for label, j in zip(labels, member.tolist(), strict=True):
        where.setdefault(label, Counter())[j] += 1
    homes: list[list[str]] = [[] for _ in range(k)]
    for label, counts in where.items():
        homes[min(counts, key=lambda j: (-counts[j], j))].append(label)
    return [tuple(sorted(own, key=lambda label: (-where[label].total(), label))) for own in homes]


@lru_cache(maxsize=256)
def meaning(aspect: str, name: str) -> NDArray[np.float32]:
    """(narrow,) how much each narrow word of an aspect counts towards a name in free words, 0 to 1.

    The same word counts fully; otherwise the nearest words by sentence embedding do, less the further they are.
    All zero when the engine has no word near the name.
    """
    words = vocabulary(aspect)
    asked = embed([name])[0]
    near = np.maximum(embed(words.names) @ asked, embed(words.meanings) @ asked)
    near[known_words(aspect, name)] = 1.0
    best = float(near.max())
    if best < _RELATED:
        return np.zeros(words.narrow, dtype=np.float32)
    close = np.flatnonzero(near >= best - _SLACK * (best < 1.0))
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


def _hint(number: int, score: NDArray[np.float32], names: Sequence[str]) -> str:
    best = [names[i] for i in np.argsort(-score, kind="stable")[:2] if score[i] > 0.1]
    return f"Group {number} (looks like {', '.join(best)})" if best else f"Group {number}"


def _plain(name: str) -> str:
    word = name.casefold().strip()
    for ending, stem in (("ies", "y"), ("shes", "sh"), ("ches", "ch"), ("s", "")):
        if word.endswith(ending) and not word.endswith("ss"):
            return word.removesuffix(ending) + stem
    return word
