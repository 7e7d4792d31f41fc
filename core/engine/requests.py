"""A request to a model: its key, its answer, what became of it. Shared by the steps, the engine and the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii

from core.domain import Evidence, Failed
from core.errors import FacetryError

KEY_VERSION = 1


def call_key(*, model: str, prompt: str, content: str, choices: Sequence[str] = ()) -> str:
    """Hash of a request: equal keys mean the same request.

    model: id with every option that changes a reply. prompt: version and rendered text (or the criterion, for a model
    without prompts). content: image hash or item text. choices: the allowed answers, where there are any.
    """
    return key_of(model=model, prompt=prompt, choices=choices)(content)


def key_of(*, model: str, prompt: str, choices: Sequence[str] = ()) -> Callable[[str], str]:
    """Content -> `call_key`, for many contents of which all else is the same.

    What is hashed is JSON with sorted keys; around the content it is written once.
    """
    before = f'{{"choices": {json.dumps(list(choices))}, "content": '
    after = f', "model": {json.dumps(model)}, "prompt": {json.dumps(prompt)}, "v": {KEY_VERSION}}}'
    return lambda content: hashlib.sha256(f"{before}{encode_basestring_ascii(content)}{after}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Work:
    """One item to be answered under its call key (core.engine.requests.call_key)."""

    item_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer as it is stored.

    Attributes:
        value: JSON of the step's domain type.
        asked: False when it cost no request.
        also: (call key, value) of further answers that came with it, for requests that nobody has made yet.
    """

    value: str
    evidence: Evidence = field(default_factory=dict)
    text: str = ""
    asked: bool = True
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: a new answer, a failure, or neither when the key was answered before (cached).

    Attributes:
        kind: FailureKind of a failure.
        raw: what the model said, word for word, in the call that this came from.
    """

    work: Work
    answer: Answer | None = None
    failure: str = ""
    kind: str = ""
    raw: str = ""


UNASKED = Failed("Not asked yet.")
"""Stands for an answer that was not asked for, because the call ended first. Compared by identity."""

Ask = Callable[[Sequence[Work]], Sequence[Answer | Failed]]
"""Asks a model about items with distinct keys. Returns one answer for each item, in order."""


@dataclass(slots=True)
class Usage:
    """What calls to a model cost so far, and what it said.

    Attributes:
        paid: prompt and completion tokens, weighted by the share of the usual price that was paid.
        ended: the error that ended the calls early and would end others too (no credit, a server that is away).
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    paid: tuple[float, float] = (0.0, 0.0)
    replies: list[str] = field(default_factory=list)
    ended: FacetryError | None = None


_usage: ContextVar[Usage | None] = ContextVar("usage", default=None)


@contextmanager
def count_usage() -> Iterator[Usage]:
    """Collect what backends report while the block runs, in this thread only.

    The two roles return answers without costs. Requests and tokens pass from the backend to the engine this way.
    """
    counted = Usage()
    token = _usage.set(counted)
    try:
        yield counted
    finally:
        _usage.reset(token)


def report_ended(error: FacetryError) -> bool:
    """Note an error that ends a batch midway, so that the answers before it are kept. False where no caller collects
    usage; then the error must be raised."""
    counted = _usage.get()
    if counted is None:
        return False
    counted.ended = counted.ended or error
    return True


def has_ended() -> bool:
    """Whether an error has ended the batch under way."""
    counted = _usage.get()
    return counted is not None and counted.ended is not None


def take_ended(kind: type[FacetryError]) -> FacetryError | None:
    """Remove and return the error that ended the batch, if it is of this kind. The caller handles it."""
    counted = _usage.get()
    if counted is None or not isinstance(counted.ended, kind):
        return None
    error, counted.ended = counted.ended, None
    return error


_stop: ContextVar[Callable[[], bool]] = ContextVar("stop", default=lambda: False)


@contextmanager
def stopping(asked: Callable[[], bool]) -> Iterator[None]:
    """While the block runs in this thread, `stop_asked` tells backends whether the run was told to stop."""
    token = _stop.set(asked)
    try:
        yield
    finally:
        _stop.reset(token)


def stop_asked() -> bool:
    """Whether a backend that waits should give up, because its answer is no longer wanted."""
    return _stop.get()()


_attempt: ContextVar[int] = ContextVar("attempt", default=0)


@contextmanager
def asking_again(attempt: int) -> Iterator[None]:
    """While the block runs in this thread, `asked_before` is `attempt`."""
    token = _attempt.set(attempt)
    try:
        yield
    finally:
        _attempt.reset(token)


def asked_before() -> int:
    """How often the items of the call under way were asked about before, in vain, in this pass."""
    return _attempt.get()


def part_of(most: int) -> int:
    """How many of so many items are to be asked about together in the call under way: all of them the first time and
    the second, then a fourth each time, at last one."""
    return max(1, most >> 2 * max(0, asked_before() - 1))


def report_usage(prompt_tokens: int, completion_tokens: int, reply: str = "", price: float = 1.0) -> None:
    """Backends call this for each request. reply: its text. price: the share of the usual price that was paid."""
    counted = _usage.get()
    if counted is not None:
        counted.requests += 1
        counted.prompt_tokens += prompt_tokens
        counted.completion_tokens += completion_tokens
        counted.paid = (counted.paid[0] + price * prompt_tokens, counted.paid[1] + price * completion_tokens)
        if reply:
            counted.replies.append(reply)
