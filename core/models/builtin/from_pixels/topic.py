"""A word for what all images should show, as the network's classes that belong to it."""

from __future__ import annotations

from functools import cache

import numpy as np

from core.domain import Vector
from core.evaluate.names import plain
from core.models.builtin.from_pixels.imagenet import CLASSES, lexicon


def topic(word: str) -> Vector | None:
    """(1000,) 1 for each class that belongs to a word ("vehicles", "dog"); None where the network has none for it."""
    return _topics().get(plain(word))


@cache
def _topics() -> dict[str, Vector]:
    words = lexicon()
    found: dict[str, Vector] = {}
    for row, synonyms in enumerate(words.synonyms):
        for synonym in synonyms:
            found[plain(synonym)] = np.maximum(found.get(plain(synonym), np.zeros(CLASSES)), words.members[row])
    for name, members in zip(words.names, words.members, strict=True):  # the wider meaning wins
        found[plain(name)] = np.maximum(found.get(plain(name), np.zeros(CLASSES)), members)
    return found
