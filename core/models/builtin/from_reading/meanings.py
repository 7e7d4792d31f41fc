"""Whether a name that a person gave means an answer: a spelling or part of it, a word for that kind of document, a
language's own name."""

from __future__ import annotations

from functools import cache

from core.models.builtin.criterion.foreign import plain
from core.models.builtin.from_reading.answers import HAS_TEXT, NO_TEXT
from core.models.builtin.from_reading.documents import words_for
from core.models.builtin.from_reading.language import codes, name_of
from core.models.builtin.from_reading.questions import Question
from core.models.builtin.from_reading.senders import key
from core.models.builtin.from_reading.spellings import alike

_WITHOUT = frozenset("no not without none nothing empty blank kein keine keinen ohne nein sans non sin senza".split())
_WITH = frozenset("text texts with yes has writing words written something mit ja schrift avec oui con si".split())
_PART = 4
"""Letters of a name that may stand for a longer one."""


def means(asked: Question, title: str, answer: str) -> bool:
    """Whether `title`, given by a person, means `answer`."""
    if alike(key(title), key(answer)) or (asked in ("sender", "words") and _is_part(title, answer)):
        return True
    if asked == "presence":
        return _has_text(title) == answer
    if asked == "document":
        word = plain(title)
        return any(word.removesuffix("s") == form or alike(word, form) for form in words_for(answer))
    return asked == "language" and _languages().get(plain(title)) == answer


def _is_part(title: str, answer: str) -> bool:
    """Whether all words of a name stand in a longer one: "Nordwind" in "Nordwind Handel GmbH"."""
    words = [key(word) for word in answer.split()]
    wanted = [key(word) for word in title.split()]
    return len("".join(wanted)) >= _PART and all(any(alike(own, word) for word in words) for own in wanted)


def _has_text(title: str) -> str:
    """Whether a name is one for images with or for those without text, or neither ("")."""
    words = set(plain(title).split())
    return NO_TEXT if words & _WITHOUT else HAS_TEXT if words & _WITH else ""


@cache
def _languages() -> dict[str, str]:
    """What languages are called, in English and in themselves -> their English names."""
    from babel import Locale

    found = {}
    for code in codes():
        for written in (code, name_of(code), Locale.parse(code).get_display_name(code) or code):
            found[plain(written)] = name_of(code)
    return found
