"""What a chat model is to the rest: requests in, replies out, and a statement of what it can do.

A backend only carries messages. What to ask and how to read it is in vision.py, text.py and
core/models/chat/replies.py, the same for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from core.domain import Failed

MAX_TOKENS = 2048
"""The longest answer in tokens, unless a request sets another limit."""
CHARS_A_TOKEN = 4
"""About so many characters of usual text make a token."""
IMAGE_TOKENS = 800
"""About what a picture of 768 px on its longest side costs: most models take 300 to 1,200 tokens."""


@dataclass(frozen=True, slots=True)
class Can:
    """What a backend can do.

    Attributes:
        vision: takes images.
        schema: holds replies to a JSON Schema itself (a grammar); elsewhere a schema is a hint.
        probabilities: tells the candidates of each token with their probabilities, when a request asks for it.
        batch: so many requests it works on at once in one call of `reply`.
        concurrency: so many calls may run at once.
        remote: a server answers, which may refuse what it is asked with; one short request tells.
    """

    vision: bool = False
    schema: bool = False
    probabilities: bool = False
    batch: int = 1
    concurrency: int = 1
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One message to a model.

    Attributes:
        image: a file of ours to show (RGB JPEG, see ImageInput.path), or None.
        schema: JSON Schema of the wanted reply, or None for plain text.
        max_tokens: longest answer.
        probabilities: ask for the candidates of each token.
        sample: 0 for the most likely answer; n for the n-th independent sample (some temperature, seeded by n).
    """

    text: str
    image: Path | None = None
    schema: Mapping[str, Any] | None = None
    max_tokens: int = MAX_TOKENS
    probabilities: bool = False
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a reply. candidates: text -> probability (0 to 1) of the likeliest tokens at this place."""

    text: str
    candidates: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        tokens: the reply's tokens in order where probabilities were asked for and given, else empty.
        cut: the answer was ended by the length limit, so that its end is missing.
        price: the share of the usual price that was paid for it.
    """

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    tokens: tuple[Token, ...] = ()
    cut: bool = False
    price: float = 1.0


class BackendLost(Exception):
    """The process that a model works in can answer nothing any more (after an error of the graphics card, for one). The
    text says why, in a few words."""


class Backend(Protocol):
    """A chat model. id: the model with every option that changes a reply; no secret is part of it."""

    id: str
    can: Can

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        """Answer each request, in order; at most `can.batch` of them. A request that fails gives Failed and affects no
        other. Errors that would end every request (key, model, credit) are raised as FacetryError; a model in a process
        of its own may raise BackendLost. Safe to call from `can.concurrency` threads."""
        ...
