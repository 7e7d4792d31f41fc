"""What one image answers to a question about its text, with how much speaks for each answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from core.domain import Line
from core.models.builtin.from_reading import documents, senders
from core.models.builtin.from_reading.dates import dates
from core.models.builtin.from_reading.language import languages
from core.models.builtin.from_reading.layout import height
from core.models.builtin.from_reading.questions import Question

NO_TEXT, HAS_TEXT = "no text", "has text"
NO_NUMBER, NO_DATE = "no number", "no date"
_NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+[.,]\d{2}(?!\d)|-?(?=[\w-]*\d)\w+(?:-\w+)*(?:[.,:'’]\d+)*")
_DIGIT = 0.5
"""What a single digit is worth beside a longer number: how many of a thing, more often than which."""
_MOST = 6


def answers(question: Question, lines: Sequence[Line]) -> dict[str, float]:
    """Answer -> what speaks for it (0 to 1), the likeliest first; never empty. An image without text says so."""
    if not lines:
        return {NO_TEXT: 1.0}
    match question:
        case "sender":
            return senders.candidates(lines) or _largest(lines)
        case "document":
            return documents.kinds(lines)
        case "language":
            return languages(lines)
        case "presence":
            return {HAS_TEXT: max(line.score for line in lines)}
        case "number":
            return _found(_NUMBER.findall, lines) or {NO_NUMBER: 1.0}
        case "date":
            return _found(dates, lines) or {NO_DATE: 1.0}
        case "words":
            return _largest(lines)


def _largest(lines: Sequence[Line]) -> dict[str, float]:
    """The lines by the height of their letters."""
    tallest = max(height(line) for line in lines)
    best = sorted(lines, key=lambda line: -height(line))[:_MOST]
    found: dict[str, float] = {}
    for line in best:
        found.setdefault(line.text, round(line.score * height(line) / tallest, 4))
    return found


def _found(seek: Callable[[str], list[str]], lines: Sequence[Line]) -> dict[str, float]:
    tallest = max(height(line) for line in lines)
    found: dict[str, float] = {}
    for line in lines:
        for match in seek(line.text):
            worth = line.score * height(line) / tallest * (_DIGIT if len(match) == 1 else 1.0)
            found[match] = max(found.get(match, 0.0), round(worth, 4))
    best = sorted(found, key=lambda text: -found[text])[:_MOST]
    return {text: found[text] for text in best}
