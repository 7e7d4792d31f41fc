"""JSON as language models write it: between prose, with other quotes and full-width punctuation, cut off.

Only what marks the structure is understood in other forms; the texts inside stay as they were written. Everything here
keeps its place: what is found at an offset stands at that offset in the text that was given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

QUOTES = {
    '"': '"', "'": "'", "“": "”“", "”": "”", "„": "“”", "‘": "’", "«": "»", "»": "«", "‹": "›", "「": "」", "『": "』",
    "＂": "＂",
}  # fmt: skip
"""What opens a text -> what may end it."""
_WIDE = str.maketrans("：，、｛｝［］", ":,,{}[]")
_HELD = "\ue000"
"""Stands for a quotation mark inside a text while the text is read as JSON: one for one, so that places stay."""
_QUOTE = "[" + "".join(QUOTES) + "]"
_ENDS = re.compile(  # what follows a text that has really ended: structure, or the next number
    rf"\s*(?:[:：}}\]｝］]|[,，、]\s*(?:{_QUOTE}|[\[{{［｛}}\]\d-]|true|false|null|\Z)|{_QUOTE}\d+{_QUOTE}\s*[:：]|\Z)"
)
_LOOSE_TRIES = 20
"""So many brackets are tried as the beginning of a loosely written value: prose may hold any number of them."""
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\]:,]|[^\s"{}\[\]:,]+', re.DOTALL)


class Object(dict[str, Any]):
    """A JSON object that remembers keys which occur twice: an id that was answered in two ways was not answered."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = tuple(pairs)


_DECODER = json.JSONDecoder(object_pairs_hook=Object, strict=False)


class Found(NamedTuple):
    """A JSON value, and the text with plain structure in which it stands from `start` to `end`."""

    value: object
    text: str
    start: int
    end: int


class Place(NamedTuple):
    """One text or number of a JSON value: the keys above it, the text, and the offset of its first character."""

    path: tuple[str, ...]
    text: str
    offset: int


def values(text: str) -> Iterator[Found]:
    """The JSON objects (as `Object`) and lists in a text, in order. Line breaks within texts are let pass; of a list or
    object that was cut off, what is inside it is not taken for it, and nothing follows it."""
    end, tries = 0, _LOOSE_TRIES
    for match in re.finditer(r"[\[{［｛]", text):
        start, cut = match.start(), False
        if start < end:
            continue
        for loose in (False, True)[: 1 + (tries > 0)]:
            candidate = structured(text, start) if loose else text
            tries -= loose
            try:
                value, end = _DECODER.raw_decode(candidate, start)
            except json.JSONDecodeError as error:
                cut = cut or error.msg.startswith("Unterminated") or error.pos >= len(candidate)
            except RecursionError:
                cut = True
            else:
                yield Found(_released(value) if loose else value, candidate, start, end)
                cut = False
                break
        if cut:
            return


def structured(text: str, start: int) -> str:
    """The text with plain structure from an opening bracket on: as long as before, texts between plain quotation marks,
    and what looked like one inside them put aside (see `released`)."""
    written, closers, escaped, last = list(text), "", False, ""
    for place in range(start, len(text)):
        sign = text[place]
        if closers:
            if escaped or sign == "\\":
                escaped = not escaped
            elif sign in closers and _ENDS.match(text, place + 1):
                written[place], closers, last = '"', "", '"'
            elif sign == '"':
                written[place] = _HELD
        elif sign in QUOTES and last in "{[,:":
            written[place], closers = '"', QUOTES[sign]
        else:
            written[place] = sign.translate(_WIDE)
            last = last if sign.isspace() else written[place]
    return "".join(written)


def released(text: str) -> str:
    """A text of a value with its own quotation marks."""
    return text.replace(_HELD, '"')


def _released(value: object) -> object:
    if isinstance(value, str):
        return released(value)
    if isinstance(value, list):
        return [_released(element) for element in value]
    return (
        Object([(released(key), _released(element)) for key, element in value.pairs])
        if isinstance(value, Object)
        else value
    )


def places(found: Found) -> Iterator[Place]:
    """Every text and number of a JSON value, with the keys it stands under; things in a list have no key."""
    path: list[str] = []
    key, last, after_colon = "", "", False
    for match in _TOKEN.finditer(found.text, found.start, found.end):
        mark = match[0]
        if mark in ("{", "["):
            path.append(key if after_colon else "")
            after_colon = False
        elif mark in ("}", "]"):
            path.pop()
        elif mark == ":":
            key, after_colon = last, True
        elif mark != ",":
            quoted = mark.startswith('"')
            last = released(str(json.loads(mark, strict=False))) if quoted else mark
            if after_colon:
                offset = match.start() + quoted
                inner = found.text[offset : match.end()]
                yield Place((*path[1:], key), last, offset + len(inner) - len(inner.lstrip()))
            after_colon = False
