"""Spellings of one name: letters are misread, and written in capitals, with accents or without."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.models.builtin.from_reading.senders import key

_ALIKE = 84
"""Of 100 (rapidfuzz's ratio): names with a letter or two misread. Shorter ones and numbers have to be the same."""
_SHORT = 5


def alike(one: str, other: str) -> bool:
    """Whether two keys (see `key`) are spellings of one name."""
    if one == other:
        return True
    if min(len(one), len(other)) < _SHORT or _is_other_number(one, other):
        return False
    from rapidfuzz import fuzz

    return bool(fuzz.ratio(one, other, score_cutoff=_ALIKE))


def leaders(weights: Mapping[str, float]) -> dict[str, str]:
    """Each text -> the text that stands for all its spellings: the one with the most weight. weights: by text."""
    from rapidfuzz import fuzz, process

    by_key: dict[str, float] = {}
    for text, weight in weights.items():
        by_key[key(text)] = by_key.get(key(text), 0.0) + weight
    home: dict[str, str] = {}
    first: list[str] = []
    for own in sorted(by_key, key=lambda one: (-by_key[one], one)):
        near = process.extract(own, first, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=3)
        home[own] = next((other for other, _, _ in near if alike(own, other)), own)
        if home[own] == own:
            first.append(own)
    spelled: dict[str, str] = {}
    for text in sorted(weights, key=lambda text: (-weights[text], text)):
        spelled.setdefault(home[key(text)], text)
    return {text: spelled[home[key(text)]] for text in weights}


def _is_other_number(one: str, other: str) -> bool:
    """Whether they hold different numbers; a single digit is a misread letter."""
    digits = ["".join(re.findall(r"[\d.]", text)) for text in (one, other)]
    return digits[0] != digits[1] and max(map(len, digits)) > 1
