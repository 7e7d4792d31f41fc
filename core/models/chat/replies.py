"""Forgiving reading of what language models reply: pure functions from text to values.

Models wrap JSON in code fences and prose, think aloud first, stop midway and use other quotes. What can be read is
used; what cannot is None, never an exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from core.models.chat.lenient_json import QUOTES, Found, Object, places, released, structured, values

_ALOUD = r"(?:think|thinking|reasoning|thought)"
_LEFT_OUT = tuple(
    re.compile(pattern, re.DOTALL | re.IGNORECASE)
    for pattern in (
        rf"<{_ALOUD}>.*?(?:</{_ALOUD}>|\Z)",
        rf"\A.*</{_ALOUD}>",  # the prompt opened it
        r"\A.*<\|channel\|>final\b[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>",
        r"<\|channel\|>.*\Z",  # it was cut off
        r"<\|(?:return|end)\|>\s*\Z",
        r"```[a-z]*\n?|```",
    )
)
"""Thinking aloud, in the ways of different models, and code fences."""
_MARK = f"[{''.join({*QUOTES, *''.join(QUOTES.values())})}]?"
_NUMBER = rf"{_MARK}\s?(\d+)\s?{_MARK}\s*(?:[:=)\-：．）、＝]|\.(?!\d))"
_ANOTHER = rf"{_MARK}\s?\d+\s?{_MARK}\s*(?:[:=：＝]|[.)](?!\d))"
_QUOTED = "|".join(rf"{first}[^{last}\n]*[{last}]" for first, last in QUOTES.items())
_ANSWER_KEYS = ("group", "code", "label", "answer")


def _pairs(more: str) -> re.Pattern[str]:
    """`number: answer`. An answer without quotation marks goes on to the end of its line, or to the next number; more:
    what else ends it."""
    end = rf"(?:[,;，；]?\s{{0,9}}$|[,;，；]\s{{0,9}}{_ANOTHER})"
    gap = rf"(?:[^\S\n]*|\s*\n\s*(?!{_ANOTHER}))"
    quoted = rf"(?:{_QUOTED})(?=\s*(?:{end}" + (rf'|[{more},]|"\d+"' if more else "") + "))"
    return re.compile(rf"(?<![\w.]){_NUMBER}{gap}({quoted}|(?:(?!{end})[^\n{more}])+)", re.MULTILINE)


_LINE, _MEMBER = _pairs(""), _pairs(r"{}\[\]")
_CHOICE = re.compile(
    r"""["']?(\d+)["']?\s*:\s*\{\s*["']group["']\s*:\s*["']?([^"',}]*)["']?"""
    r"""(?:\s*,\s*["']quote["']\s*:\s*"([^"]*)")?"""
)
_OPENED = re.compile(rf"[{{｛]\s*{_MARK}\s?\d+\s?{_MARK}\s*[:：]")


def plain(text: str) -> str:
    """The reply without thinking aloud and code fences, and without characters that cannot be stored."""
    return _cleaned(text, lambda _: "").replace("\0", "").strip()


def _in_place(text: str) -> str:
    """As `plain`, but with blanks in place of what is left out, so that offsets stay the same."""
    return _cleaned(text, lambda match: " " * len(match[0])).replace("\0", " ")


def _cleaned(text: str, instead: Callable[[re.Match[str]], str]) -> str:
    text = text.encode("utf-8", errors="replace").decode("utf-8")
    for pattern in _LEFT_OUT:
        text = pattern.sub(instead, text)
    return text


def read_json(text: str) -> object | None:
    """The first JSON object (as `Object`) or list of objects in a reply, else the first list, or None."""
    found = [parsed.value for parsed in values(plain(text))]
    objects = (
        candidate
        for candidate in found
        if isinstance(candidate, Object) or (isinstance(candidate, list) and candidate and _objects(candidate))
    )
    return next(objects, found[0] if found else None)


def _objects(value: Sequence[object]) -> bool:
    return all(isinstance(element, Object) for element in value)


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer of a numbered reply. quote: the words it names as its reason, or "". place: where in the reply, as it
    came, the answer begins; -1 where that cannot be told."""

    text: str
    quote: str = ""
    place: int = field(default=-1, compare=False)


class _Pair(NamedTuple):
    number: str
    answer: str
    quote: str = ""
    place: int = -1


def read_numbered(text: str, count: int, *, sentences: bool = False) -> dict[int, str]:
    """Number (1 to count) -> answer, for the numbers that were asked; others, doubled and empty ones are left out.

    sentences: answers are whole sentences, whose full stop and quotation marks belong to them.
    """
    return {number: said.text for number, said in read_answers(text, count, sentences=sentences).items()}


def read_answers(text: str, count: int, *, sentences: bool = False) -> dict[int, Answered]:
    """As `read_numbered`, for answers that may be objects with a group and a quote.

    Falls back to `number: answer` where there is no whole JSON object (also in a reply that was cut off).
    """
    clean = _in_place(text)
    pairs = _whole(clean, count)
    found: dict[int, Answered] = {}
    doubled: set[int] = set()
    for key, answer, quote, place in _parts(clean) if pairs is None else pairs:
        number = _number(key, count)
        said = answer.strip() if sentences else answer.strip().strip(".。\"'")
        if not (number and said):
            continue
        if number in found and found[number].text != said:
            doubled.add(number)
        found[number] = Answered(said, quote.strip(), place)
    return {number: said for number, said in found.items() if number not in doubled}


def _number(key: str, count: int) -> int:
    """The number that a key is, if it is from 1 to count; else 0."""
    number = int(key) if key.strip().isdecimal() and len(key) < 9 else 0
    return number if number <= count else 0


def _whole(clean: str, count: int) -> list[_Pair] | None:
    """The answers of the first JSON value with numbers in it, else of a list that is whole; None where there is
    neither."""
    listed: list[_Pair] | None = None
    for found in values(clean):
        value = found.value
        if isinstance(value, Object) and len(value) == 1:  # {"answers": {"1": ...}}
            ((key, inner),) = value.items()
            value = inner if not key.strip().isdecimal() and isinstance(inner, (Object, list)) else value
        if isinstance(value, Object) and any(_number(key, count) for key in value):
            return list(_placed(_said(value.pairs), found))
        if isinstance(value, list) and value:
            ids = [
                str(element.get("id", element.get("number", ""))) if isinstance(element, Object) else ""
                for element in value
            ]
            if all(number.isdecimal() for number in ids):
                return list(_said(zip(ids, value, strict=True)))
            if listed is None and len(value) == count:
                listed = list(_said((str(place), element) for place, element in enumerate(value, start=1)))
    return listed


def _said(named: Iterable[tuple[str, object]]) -> Iterator[_Pair]:
    """The values that are answers."""
    for key, value in named:
        quote = ""
        if isinstance(value, Object):
            quote = str(value.get("quote") or "")
            value = next((value[word] for word in _ANSWER_KEYS if word in value), None)
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            yield _Pair(key, str(value), quote)


def _placed(pairs: Iterable[_Pair], found: Found) -> Iterator[_Pair]:
    """The answers with their places: by the keys they stand under, never by what looks like a key inside a text."""
    stands: dict[tuple[str, str], int] = {}
    for path, said, offset in places(found):
        *_, above, key = ("", *path)
        stands[above if key in _ANSWER_KEYS else key, said] = offset
    for pair in pairs:
        yield pair._replace(place=stands.get((pair.number, pair.answer), -1))


def _parts(clean: str) -> Iterator[_Pair]:
    """The answers of a reply that is no whole JSON: numbered lines, or JSON up to where it was cut off."""
    opened = _OPENED.search(clean)
    if opened is None:
        for match in _LINE.finditer(clean):
            said, place, _ = _bare(match)
            yield _Pair(match[1], said, place=place)
        return
    text = structured(clean, opened.start()).rstrip()
    choices = list(_CHOICE.finditer(text, opened.start()))
    for match in choices:
        yield _Pair(match[1], released(match[2]), released(match[3] or ""), match.start(2))
    for match in () if choices else _MEMBER.finditer(text, opened.start()):
        said, place, quoted = _bare(match)
        if quoted or match.end() < len(text):  # the last answer lacks its end: "gre" is not "green"
            yield _Pair(match[1], said, place=place)


def _bare(match: re.Match[str]) -> tuple[str, int, bool]:
    """(answer, where it begins, whether it stood between quotation marks) of a `number: answer`."""
    said = match[2]
    last = QUOTES.get(said[0], "")
    if len(said) < 2 or said[-1] not in last or any(piece in said[1:-1] for piece in last):
        return released(said), match.start(2), False
    try:
        inner = str(json.loads(said, strict=False)) if said[0] == '"' else said[1:-1]
    except ValueError:
        inner = said[1:-1]
    return released(inner), match.start(2) + 1, True


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
