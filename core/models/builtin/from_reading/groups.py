"""Groups by what was read: the answers that many images share, each with its spellings.

An answer makes a good group when it stands in many images and not in nearly all of them: what it tells is the share of
images times the logarithm of one over that share. Images take the answer that speaks loudest of those that are groups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain import Assignment, Cluster, Description
from core.models.builtin.criterion.foreign import plain
from core.models.builtin.from_reading import meanings
from core.models.builtin.from_reading.questions import CLOSED, Question
from core.models.builtin.from_reading.senders import key
from core.models.builtin.from_reading.spellings import alike, leaders

_NONE = 0.15
"""What "none of these" has in its favour beside the answers of an image, each at most 1."""
_LEAST = 0.5


def labels(descriptions: Sequence[Description]) -> list[str]:
    """The likeliest answer of each image."""
    return [description.tags[0].name for description in descriptions]


def name(descriptions: Sequence[Description], asked: Question, k: int, given: Sequence[str]) -> list[Cluster]:
    """k clusters without sizes: the given names first, then the answers that tell most. Where there are fewer answers
    than groups are wanted, the last groups stay empty and have no name yet."""
    held = [_held(description, asked) for description in descriptions]
    variants: dict[str, list[str]] = defaultdict(list)
    for text, leader in (leaders(_weights(held)) if asked not in CLOSED else {t: t for t in _weights(held)}).items():
        variants[leader].append(text)
    strength = np.array(
        [[max((row.get(text, 0.0) for text in texts), default=0.0) for texts in variants.values()] for row in held]
    ).reshape(len(held), len(variants))
    answers = list(variants)
    clusters, taken = [], set()
    for title in given:
        found = [i for i, answer in enumerate(answers) if meanings.means(asked, title, answer)]
        taken |= set(found)
        own = tuple(text for i in found for text in variants[answers[i]])
        clusters.append(Cluster("", title, labels=own, confidence=1.0 if own else 0.0))
    telling = [answers[i] for i in _telling(strength, k - len(given), taken)]
    clusters += [Cluster("", answer, labels=tuple(variants[answer]), confidence=1.0) for answer in telling]
    clusters += [Cluster("", f"Group {j + 1}", needs_name=True) for j in range(len(clusters), k)]
    return clusters


def covered(descriptions: Sequence[Description], asked: Question, clusters: Sequence[Cluster]) -> float:
    """The share of images that would be in one of the clusters."""
    answers = assign(descriptions, asked, clusters)
    return sum(answer.cluster_id is not None for answer in answers) / max(len(answers), 1)


def assign(descriptions: Sequence[Description], asked: Question, clusters: Sequence[Cluster]) -> list[Assignment]:
    """Each image by itself: to the cluster whose name or spelling stands in it, or to none."""
    spelled = _spelled(asked, clusters)
    return [_answer(description, asked, clusters, spelled) for description in descriptions]


def deciding(
    descriptions: Sequence[Description], asked: Question, clusters: Sequence[Cluster], answers: Sequence[Assignment]
) -> list[str]:
    """Of each image the answer that put it into its cluster, which need not be its likeliest ("Seller" stands on the
    invoices of all companies); of one in none the likeliest."""
    spelled = dict(zip((cluster.id for cluster in clusters), _spelled(asked, clusters), strict=True))
    return [
        next(
            (tag.name for tag in one.tags if _is_of(tag.name, asked, spelled.get(answer.cluster_id or "", set()))),
            first,
        )
        for one, answer, first in zip(descriptions, answers, labels(descriptions), strict=True)
    ]


def _spelled(asked: Question, clusters: Sequence[Cluster]) -> list[set[str]]:
    """The spellings of each cluster's name, as they are compared."""
    return [{_key(text, asked) for text in (cluster.name, *cluster.labels)} for cluster in clusters]


def _key(text: str, asked: Question) -> str:
    return plain(text) if asked in CLOSED else key(text)


def _is_of(text: str, asked: Question, keys: set[str]) -> bool:
    """Whether an answer is one of these spellings, or like one where answers have spellings."""
    own = _key(text, asked)
    return own in keys or (asked not in CLOSED and any(alike(own, other) for other in keys))


def _answer(
    description: Description, asked: Question, clusters: Sequence[Cluster], spelled: Sequence[set[str]]
) -> Assignment:
    votes = np.zeros(len(clusters))
    for tag in description.tags:
        for j, keys in enumerate(spelled):
            if _is_of(tag.name, asked, keys):
                votes[j] = max(votes[j], tag.score)
    rest = _NONE if asked not in CLOSED else max(0.0, 1.0 - votes.sum())
    shares = votes / max(votes.sum() + rest, 1e-9)
    chances = {cluster.id: round(float(share), 4) for cluster, share in zip(clusters, shares, strict=True)}
    best = int(shares.argmax())
    if shares[best] < _LEAST:
        return Assignment(None, probabilities=chances, answer=description.tags[0].name)
    return Assignment(clusters[best].id, confidence=chances[clusters[best].id], probabilities=chances)


def _held(description: Description, asked: Question) -> dict[str, float]:
    """The answers of an image that may be groups: only the likeliest, where the others are what it could be instead."""
    shown = description.tags[:1] if asked in CLOSED else description.tags
    return {tag.name: tag.score for tag in shown}


def _weights(held: Sequence[Mapping[str, float]]) -> dict[str, float]:
    weights: dict[str, float] = defaultdict(float)
    for row in held:
        for text, score in row.items():
            weights[text] += score
    return dict(weights)


def _telling(strength: NDArray[np.float64], number: int, taken: set[int]) -> list[int]:
    """The answers (columns) that tell most of the images (rows) that no answer before them has explained."""
    left = np.ones(len(strength)) if not taken else 1.0 - strength[:, sorted(taken)].max(axis=1)
    there = (strength > 0).mean(axis=0) if len(strength) else np.zeros(strength.shape[1])
    rare = -np.log(np.clip(there, 1e-9, 1.0)) + 1e-6
    chosen: list[int] = []
    while len(chosen) < number:
        gain = (strength * left[:, None]).sum(axis=0) * rare
        gain[[*taken, *chosen]] = 0.0
        best = int(gain.argmax()) if len(gain) else -1
        if best < 0 or gain[best] <= 0:
            break
        chosen.append(best)
        left = left * (1.0 - strength[:, best])
    return chosen
