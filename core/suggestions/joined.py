"""Suggestions of several origins as one list, in which no two mean the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.domain import folded
from core.models.builtin.criterion.routing import route
from core.suggestions.suggestion import Suggestion


def joined(first: Sequence[Suggestion], more: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
    """All of them, each criterion once: the first counts. Where it has no pictures and the other forms as many groups,
    these show what they would look like."""
    found = list(first)
    for one in more:
        place = next((place for place, known in enumerate(found) if _same(known, one)), None)
        if place is None:
            found.append(one)
        elif not _has_pictures(found[place]) and found[place].number.k == one.number.k:
            found[place] = replace(found[place], groups=one.groups)
    return tuple(found)


def _same(one: Suggestion, other: Suggestion) -> bool:
    """Whether two mean the same: by name, or as the built-in engine looks at the same for both and finds as many
    groups."""
    if folded(one.criterion) == folded(other.criterion):
        return True
    sight, beside = route(one.criterion), route(other.criterion)
    alike = sight.aspect == beside.aspect and not sight.why and not beside.why
    return alike and one.number.k == other.number.k and {one.origin, other.origin} == {"labels", "evidence"}


def _has_pictures(one: Suggestion) -> bool:
    return any(group.examples for group in one.groups)
