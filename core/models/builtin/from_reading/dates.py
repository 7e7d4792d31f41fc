"""Dates in a text: days of the calendar in figures, and with names of months in the languages that can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

from core.models.builtin.criterion.foreign import plain
from core.models.builtin.from_reading.language import codes

_FIGURES = re.compile(r"(?<!\d)(?<!\d[.,/])(?<!\b[vV])(\d{4}|\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{1,2})(?!\d|\2\d)")
_EAST_ASIAN = re.compile(r"\d{4}\s?年\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?日)?")
_DAY = r"\d{1,2}(?:st|nd|rd|th|er|º|\.)?"
_YEAR = r"(?:\d{4}|['’]?\d{2})(?![\d.,:]*\d)"
_DAY_FIRST = re.compile(
    rf"(?<![\d.,]){_DAY}\s*(?:(?:de|of)\s+)?([^\W\d_]+)\.?,?\s*(?:(?:de|del)\s+)?{_YEAR}", re.IGNORECASE
)
_MONTH_FIRST = re.compile(rf"(?<!\w)([^\W\d_]+)\.?\s+(?:{_DAY}(?:,\s*|\s+))?\d{{4}}(?![\d.,:]*\d)", re.IGNORECASE)
_SHORTEST = 3
_CENTURY = 2000


def dates(text: str) -> list[str]:
    """The dates in a text as they are written, each once; days that no calendar has (31.02., versions) are none."""
    found: dict[str, tuple[int, int]] = {}
    for start, end in sorted(_spans(text), key=lambda span: (span[0], -span[1])):
        if not any(start < other and end > before for before, other in found.values()):
            found.setdefault(text[start:end], (start, end))
    return list(found)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in _FIGURES.finditer(text) if _is_a_day(match[1], match[3], match[4]))
    yield from (match.span() for match in _EAST_ASIAN.finditer(text))
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        yield from (match.span() for match in pattern.finditer(text) if plain(match[1]) in _months())


def _is_a_day(first: str, second: str, third: str) -> bool:
    """Whether these are a day: year, month, day, or the year last and the month before the day or after it."""
    if len(first) == 4:
        return len(third) < 4 and _exists(int(first), int(second), int(third))
    pairs = ((int(second), int(first)), (int(first), int(second)))
    return len(third) in (2, 4) and any(_exists(int(third), *pair) for pair in pairs)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year if year >= 100 else _CENTURY + year, month, day)
    except ValueError:
        return False
    return True


@cache
def _months() -> frozenset[str]:
    """What months are called, in full and short."""
    from babel import Locale

    called: set[str] = set()
    for code in codes():
        for forms in Locale.parse(code).months.values():
            called |= {plain(name).rstrip(".") for width in ("wide", "abbreviated") for name in forms[width].values()}
    return frozenset(name for name in called | {"sept", "mrz"} if name.isalpha() and len(name) >= _SHORTEST)
