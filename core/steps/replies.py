"""Forgiving reading of what language models reply: pure functions from text to values.

Models wrap JSON in code fences and prose, think aloud first, cut off mid-way and use other quotes; what can be
understood is used, and what cannot is None, never an exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_THINKING = re.compile(r"<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[a-zA-Z]*\n?|```")
_PAIR = re.compile(r"""["'“]?(\d+)["'”]?\s*[:=.)-]\s*(?:["'“]([^"'“”\n]*)["'”]|([^,\n{}\[\]]+))""")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})


def plain(text: str) -> str:
    """The reply without thinking aloud and code fences, and without characters that cannot be stored."""
    clean = text.encode("utf-8", errors="replace").decode("utf-8").replace("\0", "")
    return _FENCE.sub("", _THINKING.sub("", clean)).strip()


def read_json(text: str) -> object | None:
    """The first JSON object or list in a reply, or None."""
    clean = plain(text)
    for candidate in (clean, clean.translate(_QUOTES)):
        for match in re.finditer(r"[\[{]", candidate):
            try:
                value: object = json.JSONDecoder().raw_decode(candidate, match.start())[0]
            except ValueError:
                continue
            return value
    return None


def read_numbered(text: str, count: int) -> dict[int, str]:
    """Number (1 to count) -> answer, for the numbers that were asked; others, doubled and empty ones are left out.

    Falls back to `number: answer` lines where there is no whole JSON object (also in a reply that was cut off).
    """
    value = read_json(text)
    if isinstance(value, list) and len(value) == count and all(isinstance(one, (str, int)) for one in value):
        value = dict(enumerate(value, start=1))
    if isinstance(value, dict):
        pairs = [(str(key), answer) for key, answer in value.items()]
    else:
        pairs = [(number, quoted or bare) for number, quoted, bare in _PAIR.findall(plain(text))]
    found: dict[int, str] = {}
    doubled: set[int] = set()
    for key, answer in pairs:
        number = int(key) if key.strip().isdecimal() else 0
        said = str(answer).strip().strip(".\"'") if isinstance(answer, (str, int)) else ""
        if not (1 <= number <= count and said):
            continue
        if number in found and found[number] != said:
            doubled.add(number)
        found[number] = said
    return {number: said for number, said in found.items() if number not in doubled}


def pick(answer: str, names: Sequence[str]) -> int | None:
    """Which of the offered choices an answer means: 0 for none of them, 1.. for a choice, None when it is not listed.

    Understands the number, the name, and the name in other case or with punctuation or "group" around it.
    """
    folded = _fold(answer)
    if folded.isdecimal():
        return int(folded) if int(folded) <= len(names) else None
    if folded in ("none", "unassigned", "none of them", "n/a"):
        return 0
    matches = [place for place, name in enumerate(names, start=1) if _fold(name) == folded]
    return matches[0] if len(matches) == 1 else None


def _fold(text: str) -> str:
    words = re.sub(r"[^\w/ ]+", " ", text.casefold()).split()
    if words and words[0] in ("group", "cluster", "category") and len(words) > 1:
        words = words[1:]
    return " ".join(words)


def numbered(texts: Sequence[str]) -> str:
    """Texts as numbered lines, each on one line."""
    return "\n".join(f"{place}. {' '.join(text.split())}" for place, text in enumerate(texts, start=1))


def numbered_schema(count: int, answer: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Schema of an object that answers each number from 1 to count."""
    keys = [str(number) for number in range(1, count + 1)]
    return {
        "type": "object",
        "properties": {key: dict(answer) for key in keys},
        "required": keys,
        "additionalProperties": False,
    }
