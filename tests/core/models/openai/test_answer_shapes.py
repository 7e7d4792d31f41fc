"""Answers in the shapes in which servers send them: each says the same."""

# ruff: noqa: F811 - the fixture is imported and then named as a parameter

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from openai_client import backend, server  # noqa: F401
from openai_server import Body, Handler, Server, completion

from core.domain import Failed
from core.errors import ModelUnavailable
from core.models.chat.backend import Reply, Request
from core.models.openai.answer_shapes import answer_in
from core.models.openai.protocol import Trouble, read

SAID = 'A "grün" car.\nNo more: [DONE].'
Change = Callable[[Body], object]


def message(body: Body) -> Body:
    found: Body = body["choices"][0]["message"]
    return found


def as_json(body: object) -> bytes:
    return json.dumps(body).encode()


def changed(change: Change) -> bytes:
    body = completion(SAID)
    return as_json(change(body) or body)


def pieces(*, before: str = "", end: str = "data: [DONE]\n\n") -> bytes:
    """As a stream: the role, a few letters at a time, why it ended, what it cost."""
    deltas: list[Body] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": SAID[place : place + 4]} for place in range(0, len(SAID), 4)]
    events = [{"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events += [
        {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"id": "c", "choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3}},
    ]
    return (before + "".join(f"data: {json.dumps(event)}\n\n" for event in events) + end).encode()


def called(body: Body) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "json", "arguments": SAID}}
    message(body).update(content=None, tool_calls=[call])


SAME: dict[str, bytes] = {
    "as it should be": as_json(completion(SAID)),
    "a stream": pieces(),
    "a stream with comments": pieces(before=": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"),
    "a stream without an end": pieces(end=""),
    "a stream without blanks": pieces().replace(b"data: ", b"data:").replace(b"\n\n", b"\r\n\r\n"),
    "a stream of one whole": b"data: " + as_json(completion(SAID)) + b"\n\ndata: [DONE]\n\n",
    "lines of JSON": pieces(end="").replace(b"data: ", b""),
    "comments before it": b": ping\n\n: ping\n" + as_json(completion(SAID)),
    "blanks before it": b"\n \t\r\n" + as_json(completion(SAID)),
    "a mark before it": b"\xef\xbb\xbf" + as_json(completion(SAID)),
    "a remark behind it": as_json(completion(SAID)) + b"\n<!-- served by a -->",
    "twice": as_json(completion(SAID)) * 2,
    "UTF-16": json.dumps(completion(SAID)).encode("utf-16"),
    "Latin-1": json.dumps(completion(SAID), ensure_ascii=False).encode("latin-1"),
    "line breaks inside its text": as_json(completion(SAID)).replace(b"\\n", b"\n"),
    "JSON in a text": as_json(json.dumps(completion(SAID))),
    "in a list": as_json([completion(SAID)]),
    "in a field": changed(lambda body: {"success": True, "errors": [], "result": body}),
    "in a field with a message": changed(lambda body: {"code": 0, "message": "ok", "data": body}),
    "content of one part": changed(lambda body: message(body).update(content={"type": "text", "text": SAID})),
    "content of texts": changed(lambda body: message(body).update(content=[SAID])),
    "content of output": changed(lambda body: message(body).update(content=[{"type": "output_text", "text": SAID}])),
    "text for a message": changed(lambda body: body.update(choices=[{"text": SAID, "finish_reason": "stop"}])),
    "a piece for a message": changed(lambda body: body["choices"][0].update(delta=message(body), message=None)),
    "a message that is a text": changed(lambda body: body["choices"][0].update(message=SAID)),
    "one choice": changed(lambda body: body.update(choices=body["choices"][0])),
    "an empty choice first": changed(
        lambda body: body["choices"].insert(0, {"index": 0, "message": {"content": ""}, "finish_reason": "stop"})
    ),
    "a tool that is called": changed(called),
    "an error that is none": changed(lambda body: body.update(error=None)),
}


@pytest.mark.parametrize("name", SAME)
def test_it_says_the_same(name: str) -> None:
    reply = read(answer_in(SAME[name]))
    assert reply == Reply(SAID, 11, 3)


def test_an_answer_that_is_json_itself_is_its_text() -> None:
    body = completion(None)
    message(body)["content"] = {"1": "red"}
    reply = read(answer_in(as_json(body)))
    assert isinstance(reply, Reply)
    assert json.loads(reply.text) == {"1": "red"}


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ({"prompt_tokens": -11, "completion_tokens": 3}, (0, 3)),
        ({"prompt_tokens": 11.0, "completion_tokens": "3"}, (11, 0)),
    ],
)
def test_tokens_are_counted_where_they_are_numbers_of_tokens(told: Body, counted: tuple[int, int]) -> None:
    reply = read(answer_in(changed(lambda body: body.update(usage=told))))
    assert reply == Reply(SAID, *counted)


def test_an_error_that_ends_a_stream_is_no_short_answer() -> None:
    failed = {"error": {"message": "Provider timed out", "code": 504}}
    got = read(answer_in(pieces(end=f"data: {json.dumps(failed)}\n\n")))
    assert isinstance(got, Trouble)
    assert (got.kind, got.said) == ("again", "status 504")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[" * 9_000, b"data: [DONE]\n\n", b"<html>Sign in</html>", b": ping\n\n", b"7", b"null"],
)
def test_what_is_no_answer_is_none(content: bytes) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        read(answer_in(content))


PACKED: dict[str, tuple[bytes, str]] = {
    "gzip": (gzip.compress(as_json(completion(SAID))), "gzip"),
    "deflate": (zlib.compress(as_json(completion(SAID))), "deflate"),
    "gzip that is not said": (gzip.compress(as_json(completion(SAID))), ""),
    "said and not packed": (as_json(completion(SAID)), "gzip"),
    "an encoding of letters": (as_json(completion(SAID)), "utf-8"),
}


@pytest.mark.parametrize("name", PACKED)
def test_an_answer_that_is_packed_is_unpacked(server: Server, name: str) -> None:
    content, said = PACKED[name]
    server.plan = [lambda handler, _: handler.send(200, content, **({"Content_Encoding": said} if said else {}))]
    assert backend(server).reply([Request("x")]) == [Reply(SAID, 11, 3)]
    assert len(server.history) == 1


@pytest.mark.parametrize("kind", ["text/event-stream", "text/plain", "application/octet-stream"])
def test_its_kind_as_said_does_not_matter(server: Server, kind: str) -> None:
    server.plan = [lambda handler, _: handler.send(200, pieces(), Content_Type=kind)]
    assert backend(server).reply([Request("x")]) == [Reply(SAID, 11, 3)]


@pytest.mark.parametrize(
    ("status", "body"), [(403, b"<!DOCTYPE html><title>Attention Required!</title>You have been blocked"), (407, b"")]
)
def test_what_stands_before_a_server_is_not_its_key(server: Server, status: int, body: bytes) -> None:
    server.plan = [lambda handler, _: handler.send(status, body, Content_Type="text/html")]
    with pytest.raises(ModelUnavailable, match=rf"lets no request through \(status {status}\)"):
        backend(server).reply([Request("x")])


def test_a_client_that_is_said_to_have_closed_asks_again(server: Server) -> None:
    """nginx's status 499, passed on by what stands before it."""

    def closed(handler: Handler, _: Any) -> None:
        handler.send(499, b"")

    server.plan = [closed]
    answers = backend(server).reply([Request("x")])
    assert not [answer for answer in answers if isinstance(answer, Failed)]
    assert len(server.history) == 2
