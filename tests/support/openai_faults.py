"""Every way in which a model's server or its model misbehaves, as answers for tests/support/openai_server.py."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from openai_server import Answer, Body, Handler, completion

KEY = "sk-very-secret-key"
Usual = Callable[[Body], str]
"""What the model would have said."""


@dataclass(frozen=True)
class Trouble:
    """answer: the fault, made from what the model would have said. reason: what the person must be told (a pattern);
    "" where nothing need be. slow: it takes until the deadline. stops: it ends the run at once.
    """

    answer: Callable[[Usual], Answer]
    reason: str = ""
    slow: bool = False
    stops: bool = False


def error(status: int, code: str | None = None, message: str = "", **headers: str) -> Answer:
    """An error, told as the protocol tells one."""
    body = {"error": {"message": message, "code": code or None, "type": None}}
    return lambda handler, _: handler.send(status, body, **headers)


def hang_up(handler: Handler, _: Body) -> None:
    handler.close_connection = True
    handler.connection.close()


def refusal(status: int, code: str | None = None, message: str = "", **headers: str) -> Callable[[Usual], Answer]:
    return lambda _: error(status, code, message, **headers)


def says(change: Callable[[str], str | None], **options: str | None) -> Callable[[Usual], Answer]:
    """The model answers, with its text changed."""
    return lambda usual: lambda handler, body: handler.send(200, completion(change(usual(body)), **options))  # type: ignore[arg-type]


def as_bytes(data: bytes, **headers: str) -> Callable[[Usual], Answer]:
    return lambda _: lambda handler, __: handler.send(200, data, **headers)


def _begin(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()


def _silent(handler: Handler, _: Body) -> None:
    time.sleep(1.5)
    handler.close_connection = True


def _drip(handler: Handler, _: Body) -> None:
    _begin(handler)
    for _ in range(30):
        handler.wfile.write(b" ")
        time.sleep(0.05)
    handler.close_connection = True


def _hang_up_within(handler: Handler, _: Body) -> None:
    _begin(handler)
    handler.wfile.write(b'{"id": "c", "choi')
    handler.close_connection = True


def _renumber(change: Callable[[dict[str, object]], object]) -> Callable[[str], str]:
    """Change an answer that is a JSON object; any other text stays."""

    def made(text: str) -> str:
        try:
            value = json.loads(text)
        except ValueError:
            return text
        return json.dumps(change(value)) if isinstance(value, dict) else text

    return made


def _doubled(text: str) -> str:
    """Each key twice, with two different answers."""
    if not text.startswith("{"):
        return text
    pairs = [f"{json.dumps(key)}: {json.dumps(load)}" for key, load in json.loads(text).items()]
    return "{" + ", ".join([*pairs, *(f'{pair.partition(":")[0]}: "something else"' for pair in pairs)]) + "}"


BOMB = gzip.compress(bytes(9_000_000), 1)
ANSWERED_NOT = (
    r"did not answer within|fails at this request|has not answered the last 5 requests|does not answer \("
    r"|is busy and takes no more"
)
NO_PROTOCOL = r"not an answer of the OpenAI protocol|has not answered the last 5 requests|does not answer \("
MODEL = r"."  # the readers of the answers say why, in words of their own
TROUBLES: dict[str, Trouble] = {
    "429": Trouble(refusal(429), ANSWERED_NOT),
    "429 with Retry-After": Trouble(refusal(429, Retry_After="0.02"), ANSWERED_NOT),
    "500": Trouble(refusal(500), ANSWERED_NOT),
    "503": Trouble(refusal(503), ANSWERED_NOT),
    "time-out": Trouble(lambda _: _silent, ANSWERED_NOT, slow=True),
    "reset before the body": Trouble(lambda _: hang_up, ANSWERED_NOT),
    "reset within the body": Trouble(lambda _: _hang_up_within, ANSWERED_NOT),
    "truncated body": Trouble(as_bytes(b'{"id": "c", "choices": ['), NO_PROTOCOL),
    "truncated JSON": Trouble(says(lambda text: text[: len(text) * 2 // 3], finish="length"), MODEL),
    "prose around JSON": Trouble(says(lambda text: f"Of course!\n```json\n{text}\n```\nAnything else?")),
    "wrong ids": Trouble(says(_renumber(lambda reply: {f"9{key}": value for key, value in reply.items()})), MODEL),
    "duplicate ids": Trouble(says(_doubled), MODEL),
    "missing ids": Trouble(says(_renumber(lambda reply: dict(list(reply.items())[1:]))), MODEL),
    "empty content": Trouble(says(lambda _: ""), "empty answer"),
    "refusal": Trouble(
        lambda _: lambda handler, __: handler.send(200, completion(None, refusal="I cannot.")), "The model refused"
    ),
    "content filter": Trouble(says(lambda _: None, finish="content_filter"), "content filter"),
    "content filter with status 400": Trouble(refusal(400, "content_filter"), "content filter"),
    "context overflow": Trouble(refusal(400, "context_length_exceeded", "Too long."), "too long for the model"),
    "wrong model name": Trouble(refusal(404, "model_not_found", "No such model."), "has no model “small-", stops=True),
    "wrong key": Trouble(refusal(401, "invalid_api_key", "No."), "does not accept the key", stops=True),
    "slow drip": Trouble(lambda _: _drip, ANSWERED_NOT, slow=True),
    "HTML with status 200": Trouble(as_bytes(b"<html>Sign in</html>", Content_Type="text/html"), NO_PROTOCOL),
    "gzip bomb": Trouble(as_bytes(BOMB, Content_Encoding="gzip"), NO_PROTOCOL),
    "lone surrogate": Trouble(says(lambda text: f"{text} \ud83d\0")),
    "redirect": Trouble(
        lambda _: lambda handler, __: handler.send(302, {}, Location="http://127.0.0.1:9/steal"),
        "sends requests on to another address",
        stops=True,
    ),
    "insufficient quota": Trouble(
        refusal(429, "insufficient_quota", "You exceeded your current quota."), "no credit left", stops=True
    ),
    "key echoed in an error": Trouble(
        refusal(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"), "does not accept the key", stops=True
    ),
    "key echoed in an answer": Trouble(says(lambda text: f"{text} {KEY}")),
}
