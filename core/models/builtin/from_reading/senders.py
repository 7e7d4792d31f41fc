"""Which line names the company, shop or brand: a large one near an edge that says what few documents say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.domain import Line
from core.models.builtin.criterion.foreign import plain
from core.models.builtin.from_reading.documents import is_word_of_a_kind
from core.models.builtin.from_reading.layout import height, middle

_LEGAL = re.compile(
    r"\b(gmbh|ag|kg|ohg|ug|ltd|limited|llc|llp|inc|corp|corporation|company|plc|co|sarl|sas|sa|sl|srl|spa|snc|lda|ltda|"
    r"bv|nv|oy|ab|as|aps|sro|kft|doo)\b"
)
_ADDRESS = re.compile(r"@|https?:|www\.|\b\d{4,5}\b|\+\d|\btel\b|\bfax\b")
_MOST = 12
"""Candidates that are kept of an image."""


_WITHIN_NUMBER = re.compile(r"(?<=\d)[^\w\s](?=\d)")
_SIGNS = re.compile(r"[^\w\s.]|_|(?<!\d)\.|\.(?!\d)")


def key(text: str) -> str:
    """What two spellings of one name have in common: letters and digits without accents, case and legal form. What
    parts a number ("3.50", "12-3") counts, as a point; of a text without letters and digits, all of it."""
    words = _SIGNS.sub("", _WITHIN_NUMBER.sub(".", plain(text).replace("&", " ")))
    return "".join(_LEGAL.sub(" ", words).split()) or "".join(words.split()) or "".join(plain(text).split())


def candidates(lines: Sequence[Line]) -> dict[str, float]:
    """Line that may say who an image is from -> what speaks for it (0 to 1), the likeliest first. Expects lines."""
    tallest = max(height(line) for line in lines)
    found: dict[str, float] = {}
    for line in lines:
        text = line.text.strip(" ,:;|-–—*")
        letters = sum(letter.isalpha() for letter in text)
        if letters < 2 or letters < 0.6 * len(text.replace(" ", "")) or is_word_of_a_kind(text):
            continue
        large = height(line) / tallest
        score = 0.7 * large + 0.3 * abs(2.0 * middle(line)[1] - 1.0)
        if _LEGAL.search(re.sub(r"[^\w\s]|_", "", plain(text).replace(".", ""))):
            score += 0.5
        if _ADDRESS.search(plain(text)):
            score *= 0.4
        score *= line.score * min(1.0, 6.0 / len(text.split()))
        found[text] = max(found.get(text, 0.0), min(score, 1.0))
    best = sorted(found, key=lambda text: (-found[text], text))[:_MOST]
    return {text: round(found[text], 4) for text in best}
