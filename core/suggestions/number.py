"""The number of groups that a criterion starts with, and the reason for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.models.builtin.criterion.routing import route
from core.suggestions.labels import Column, meant
from core.suggestions.suggestion import Found, Number

_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()
_NOUN = "kinds?|types?|sorts?|groups?|clusters?|categories|classes|styles?|colou?rs?|species"
_TYPED = re.compile(
    rf"\b(\d{{1,3}}|{'|'.join(_WORDS)})\s+(?:(?:different|distinct|main|broad)\s+)?(?:{_NOUN})\b", re.IGNORECASE
)


def typed(criterion: str) -> int:
    """How many groups a criterion itself asks for ("3 kinds of flower"); 0 where it does not say."""
    said = _TYPED.search(criterion)
    if not said:
        return 0
    word = said[1].lower()
    return int(word) if word.isdecimal() else _WORDS.index(word) + 1


def counted_before(criterion: str, columns: Sequence[Column]) -> Number:
    """The number that somebody has said: the criterion itself, or labels of its name; 0 where nobody has."""
    if said := typed(criterion):
        return Number(said, "typed")
    named = [column for column in columns if column.is_named]
    if name := meant(criterion, [column.name for column in named]):
        return _of(next(column for column in named if column.name == name))
    return Number(0)


def number_for(criterion: str, found: Found, columns: Sequence[Column]) -> Number:
    """What a criterion should start with: what it says itself, labels of that name, what stands out in the sample,
    labels without a name, and last what stands out least badly. A number of 0 where nothing tells."""
    if not criterion.strip():
        return Number(0)
    if (said := counted_before(criterion, columns)).k:
        return said
    seen = _seen(criterion, found)
    if seen and seen.reason != "unclear":
        return seen
    unnamed = [column for column in columns if not column.is_named]
    return _of(unnamed[0]) if unnamed else seen or Number(0)


def _of(column: Column) -> Number:
    return Number(len(column.labels), "labels", column.name)


def _seen(criterion: str, found: Found) -> Number | None:
    """The number of the suggestion that means the criterion: by name, or by the aspect that the built-in engine would
    look at."""
    others = [one for one in found.suggestions if one.origin != "labels"]
    if name := meant(criterion, [one.criterion for one in others]):
        return next(one.number for one in others if one.criterion == name)
    sight = route(criterion)
    if sight.why:
        return None
    measured = [one for one in others if one.origin == "evidence"]
    return next((one.number for one in measured if route(one.criterion).aspect == sight.aspect), None)
