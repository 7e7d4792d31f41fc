"""A request to a model: its key, its answer, what became of it. Shared by the steps, the engine and the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from core.domain import Evidence, Failed
from core.errors import FacetryError

KEY_VERSION = 1


def call_key(*, model: str, prompt: str, content: str, choices: Sequence[str] = ()) -> str:
    """Hash of a request: equal keys mean that the model would be asked the very same thing.

    model: id with every option that changes a reply. prompt: version and rendered text (or the criterion, for a model
    without prompts). content: image hash or item text. choices: the allowed answers, where there are any.
    """
    visible = {"v": KEY_VERSION, "model": model, "prompt": prompt, "content": content, "choices": list(choices)}
    return hashlib.sha256(json.dumps(visible, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Work:
    """One item to be answered under its call key (core.engine.requests.call_key)."""

    item_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer as it is stored. value: JSON of the step's domain type. asked: False when it cost no request.

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

    kind: FailureKind of a failure. raw: what the model said, word for word, in the call that this came from.
    """

    work: Work
    answer: Answer | None = None
    failure: str = ""
    kind: str = ""
    raw: str = ""


UNASKED = Failed("Not asked yet.")
"""In place of an answer (compared by identity): the call was ended before this item's turn, which it still has."""

Ask = Callable[[Sequence[Work]], Sequence[Answer | Failed]]
"""Asks a model about items with distinct keys; one answer an item, in order."""


@dataclass(slots=True)
class Usage:
    """What calls to a model cost so far, and what it said.

    paid: prompt and completion tokens, those that were had for less than the usual price counted in part.
    ended: what ended the calls before all was asked, and will end others too (no credit, a server that is away).
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

    The roles give answers, not bills: how many requests a batch took (re-asked rows included) is between engine and
    backend, and this is how it passes.
    """
    counted = Usage()
    token = _usage.set(counted)
    try:
        yield counted
    finally:
        _usage.reset(token)


def report_ended(error: FacetryError) -> bool:
    """Called where an error ends a batch in its middle, so that its answers until then can be handed over and kept.

    False where nobody takes note; then it is to be raised.
    """
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
    """What ended the batch under way, if it is of this kind; it counts no more, as the caller deals with it."""
    counted = _usage.get()
    if counted is None or not isinstance(counted.ended, kind):
        return None
    error, counted.ended = counted.ended, None
    return error


_stop: ContextVar[Callable[[], bool]] = ContextVar("stop", default=lambda: False)


@contextmanager
def stopping(asked: Callable[[], bool]) -> Iterator[None]:
    """Let backends see, while the block runs in this thread, whether the run was told to stop (`stop_asked`)."""
    token = _stop.set(asked)
    try:
        yield
    finally:
        _stop.reset(token)


def stop_asked() -> bool:
    """Whether a backend that waits for long should give up: nobody waits for its answer any more."""
    return _stop.get()()


def report_usage(prompt_tokens: int, completion_tokens: int, reply: str = "", price: float = 1.0) -> None:
    """Called for each request to a backend. reply: what came back. price: the share of the usual price that was
    paid."""
    counted = _usage.get()
    if counted is not None:
        counted.requests += 1
        counted.prompt_tokens += prompt_tokens
        counted.completion_tokens += completion_tokens
        counted.paid = (counted.paid[0] + price * prompt_tokens, counted.paid[1] + price * completion_tokens)
        if reply:
            counted.replies.append(reply)
