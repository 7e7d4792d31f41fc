"""What crosses the line between a model's process and ours: JSON, so that nothing that comes back can run code."""

from __future__ import annotations

import json
import socket
from collections import deque
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from core.domain import Failed
from core.errors import BadInput, Cancelled, FacetryError, ModelUnavailable, Paused
from core.models.chat.backend import Can, Reply, Request, Token

Message = dict[str, Any]
"""One of: say (a sentence while it loads), loaded (id and abilities), ready, ask (requests), answers, error and its
text, lost (why the process is of no more use)."""
_ERRORS: dict[str, type[FacetryError]] = {
    kind.__name__: kind for kind in (BadInput, Cancelled, ModelUnavailable, Paused)
}


_PIECE = 1024 * 1024
_LONGEST = 256 * 1024 * 1024
"""Bytes of a message. What is longer was not meant for us."""


class Wire:
    """One end of the line. A message is a line of JSON, read as it comes: half of one keeps nobody waiting."""

    def __init__(self, line: socket.socket, patience: float | None = None) -> None:
        """patience: seconds that the other end may take to read what is sent, None for any time."""
        self._line, self._patience = line, patience
        self._begun = bytearray()
        self._whole = deque[bytes]()

    def send(self, message: Message) -> None:
        """Raises OSError when nobody is there to read it."""
        self._line.settimeout(self._patience)
        self._line.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, seconds: float | None) -> Message | None:
        """The next message; None when there is no whole one (any more) within so many seconds, or not yet.

        Raises EOFError or OSError when the other end is gone, ValueError for what is no message.
        """
        if not self._whole:
            self._line.settimeout(seconds)
            try:
                piece = self._line.recv(_PIECE)
            except (TimeoutError, BlockingIOError):
                return None
            if not piece:
                raise EOFError
            self._take(piece)
        return _read(self._whole.popleft()) if self._whole else None

    def _take(self, piece: bytes) -> None:
        first, *others = piece.split(b"\n")
        self._begun += first
        for other in others:
            self._whole.append(bytes(self._begun))
            self._begun = bytearray(other)
        if len(self._begun) > _LONGEST:
            raise ValueError("no end of a line")

    def close(self) -> None:
        self._line.close()


def _read(line: bytes) -> Message:
    try:
        message = json.loads(line)
    except RecursionError:
        message = None
    if isinstance(message, dict):
        return message
    raise ValueError("no message")


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


def to_step(message: Message) -> str | tuple[str, Can] | None:
    """What a process tells while it starts: a sentence, the id and the abilities of what it has loaded, None when it is
    ready. Raises the error that it tells of; KeyError, TypeError or ValueError for anything else."""
    if "error" in message:
        raise to_error(message)
    if "say" in message:
        return str(message["say"])
    if "loaded" in message:
        return str(message["loaded"]["id"]), Can(**message["loaded"]["can"])
    return None if message["ready"] else ""


def to_answers(message: Message, asked: int) -> list[Reply | Failed] | FacetryError | None:
    """What came of so many requests; None for a sentence in between. Raises KeyError, TypeError or ValueError."""
    if "error" in message:
        return to_error(message)
    if "say" in message:
        return None
    answers = [to_answer(plain) for plain in message["answers"]]
    if len(answers) != asked:
        raise ValueError("another number of answers")
    return answers
