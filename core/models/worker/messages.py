"""What crosses the pipe between a model's process and ours: JSON, so that nothing that comes back can run code."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from core.domain import Failed
from core.errors import BadInput, Cancelled, FacetryError, ModelUnavailable, Paused
from core.models.chat.backend import Reply, Request, Token

Message = dict[str, Any]
"""One of: say (a sentence while it loads), loaded (id and abilities), ready, ask (requests), answers, error and its
text, lost (why the process is of no more use)."""
_ERRORS: dict[str, type[FacetryError]] = {
    kind.__name__: kind for kind in (BadInput, Cancelled, ModelUnavailable, Paused)
}


def send(wire: Connection, message: Message) -> None:
    """Raises OSError when nobody is there to read it."""
    wire.send_bytes(json.dumps(message).encode())


def receive(wire: Connection) -> Message:
    """The next message. Raises EOFError or OSError when the other end is gone."""
    message: Message = json.loads(wire.recv_bytes())
    return message


def from_request(request: Request) -> Message:
    """An image crosses as its path: the model's process reads it, once."""
    return {**asdict(request), "image": None if request.image is None else str(request.image)}


def to_request(plain: Message) -> Request:
    return Request(**{**plain, "image": None if plain["image"] is None else Path(plain["image"])})


def from_answer(answer: Reply | Failed) -> Message:
    if isinstance(answer, Failed):
        return asdict(answer)
    tokens = [(token.text, dict(token.candidates)) for token in answer.tokens]
    return {**asdict(replace(answer, tokens=())), "tokens": tokens}


def to_answer(plain: Message) -> Reply | Failed:
    if "reason" in plain:
        return Failed(plain["reason"], plain["kind"], tuple(plain["tokens"]))
    return Reply(**{**plain, "tokens": tuple(Token(text, candidates) for text, candidates in plain["tokens"])})


def from_error(error: FacetryError) -> Message:
    """An error of core/errors.py with its sentence."""
    name = type(error).__name__
    return {"error": name if name in _ERRORS else ModelUnavailable.__name__, "text": str(error)}


def to_error(message: Message) -> FacetryError:
    return _ERRORS[message["error"]](message["text"])
