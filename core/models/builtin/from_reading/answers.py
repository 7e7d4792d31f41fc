"""What one image answers to a question about its text, with how much speaks for each answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.domain import Line
from core.models.builtin.from_reading import documents, senders
from core.models.builtin.from_reading.language import languages
from core.models.builtin.from_reading.layout import height
from core.models.builtin.from_reading.questions import Question

NO_TEXT, HAS_TEXT = "no text", "has text"
NO_NUMBER, NO_DATE = "no number", "no date"
_MONTHS = (
    r"jan|feb|mar|mrz|apr|avr|may|mai|mag|jun|giu|jul|jui|lug|aug|aou|ago|sep|set|oct|okt|ott|nov|dec|dez|dic|ene|abr"
)
_DATE = re.compile(
    rf"\b\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}\b|\b\d{{4}}-\d{{2}}-\d{{2}}\b"
    rf"|\b\d{{1,2}}\.?\s*(?:de\s+)?(?:{_MONTHS})[a-zé]*\.?,?\s*(?:de\s+)?\d{{2,4}}\b"
    rf"|\b(?:{_MONTHS})[a-zé]*\.?\s+\d{{1,2}},?\s+\d{{4}}\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?=[\w-]*\d)[\w-]{2,}(?:[.,]\d+)*")
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
            return _found(_NUMBER, lines) or {NO_NUMBER: 1.0}
        case "date":
            return _found(_DATE, lines) or {NO_DATE: 1.0}
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


def _found(pattern: re.Pattern[str], lines: Sequence[Line]) -> dict[str, float]:
    tallest = max(height(line) for line in lines)
    found: dict[str, float] = {}
    for line in lines:
        for match in pattern.findall(line.text):
            found[match] = max(found.get(match, 0.0), round(line.score * height(line) / tallest, 4))
    best = sorted(found, key=lambda text: -found[text])[:_MOST]
    return {text: found[text] for text in best}
