"""Which language a text is written in: py3langid (Lui and Baldwin, ACL 2012), where there is enough of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

from core.domain import Line

UNCLEAR = "unclear"
_LETTERS = 12
"""With fewer letters any language may be found."""
_IDEOGRAPH = 4
"""How many letters one sign of a language that writes words or syllables is worth."""
_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA")
_LIKELY = 0.5
_READ = tuple("en de fr es it pt nl sv da no fi pl cs sk hu ro hr sl et lv lt tr id vi zh ja".split())
"""What the reader has letters for."""


def languages(lines: Sequence[Line]) -> dict[str, float]:
    """English name of a language -> its share, from the likeliest on; UNCLEAR alone where there is too little text,
    where it is in letters of other languages, and where none is likelier than all others together. Expects lines."""
    words = [word for line in lines for word in re.findall(r"[^\W\d_]+", line.text)]
    own = [word for word in words if _is_read(word) and (len(word) > 1 or _is_east_asian(word))]
    if _worth(own) < _LETTERS or 2 * _worth(own) < _worth(words):
        return {UNCLEAR: 1.0}
    ranked = [(name_of(code), float(share)) for code, share in _model().rank(" ".join(own).lower())[:4]]
    if ranked[0][1] <= _LIKELY:
        return {UNCLEAR: 1.0}
    return {name: share for name, share in ranked if share >= 0.01}


def _worth(words: Sequence[str]) -> int:
    return sum(len(word) * (_IDEOGRAPH if _is_east_asian(word) else 1) for word in words)


def _is_east_asian(word: str) -> bool:
    return unicodedata.name(word[0], "").startswith(_EAST_ASIAN)


def _is_read(word: str) -> bool:
    """Whether it is in letters of the languages that can be told."""
    return unicodedata.name(word[0], "").startswith(("LATIN", *_EAST_ASIAN))


@cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(list(_READ))
    return found


@cache
def name_of(code: str) -> str:
    """The English name of a language."""
    from babel import Locale

    return Locale.parse(code).get_display_name("en") or code


def codes() -> tuple[str, ...]:
    """ISO 639-1 codes of the languages that can be told."""
    return _READ
