"""What a criterion about text asks for."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from core.models.builtin.criterion.foreign import plain
from core.models.builtin.criterion.routing import asked
from core.models.embedding.minilm import embed

Question = Literal["sender", "document", "language", "presence", "number", "date", "words"]
CLOSED: frozenset[Question] = frozenset({"document", "language", "presence", "number", "date"})
"""Questions whose answers are taken as they stand: they have no spellings."""
_TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("questions.toml").read_text(encoding="utf-8"))
_FOREIGN: dict[str, Question] = {word: name for name, words in _TABLE.pop("other_languages").items() for word in words}
_ANCHORS = cast(dict[Question, list[str]], _TABLE)


@lru_cache(maxsize=256)
def question(criterion: str) -> Question:
    """The question whose phrases (questions.toml) lie nearest to the criterion, or whose word in another language
    stands in it."""
    wanted = asked(criterion)
    text = plain(wanted)
    words = (text, *re.findall(r"[^\W\d_]+", text))
    if found := next((_FOREIGN[word] for word in words if word in _FOREIGN), None):
        return found
    if re.search(r"\blanguages?\b", text):
        return "language"
    said = embed([criterion, wanted]).T  # "has text or not" without "or not" is about the text
    near = {name: float(np.max(embed(phrases) @ said)) for name, phrases in _ANCHORS.items()}
    return max(near, key=lambda name: near[name])
