"""What kind of document a picture shows, by the words that such documents carry and by how its lines lie."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from core.domain import Line
from core.models.builtin.criterion.foreign import plain
from core.models.builtin.from_reading.layout import height, of_page

_WORDS = Path(__file__).with_name("documents.toml")
_TITLE, _INSIDE = 3.0, 1.0
_MOST_INSIDE = 4.0
"""What words inside count for together: a long page has more of any kind."""
_LARGE = 0.06
"""Letters so high, as a share of the picture, are made to be seen from afar: signs and packages."""
_FEW, _MANY = 4, 12
_ALIKE = 86
"""Of 100 (rapidfuzz): a word with a letter or two misread."""
_SHORT = 6
"""Words with fewer letters have to stand as they are."""
OTHER = "other text"
_OTHER = 1.0
"""What "none of these" starts with."""
_PRICE = re.compile(r"\d[.,]\d\d\b")


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    title: tuple[str, ...]
    inside: tuple[str, ...]


def kinds(lines: Sequence[Line]) -> dict[str, float]:
    """Kind of document -> its share, from the likeliest on, summing to 1. Expects lines."""
    texts = [plain(line.text) for line in lines]
    tall = max(height(line) for line in lines)
    points = {kind.name: _said(kind, texts) for kind in _kinds()} | {OTHER: _OTHER}
    large, few = tall >= _LARGE, len(lines) <= _FEW
    priced = sum(bool(_PRICE.search(text)) for text in texts)
    paper = of_page(lines)
    points["sign"] += 2.0 * (large and few)
    points["label"] += 1.5 * (large and len(lines) <= _MANY)
    points["screenshot"] += 1.0 * (paper.columns > 2 and not priced)
    points["menu"] += 1.0 * (priced >= 5 and points["menu"] > 0)
    for kind in ("invoice", "receipt"):
        points[kind] += 1.5 * (priced >= 2 and points[kind] > 0) - 2.0 * (large and few)
    points["receipt"] += 0.7 * (priced >= 2 and paper.is_narrow and points["receipt"] > 0)
    points["letter"] += 1.0 * (paper.words_a_line >= 6 and len(lines) > _FEW and not priced)
    weights = np.exp(np.array(list(points.values())))
    shares = weights / weights.sum()
    order = np.argsort(-shares, kind="stable")
    names = list(points)
    return {names[i]: float(shares[i]) for i in order}


def is_word_of_a_kind(text: str) -> bool:
    """Whether a line is no more than what documents of a kind say anyway ("Invoice No. 12", "Thank you")."""
    words = re.sub(r"[\W\d_]+", " ", plain(text)).strip()
    return any(words in (*kind.title, *kind.inside) for kind in _kinds())


def words_for(kind: str) -> tuple[str, ...]:
    """What documents of a kind are called in several languages, as `plain` writes it."""
    return next(((one.name, *one.title) for one in _kinds() if one.name == kind), (kind,))


def _said(kind: _Kind, texts: Sequence[str]) -> float:
    titles = sum(_TITLE for word in kind.title if any(_stands_first(word, text) for text in texts[:8]))
    inside = sum(_INSIDE for word in kind.inside if any(stands(word, text) for text in texts))
    return min(titles, _TITLE) + min(inside, _MOST_INSIDE)


def _stands_first(word: str, text: str) -> bool:
    """Whether a line begins with a title, or is nearly nothing else."""
    words = text.split()
    return stands(word, " ".join(words[: word.count(" ") + 2]))


def stands(word: str, text: str) -> bool:
    """Whether a word, or several, stand in a text, a long one also with a letter or two misread. Both as `plain` writes
    them."""
    if re.search(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", text):
        return True
    if len(word) < _SHORT:
        return False
    from rapidfuzz import fuzz

    return any(fuzz.ratio(word, part) >= _ALIKE for part in _parts(text, word.count(" ") + 1))


def _parts(text: str, number: int) -> list[str]:
    words = re.findall(r"[^\W\d_]+", text)
    return [" ".join(words[i : i + number]) for i in range(len(words) - number + 1)]


@cache
def _kinds() -> tuple[_Kind, ...]:
    table = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    return tuple(_Kind(name, tuple(words["title"]), tuple(words["inside"])) for name, words in table.items())
