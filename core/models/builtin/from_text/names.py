"""Names for groups of labelled items: the label inside that best stands for the others. No language model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.models.embedding.kept import UNKEPT, KeptVectors
from core.models.embedding.minilm import embed

_MAX_CANDIDATES = 300
_SAYS = 0.5
"""A name says a label that is at least so near to it."""


@dataclass(frozen=True, slots=True)
class Name:
    """confidence: mean similarity of the labels inside to the name. fits: whether it says at least half of them."""

    text: str
    confidence: float
    fits: bool


def name_groups(
    members: Sequence[NDArray[np.intp]],
    labels: Sequence[str],
    keys: Sequence[str],
    given: Sequence[str],
    embed_all: KeptVectors = UNKEPT,
) -> list[Name]:
    """For each cluster a distinct label that most of it is or resembles.

    members: rows of each cluster, the clusters of the given names first. keys: `label_key` of each label.
    A good name covers its cluster (its own share, and what its cubed similarity to the other labels reaches, as in a
    facility location) and is seldom found elsewhere. The name is "" for a cluster without a label of its own.
    """
    spelling: dict[str, Counter[str]] = defaultdict(Counter)
    for key, label in zip(keys, labels, strict=True):
        spelling[key][label] += 1
    unique = sorted(spelling)
    index = {key: i for i, key in enumerate(unique)}
    vectors = embed_all([key or "nothing" for key in unique])
    table = np.zeros((len(members), len(unique)))
    for j, rows in enumerate(members):
        for i in rows:
            table[j, index[keys[i]]] += 1
    totals = table.sum(axis=0)
    taken = {label_key(name) for name in given}
    result: dict[int, Name] = {}
    for j in sorted(range(len(members)), key=lambda j: (j >= len(given), -table[j].sum(), j)):
        inside = table[j]
        if j < len(given):
            near = np.maximum(vectors @ embed([given[j].lower()])[0], 0.0)
            result[j] = _name(given[j], near, inside)
            continue
        candidates = [int(c) for c in np.argsort(-inside, kind="stable")[:_MAX_CANDIDATES] if inside[c] and unique[c]]
        candidates = [c for c in candidates if unique[c] not in taken]
        if not candidates:
            result[j] = Name("", 0.0, False)
            continue
        near = np.maximum(vectors[candidates] @ vectors.T, 0.0)
        cover = near**3 @ inside / inside.sum()
        purity = inside[candidates] / totals[candidates]
        share = inside[candidates] / inside.sum()
        best = candidates[int(np.argmax((cover + share) * purity))]
        taken.add(unique[best])
        result[j] = _name(_spell(spelling[unique[best]]), near[candidates.index(best)], inside)
    return [result[j] for j in range(len(members))]


def _name(text: str, near: NDArray[np.floating], inside: NDArray[np.floating]) -> Name:
    """near, inside: (labels,) how near each label is to the name, and how many items of the cluster have it."""
    number = max(float(inside.sum()), 1.0)
    said = float(inside @ (near >= _SAYS)) / number
    return Name(text, float(inside @ near) / number, said >= 0.5)


def _spell(spellings: Counter[str]) -> str:
    """The most usual spelling, in lower case unless it is an acronym or has capitals inside."""
    label = min(spellings, key=lambda text: (-spellings[text], text))
    return label if label[1:] != label[1:].lower() else label.lower()


def label_key(label: str) -> str:
    """Labels that differ by case or a plural s are one label."""
    folded = " ".join(label.casefold().replace("-", " ").split())
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") and not folded.endswith(("ss", "us")) else folded
