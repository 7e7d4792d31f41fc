"""The words of an error, whatever the shape in which a server says it: a mapping, a text, a list, nested, JSON inside a
text, a page for browsers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

_DEEPEST, _MOST_WORDS = 12, 20_000
"""How deep an error is read, and how many characters of it: it may hold all that was asked."""
_ECHOES = ("input", "messages", "request", "prompt", "ctx", "headers", "url", "documentation_url", "help")
"""Fields that repeat what was asked, or lead elsewhere: their words say nothing of what is wrong."""
_STRUCTURE = ("error", "errors", "message", "detail", "details", "code", "type", "status", "model", "object", "title")
"""Fields whose own names say nothing either; another one may be the option that is meant."""
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml|center|h1|title)", re.IGNORECASE)
_NO_TEXT = re.compile(r"<(script|style|svg)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_CODES = ("code", "status", "statuscode", "status_code", "http_status")
_WAIT = re.compile(
    r"(?:try again|retry|wait)[^\d\n]{0,20}?(\d+(?:\.\d+)?)\s*(ms|milli|s\b|sec|m\b|\d*m\d|min|h\b|\d*h\d|hour)"
    r"|(?:retrydelay|retry_after|retry-after|estimated_time)\n(\d+(?:\.\d+)?)"
)


def unpacked(body: object) -> object:
    """What a text of JSON holds; anything else as it is."""
    if isinstance(body, str) and body.lstrip()[:1] in ("{", "[", '"'):
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return body
    return body


def words_of(body: object) -> str:
    """All words of an error, whatever its shape, in small letters: a line a text, in the order in which they come."""
    lines, size = [], 0
    for line in _texts(body, 0):
        lines.append(line)
        size += len(line)
        if size > _MOST_WORDS:
            break
    return "\n".join(lines)[:_MOST_WORDS].casefold()


def _texts(body: object, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(body, Mapping):
        for name, value in body.items():
            if str(name).casefold() in _ECHOES:
                continue
            if str(name).casefold() not in _STRUCTURE:
                yield str(name)
            yield from _texts(value, depth + 1)
    elif isinstance(body, list | tuple):
        for part in body:
            yield from _texts(part, depth + 1)
    elif isinstance(body, str):
        yield from _within(body, depth)
    elif isinstance(body, int | float) and not isinstance(body, bool):
        yield str(body)


def _within(text: str, depth: int) -> Iterator[str]:
    """The texts in a text: JSON that it holds or ends with, a page without its tags, or itself."""
    if _PAGE.match(text):
        yield " ".join(_NO_TEXT.sub(" ", text[:_MOST_WORDS]).split())
        return
    begins = min((place for sign in '{["' if (place := text.find(sign)) >= 0), default=-1)
    if begins >= 0:
        try:
            inner, end = json.JSONDecoder().raw_decode(text, begins)
        except (ValueError, RecursionError):
            inner, end = None, 0
        if isinstance(inner, Mapping | list) or (isinstance(inner, str) and begins == 0 and end == len(text)):
            yield text[:begins]
            yield from _texts(inner, depth + 1)
            yield text[end:]
            return
    yield text


def status_in(body: object, depth: int = 0) -> int:
    """The HTTP status that an error itself tells, 0 for none."""
    if depth > _DEEPEST:
        return 0
    body = unpacked(body)
    if isinstance(body, Mapping):
        for name, value in body.items():
            number = int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else 0
            if str(name).casefold() in _CODES and 300 <= number < 600:
                return number
    parts = body.values() if isinstance(body, Mapping) else body if isinstance(body, list) else ()
    return next((found for part in parts if (found := status_in(part, depth + 1))), 0)


def code_of(body: object, depth: int = 0) -> str:
    """The server's word for an error, if it is only that: a word."""
    body = unpacked(body)
    if isinstance(body, Mapping):
        code = body.get("code") or body.get("type")
        if isinstance(code, str) and code.replace("_", "").isalnum() and len(code) < 60:
            return code
    parts = body.values() if isinstance(body, Mapping) else body if isinstance(body, list) else ()
    return next((found for part in parts if depth < _DEEPEST and (found := code_of(part, depth + 1))), "")


def is_page(body: object) -> bool:
    """Whether it is a page for browsers."""
    return isinstance(body, str) and bool(_PAGE.match(body))


def wait_in(text: str) -> float | None:
    """Seconds that the words of an error ask to wait; None where they say nothing of it."""
    if (found := _WAIT.search(text)) is None:
        return None
    unit = found[2] or "s"
    return float(found[1] or found[3]) * (
        0.001 if unit.startswith(("ms", "milli")) else 3600 if "h" in unit else 60 if "m" in unit else 1
    )
