"""Which language a text is written in: py3langid (Lui and Baldwin, ACL 2012), where there is enough of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from core.domain import Line

UNCLEAR = "unclear"
_LETTERS = 12
"""With fewer letters any language may be found."""
_READ = tuple("en de fr es it pt nl sv da no fi pl cs sk hu ro hr sl et lv lt tr id vi zh ja".split())
"""What the reader has letters for."""


def languages(lines: Sequence[Line]) -> dict[str, float]:
    """English name of a language -> its share, from the likeliest on. Numbers are left out. Expects lines."""
    words = [word for line in lines for word in re.findall(r"[^\W\d_]+", line.text) if len(word) > 1]
    if sum(map(len, words)) < _LETTERS:
        return {UNCLEAR: 1.0}
    text = " ".join(word.lower() for word in words)
    ranked = [(name_of(code), float(share)) for code, share in _model().rank(text)[:4]]
    return {name: share for name, share in ranked if share >= 0.01}


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
