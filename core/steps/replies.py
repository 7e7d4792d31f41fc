"""Forgiving reading of what language models reply: pure functions from text to values.

Models wrap JSON in code fences and prose, think aloud first, cut off mid-way and use other quotes; what can be
understood is used, and what cannot is None, never an exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

UNCLEAR = "unclear"
"""The label that prompts ask for where a description does not answer the criterion."""
_THINKING = re.compile(r"<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[a-zA-Z]*\n?|```")
_PAIR = re.compile(r"""["'“]?(\d+)["'”]?\s*[:=.)-]\s*(?:["'“]([^"'“”\n]*)["'”]|([^,\n{}\[\]]+))""")
_OBJECT = re.compile(
    r"""["']?(\d+)["']?\s*:\s*\{\s*["']group["']\s*:\s*["']?([^"',}]*)["']?"""
    r"""(?:\s*,\s*["']quote["']\s*:\s*"([^"]*)")?"""
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "「": '"', "」": '"'})
_ANSWER_KEYS = ("group", "code", "label", "answer")


def plain(text: str) -> str:
    """The reply without thinking aloud and code fences, and without characters that cannot be stored."""
    clean = text.encode("utf-8", errors="replace").decode("utf-8").replace("\0", "")
    return _FENCE.sub("", _THINKING.sub("", clean)).strip()


class Object(dict[str, Any]):
    """A JSON object that remembers keys which occur twice: an id that was answered in two ways was not answered."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = tuple(pairs)


_DECODER = json.JSONDecoder(object_pairs_hook=Object, strict=False)


def read_json(text: str) -> object | None:
    """The first JSON object (as `Object`) or list in a reply, or None. Line breaks within texts are let pass; of a list
    or object that was cut off, what is inside it is not taken for it."""
    clean = plain(text)
    for candidate in (clean, clean.translate(_QUOTES)):
        for match in re.finditer(r"[\[{]", candidate):
            try:
                value: object = _DECODER.raw_decode(candidate, match.start())[0]
            except json.JSONDecodeError as error:
                if error.msg.startswith("Unterminated") or error.pos >= len(candidate):
                    break  # cut off
                continue
            except RecursionError:
                break
            return value
    return None


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer of a numbered reply. quote: the words it names as its reason, or ""."""

    text: str
    quote: str = ""


def read_numbered(text: str, count: int, *, sentences: bool = False) -> dict[int, str]:
    """Number (1 to count) -> answer, for the numbers that were asked; others, doubled and empty ones are left out.

    sentences: answers are whole sentences, whose full stop and quotation marks belong to them.
    """
    return {number: said.text for number, said in read_answers(text, count, sentences=sentences).items()}


def read_answers(text: str, count: int, *, sentences: bool = False) -> dict[int, Answered]:
    """As `read_numbered`, for answers that may be objects with a group and a quote.

    Falls back to `number: answer` where there is no whole JSON object (also in a reply that was cut off).
    """
    pairs = _listed(read_json(text), count)
    if pairs is None:
        clean = plain(text).translate(_QUOTES)
        pairs = [(number, group, quote) for number, group, quote in _OBJECT.findall(clean)]
        pairs = pairs or [
            (match[1], match[2] or match[3], "")
            for match in _PAIR.finditer(clean)
            # Of JSON that was cut off the last answer lacks its end: "gre" is not "green".
            if not (clean.startswith(("{", "[")) and match[3] and match.end() == len(clean))
        ]
    found: dict[int, Answered] = {}
    doubled: set[int] = set()
    for key, answer, quote in pairs:
        number = int(key) if key.strip().isdecimal() and len(key) < 9 else 0
        said = answer.strip() if sentences else answer.strip().strip(".\"'")
        if not (1 <= number <= count and said):
            continue
        if number in found and found[number].text != said:
            doubled.add(number)
        found[number] = Answered(said, quote.strip())
    return {number: said for number, said in found.items() if number not in doubled}


def _listed(value: object, count: int) -> list[tuple[str, str, str]] | None:
    """(number, answer, quote) of a JSON value; None when it is not of this form. A list without numbers counts only
    where it is whole."""
    if isinstance(value, Object) and len(value) == 1:  # {"answers": {"1": ...}}
        ((key, inner),) = value.items()
        value = inner if not key.strip().isdecimal() and isinstance(inner, (Object, list)) else value
    if isinstance(value, Object):
        named: list[tuple[str, object]] = list(value.pairs)
    elif isinstance(value, list) and value:
        ids = [str(one.get("id", one.get("number", ""))) if isinstance(one, Object) else "" for one in value]
        if all(one.isdecimal() for one in ids):
            named = list(zip(ids, value, strict=True))
        else:
            named = [(str(place), one) for place, one in enumerate(value, start=1)] if len(value) == count else []
    else:
        return None
    return [(key, *said) for key, one in named if (said := _answer(one))]


def _answer(value: object) -> tuple[str, str] | None:
    """(answer, quote) of one value."""
    quote = ""
    if isinstance(value, Object):
        quote = str(value.get("quote") or "")
        value = next((value[key] for key in _ANSWER_KEYS if key in value), None)
    return (str(value), quote) if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def answer_offset(text: str, number: int) -> int:
    """Where in a reply, as it came, the answer to a number begins; -1 where that cannot be told."""
    lead = rf"""(?<!\d)["'“]?{number}["'”]?\s*[:=.)-]\s*(?:\{{\s*["']group["']\s*:\s*)?["'“]?(?=[^\s"'“])"""
    matches = list(re.finditer(lead, text))
    return matches[-1].end() if matches else -1


def fold(text: str) -> str:
    """A text for comparing: in lower case, without punctuation, without "group" before it."""
    words = re.sub(r"[^\w/ ]+", " ", text.casefold()).split()
    if words and words[0] in ("group", "cluster", "category") and len(words) > 1:
        words = words[1:]
    return " ".join(words)


def numbered(texts: Sequence[str]) -> str:
    """Texts as numbered lines, each on one line."""
    return "\n".join(f"{place}. {' '.join(text.split())}" for place, text in enumerate(texts, start=1))


def text_schema(most: int, least: int = 1) -> dict[str, Any]:
    """JSON Schema of a text of so many characters; a small model may not find an end by itself."""
    return {"type": "string", "minLength": least, "maxLength": most}


def numbered_schema(count: int, answer: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Schema of an object that answers each number from 1 to count."""
    keys = [str(number) for number in range(1, count + 1)]
    return {
        "type": "object",
        "properties": {key: dict(answer) for key in keys},
        "required": keys,
        "additionalProperties": False,
    }
