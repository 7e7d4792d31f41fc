"""JSON that people bring, as rows: JSON Lines, one list, one object, or objects one after another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from json import JSONDecoder
from typing import Any, BinaryIO

from core.ingest.text import UTF_8, lenient, lines_of, split_lines

_BLANK = "\ufeff \t\r\n"


def json_values(content: str) -> Iterator[tuple[int, Any]]:
    """Line number and value, None for a line that is no JSON; what is one list as a whole is a line an entry, and one
    object over several lines is one value, as are several of them one after another (as jq writes them)."""
    if content.lstrip(_BLANK)[:1] in ("[", "{"):
        whole = _value(content)
        if isinstance(whole, list):
            yield from enumerate(whole, start=1)
            return
        if whole is not None:
            yield 1, whole
            return
    lines = list(split_lines(content))
    first = next((line.strip(_BLANK) for line in lines if line.strip(_BLANK)), "")
    if first in ("{", "[") and (several := _one_after_another(content)):
        yield from several
        return
    for number, line in enumerate(lines, start=1):
        if line.strip(_BLANK):
            yield number, _value(line)


def json_values_in(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    """The same of a file that may be large: JSON Lines are read a line at a time, all else as a whole. Raises
    OSError."""
    lines = lines_of(file)
    head = [line for line, _ in zip((line for line in lines if line.strip(_BLANK)), range(2), strict=False)]
    lines.close()
    file.seek(0)
    if len(head) == 2 and isinstance(_value(head[0]), dict):
        yield from ((number, _value(line)) for number, line in enumerate(lines_of(file), 1) if line.strip(_BLANK))
    else:
        yield from json_values(lenient(file.read()))


def _one_after_another(content: str) -> list[tuple[int, Any]]:
    """Values that stand one after another, each with the line it begins in; nothing where any is no JSON."""
    found, place, decoder = list[tuple[int, Any]](), 0, JSONDecoder()
    text = content.strip(_BLANK)
    while place < len(text):
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return []
        found.append((1 + text.count("\n", 0, place), value))
        while (place := end) < len(text) and text[end] in _BLANK:
            end += 1
    return found


def _value(line: str) -> Any:
    try:
        return json.loads(line.strip(_BLANK))
    except (ValueError, RecursionError):
        return None


def plain(value: object) -> str | None:
    """A text, a number or a truth value as a cell of a table, "" for null; None for a list or an object."""
    if isinstance(value, str):
        return value.encode(UTF_8, errors="replace").decode(UTF_8)  # a lone surrogate cannot be stored
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, (bool, int, float)) else None


def texts(value: object) -> list[str] | None:
    """The texts of a list of them, as of an image with several labels; None for any other value."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return None
    return list(dict.fromkeys(plain(one) or "" for one in value))
