"""The Batch API's files, line by line: a request on its way there, an answer on its way back, why a batch failed.

Nothing here sends anything. Texts of a server are looked at and not passed on, as in protocol.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from core.domain import Failed
from core.models.chat.backend import Reply
from core.models.openai.answer_shapes import completion_of
from core.models.openai.error_words import code_of
from core.models.openai.protocol import NO_PROTOCOL, Trouble, judge, read
from core.models.openai.transport import MAX_BODY

PRICE = 0.5
"""What a request costs in a batch, as a share of its price. OpenAI Batch API: 50 % discount."""

if TYPE_CHECKING:
    from openai.types import Batch

ENDPOINT: Final = "/v1/chat/completions"
UNANSWERED = {
    "completed": "The batch came back without an answer to this request.",
    "expired": "The batch was not done within its day; what was answered is kept. Ask again for the rest.",
    "cancelled": "The batch was cancelled at the server before this request was answered.",
}
"""Status of a batch that has ended -> what to say of a request that it does not answer."""
_QUEUE_FULL = re.compile(r"token_limit_exceeded|enqueued")


def request_line(mark: str, body: Mapping[str, Any]) -> bytes:
    """One request. mark: what to know its answer by."""
    line = {"custom_id": mark, "method": "POST", "url": ENDPOINT, "body": body}
    return json.dumps(line).encode() + b"\n"


def answer_lines(chunks: Iterable[bytes]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(mark, line) of each line of a file of answers that is one.

    Raises ValueError for a line beyond all bounds, and where no line is one: a proxy's page for browsers must not pass
    for a batch without answers.
    """
    good = bad = 0
    for raw in _lines(chunks):
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError):
            line = None  # its request goes without an answer, which is said there
        if isinstance(line, dict) and isinstance(line.get("custom_id"), str):
            good += 1
            yield line["custom_id"], line
        elif raw.strip():
            bad += 1
    if bad and not good:
        raise ValueError


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        if len(rest) > MAX_BODY:
            raise ValueError
    yield rest


def read_line(line: Mapping[str, Any], *, image: bool, secret: str) -> Reply | Failed | Trouble:
    """What a line says of its request, as the ordinary way would read it. image: whether one was sent. secret: is
    masked wherever the answer repeats it."""
    try:
        answer = line.get("response")
        if not answer:  # the model never saw the request
            code = code_of(line.get("error") or {})
            known = UNANSWERED.get(code.removeprefix("batch_"))
            return Failed(known or f"The batch does not answer this request ({code or 'no reason given'}).")
        status, body = int(answer["status_code"]), answer["body"]
        if status != 200:
            return judge(status, body, image=image)
        answer = read(completion_of(body), secret)
        return replace(answer, price=PRICE) if isinstance(answer, Reply) else answer
    except (ValueError, TypeError, AttributeError, KeyError):
        return NO_PROTOCOL


def why_failed(batch: Batch) -> Trouble | None:
    """Why a whole batch was not worked on, with what that means for each of its requests; None when it was."""
    if batch.status != "failed":
        return None
    first = next(iter(getattr(batch.errors, "data", None) or ()), None)
    fields = {name: getattr(first, name, None) for name in ("code", "message")}
    trouble = judge(400, fields, image=False)
    if trouble.failed is not None and trouble.failed.kind != "failed":
        return trouble
    return replace(trouble, failed=Failed(f"The server refused the batch ({code_of(fields) or 'no reason given'})."))


def is_queue_full(trouble: Trouble | None) -> bool:
    """Whether the account may not have so many tokens waiting at once: later there will be room."""
    return trouble is not None and bool(_QUEUE_FULL.search(trouble.text))
