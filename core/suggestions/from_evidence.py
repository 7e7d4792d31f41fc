"""Suggestions from what the built-in engine measured on a sample of the images: an aspect each that says something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain import Cluster, Corpus, Description, Vector
from core.models.builtin.from_pixels import words
from core.models.builtin.from_pixels.clusters import has_shapes, views
from core.models.builtin.from_pixels.evidence import has_evidence, seen_rows
from core.models.builtin.how_many import LEAST, how_many, likeness
from core.models.builtin.how_many import Number as Stands
from core.models.builtin.text_model import BuiltinText
from core.suggestions.suggestion import CLEAR, Group, Number, Suggestion

CRITERIA = {"subject": "kind of thing", "colour": "colour", "style": "art style", "light": "brightness"}
"""What a person would type for each aspect."""
EXAMPLES = 3
_WIDEST = 0.9
"""Where one group holds more of the images, the criterion says nothing."""
_SAME = 0.5
"""Two groupings that agree so much (adjusted Rand index) are one suggestion."""
_MOST_OF_ALL = 0.7
"""A broader word that so much of what is seen belongs to says what kind of thing these are."""


def suggestions(ids: Sequence[str], evidence: Mapping[str, Vector]) -> list[Suggestion]:
    """An aspect each, the clearest first. ids: of n items; evidence: space -> (n, d), rows of NaN where unseen."""
    if not has_evidence(evidence):
        return []
    seen = np.flatnonzero(seen_rows(evidence))
    if len(seen) < LEAST:
        return []
    ids, evidence = [ids[int(row)] for row in seen], {space: rows[seen] for space, rows in evidence.items()}
    found: list[tuple[float, NDArray[np.intp], Suggestion]] = []
    for aspect in words.ASPECTS:
        stands = how_many(views(aspect, evidence), has_shapes(aspect))
        if stands is None or stands.excess <= 0:
            continue
        made = _suggestion(aspect, ids, evidence, stands)
        if (aspect == "subject" or made.number.reason == "evidence") and _says_something(aspect, made):
            found.append((stands.stability, stands.member, made))
    found.sort(key=lambda one: -one[0])
    kept: list[tuple[NDArray[np.intp], Suggestion]] = []
    for _, member, made in found:
        if all(likeness(member, other) < _SAME for other, _ in kept):
            kept.append((member, made))
    return [made for _, made in kept]


def _suggestion(aspect: str, ids: Sequence[str], evidence: Mapping[str, Vector], stands: Stands) -> Suggestion:
    """The groups as a run on the sample would form and name them."""
    criterion = kind_of(evidence) if aspect == "subject" else CRITERIA[aspect]
    corpus = Corpus(ids, [Description("")] * len(ids), None, evidence)
    named = BuiltinText().name(corpus, criterion, stands.k)
    number = Number(stands.k, "evidence" if stands.stability >= CLEAR else "unclear", share=round(stands.stability, 4))
    return Suggestion(criterion, number, groups_of(named), "evidence")


def groups_of(clusters: Sequence[Cluster]) -> tuple[Group, ...]:
    """Clusters as a suggestion shows them, the largest first; a group without a name of its own has none."""
    shown = [
        Group("" if cluster.needs_name else cluster.name, cluster.size or 0, tuple(cluster.examples[:EXAMPLES]))
        for cluster in clusters
    ]
    return tuple(sorted(shown, key=lambda group: -group.size))


def _says_something(aspect: str, made: Suggestion) -> bool:
    """Whether images differ in it by more than a few, and the engine has words for how. What is seen of subjects tells
    more than there are words for."""
    whole = sum(group.size for group in made.groups)
    named = sum(bool(group.name) for group in made.groups)
    return made.groups[0].size <= _WIDEST * whole and (aspect == "subject" or named > 1)


def kind_of(evidence: Mapping[str, Vector]) -> str:
    """The criterion for what is shown: "kind of flower" where nearly all are flowers, else "kind of thing"."""
    vocabulary = words.vocabulary("subject")
    whole = (words.narrow_shares("subject", evidence) @ vocabulary.members.T).mean(axis=0)
    broad = [i for i in range(vocabulary.narrow, len(vocabulary.names)) if whole[i] >= _MOST_OF_ALL]
    if not broad:
        return CRITERIA["subject"]
    narrowest = min(broad, key=lambda i: float(vocabulary.members[i].sum()))
    return f"kind of {vocabulary.names[narrowest]}"
