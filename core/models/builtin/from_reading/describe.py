"""The description of an image by what is written in it."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain import Description, Line, Tag
from core.models.builtin.from_reading.answers import answers
from core.models.builtin.from_reading.documents import OTHER, kinds
from core.models.builtin.from_reading.language import UNCLEAR, languages
from core.models.builtin.from_reading.layout import height
from core.models.builtin.from_reading.questions import question

WITHOUT_TEXT = "No text was found in it."
_READS = "Reads "
_QUOTED = 8
"""Lines that a description quotes; those with the largest letters."""


def describe_reading(lines: Sequence[Line], criterion: str) -> Description:
    """What is written, as a sentence, and what it answers to the criterion as tags, the likeliest first."""
    tags = tuple(Tag(name, score) for name, score in answers(question(criterion), lines).items())
    if not lines:
        return Description(WITHOUT_TEXT, tags)
    largest = sorted(range(len(lines)), key=lambda i: (-height(lines[i]), i))[:_QUOTED]
    quoted = ", ".join(f"“{lines[i].text}”" for i in sorted(largest))
    said = [f"{_READS}{quoted}{' and more' if len(lines) > _QUOTED else ''}."]
    language, kind = next(iter(languages(lines))), next(iter(kinds(lines)))
    said += [f"In {language}."] if language != UNCLEAR else []
    said += [f"Looks like: {kind}."] if kind != OTHER else []
    return Description(" ".join(said), tags)


def is_reading(description: Description) -> bool:
    """Whether a description was made here, from what was read."""
    return bool(description.tags) and description.text.startswith((_READS, WITHOUT_TEXT))
