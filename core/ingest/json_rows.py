"""JSON that people bring, as rows: JSON Lines, one list, or one object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from core.ingest.text import split_lines


def json_values(content: str) -> Iterator[tuple[int, Any]]:
    """Line number and value, None for a line that is no JSON; what is one list as a whole is a line an entry, and one
    object over several lines is one value."""
    if content.lstrip("\ufeff \t\r\n")[:1] in ("[", "{"):
        whole = _value(content)
        if isinstance(whole, list):
            yield from enumerate(whole, start=1)
            return
        if whole is not None:
            yield 1, whole
            return
    for number, line in enumerate(split_lines(content), start=1):
        if line.strip("\ufeff \t\r\n"):
            yield number, _value(line)


def _value(line: str) -> Any:
    try:
        return json.loads(line.strip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        return None


def plain(value: object) -> str | None:
    """A text, a number or a truth value as a cell of a table, "" for null; None for a list or an object."""
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode("utf-8")  # a lone surrogate cannot be stored
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, (bool, int, float)) else None
