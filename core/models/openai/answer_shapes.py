"""A server's answer as the protocol means it, whatever the shape in which it comes.

Servers stream though nothing of the kind was asked for, put comments or blanks before their JSON and remarks behind it,
wrap it, or write an answer's text in a place of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Body = dict[str, Any]
_WRAPPERS = ("data", "result", "response", "output", "body")
_BEFORE = re.compile(r"(?:\s|:[^\n]*\n)*")
"""Blanks, and the comments by which streams are kept alive."""
_EVENT = re.compile(r"^data:[ ]?(.*)$", re.MULTILINE)
_NARROW = "cp1252"
"""What bytes are in that are no Unicode. Of JSON its signs alone must be right."""


def answer_in(content: bytes) -> object:
    """What the body of an answer holds: a completion as the protocol has it, or whatever else it is, as text where it
    is no JSON."""
    text = _text(content)
    events = [event for event in _EVENT.findall(text) if event.strip() not in ("", "[DONE]")]
    found = [_unwrapped(part) for piece in events or [text] for part in _documents(piece)]
    if not found:
        return text
    first = found[0]
    if len(found) > 1 and all(isinstance(part, dict) for part in found) and any(_has_delta(part) for part in found):
        first = _joined([part for part in found if isinstance(part, dict)])
    return completion_of(first) if isinstance(first, dict) else first


def completion_of(body: Mapping[str, Any]) -> Body:
    """A completion with its choices, messages and texts where the protocol has them; anything else as it is."""
    choices = body.get("choices")
    if isinstance(choices, Mapping):
        choices = [choices]
    if not isinstance(choices, list) or not all(isinstance(choice, Mapping) for choice in choices):
        return dict(body)
    told = [_told(choice) for choice in choices]
    told.sort(key=lambda choice: not (choice.get("message") or {}).get("content"))  # what says something first
    return {**body, "choices": told}


def _text(content: bytes) -> str:
    try:
        return content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return content.decode(_NARROW, "replace")


def _documents(text: str) -> Iterator[object]:
    """The JSON that a text begins with, one after the other."""
    decoder = json.JSONDecoder(strict=False)  # line breaks inside texts
    place = 0
    while before := _BEFORE.match(text, place):
        try:
            found, place = decoder.raw_decode(text, before.end())
        except (ValueError, RecursionError):
            return
        yield found


def _unwrapped(body: object) -> object:
    """What lies in a wrapper: a list of one, a text of JSON, or a field beside others that says nothing itself."""
    if isinstance(body, list) and len(body) == 1 and isinstance(body[0], Mapping) and "choices" in body[0]:
        return body[0]
    if isinstance(body, str):
        try:
            inner = json.loads(body)
        except (ValueError, RecursionError):
            return body
        return inner if isinstance(inner, Mapping) and "choices" in inner else body
    if isinstance(body, Mapping) and not body.get("choices"):
        inside = (body.get(name) for name in _WRAPPERS)
        return next((inner for inner in inside if isinstance(inner, Mapping) and inner.get("choices")), body)
    return body


def _has_delta(body: object) -> bool:
    choices = body.get("choices") if isinstance(body, Mapping) else None
    return isinstance(choices, list) and any(isinstance(choice, Mapping) and "delta" in choice for choice in choices)


def _joined(parts: list[Body]) -> Body:
    """The pieces of a stream as one completion, of its first choice; the error that ended it where one did."""
    if failed := next((part for part in parts if part.get("error")), None):
        return failed
    whole: Body = {}
    message: Body = {}
    choice: Body = {"index": 0, "finish_reason": None}
    for part in parts:
        whole |= {name: value for name, value in part.items() if name != "choices" and value is not None}
        pieces = part.get("choices") or []
        for piece in pieces if isinstance(pieces, list) else []:
            if not isinstance(piece, Mapping) or piece.get("index"):
                continue
            choice["finish_reason"] = piece.get("finish_reason") or choice["finish_reason"]
            said: Any = piece.get("delta") or piece.get("message")
            for name, value in said.items() if isinstance(said, Mapping) else ():
                grows = isinstance(value, str) and isinstance(message.get(name), str) and name != "role"
                message[name] = message[name] + value if grows else value if value is not None else message.get(name)
    return {**whole, "choices": [{**choice, "message": message}]}


def _told(choice: Mapping[str, Any]) -> Body:
    """A choice with its message, where it has any, in the protocol's place."""
    said = next((choice[name] for name in ("message", "delta", "text") if choice.get(name) is not None), None)
    if said is None:
        return dict(choice)
    message = dict(said) if isinstance(said, Mapping) else {"content": said}
    content = message.get("content")
    if isinstance(content, Mapping):
        message["content"] = content["text"] if isinstance(content.get("text"), str) else json.dumps(content)
    elif isinstance(content, list):
        message["content"] = [{"type": "text", "text": part} if isinstance(part, str) else part for part in content]
    elif not content:
        message["content"] = _called(message.get("tool_calls")) or content
    return {**choice, "message": message}


def _called(calls: object) -> str:
    """The answer of a model that takes the form that it is asked for as a tool to be called."""
    call = calls[0] if isinstance(calls, list) and len(calls) == 1 else None
    function = call.get("function") if isinstance(call, Mapping) else None
    arguments = function.get("arguments") if isinstance(function, Mapping) else None
    return arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments else ""
