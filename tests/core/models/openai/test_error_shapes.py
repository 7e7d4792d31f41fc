"""The same words mean the same, whatever the shape in which a server says them."""

# ruff: noqa: F811 - the fixture is imported and then named as a parameter

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from error_shapes import SHAPES, WORDS
from openai_client import backend, server  # noqa: F401
from openai_server import Body, Fault, Handler, Server, completion

from core.domain import Failed
from core.errors import ModelUnavailable, Paused
from core.models.chat.backend import Reply, Request
from core.models.openai.dialect import ABOUT, Dialect
from core.models.openai.protocol import judge
from core.models.openai.server import OpenAIChat

OPTIONS = {
    "logprobs": "candidates",
    "response_format": "format",
    "seed": "seed",
    "max_tokens": "length",
    "temperature": "temperature",
}
FULL = Request("x", schema={"type": "object"}, probabilities=True, sample=1)


def meaning(status: int, body: Any) -> str:
    """What an error is taken for: a kind of trouble, or which option is left out."""
    body = body if isinstance(body, str) else json.dumps(body)
    found = judge(status, body, image=True)
    if found.failed is not None and found.failed.kind != "failed":
        return found.failed.kind
    if found.kind == "other" or found.said == "status 500":
        dialect = Dialect()
        before = dialect.using(FULL)
        if dialect.learn(before, found.text, 2048):
            options = dialect.options(FULL, dialect.using(FULL), 2048)
            names = {"candidates": "logprobs", "format": "response_format"}
            changed = {names.get(name, name) for name in set(before) - set(dialect.using(FULL))}
            return "max_tokens" if options.get("max_tokens") != 2048 else "".join(changed)
    return found.kind


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_changes_no_meaning(shape: str) -> None:
    wrong = []
    for expected, said in WORDS.items():
        for status, message, code in said:
            sent, body = SHAPES[shape](status, message, code)
            if (found := meaning(sent, body)) != expected:
                wrong.append((expected, found, sent, message))
    assert wrong == []


def test_each_meaning_has_words_and_shapes_enough() -> None:
    assert all(len(said) >= 3 for said in WORDS.values())
    assert len(SHAPES) >= 12
    assert set(OPTIONS.values()) == set(ABOUT)


def refuses(server: Server, option: str, status: int, body: Any) -> None:
    """Let a server refuse each request that has an option."""
    server.faults = [Fault(lambda handler, _: handler.send(status, body), lambda asked: option in asked)]


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("shape", ["text", "list of mappings", "detail as a list", "page", "status 200, text", "empty"])
def test_an_option_is_refused_once_by_a_server_and_then_left_out(server: Server, option: str, shape: str) -> None:
    """An empty body names no option: without any it is answered, with all of them refused once more, so they go."""
    message = f"{option}: Extra inputs are not permitted"
    status, body = (400, b"") if shape == "empty" else SHAPES[shape](400, message, "")
    refuses(server, option, status, body.encode() if shape == "page" else body)
    chat = backend(server)
    for _ in range(3):
        assert isinstance(chat.reply([FULL])[0], Reply)
    refused = [option in asked["body"] for asked in server.history]
    assert sum(refused) == (2 if shape == "empty" else 1)
    assert len(server.history) == 3 + (2 if shape == "empty" else 1)
    another = backend(server)  # of the same server and model, while the first lives
    assert isinstance(another.reply([FULL])[0], Reply)
    assert option not in server.history[-1]["body"]


def test_many_requests_at_once_learn_of_one_refusal(server: Server) -> None:
    refuses(server, "logprobs", 400, [{"error": {"message": 'Unknown name "logprobs"'}}])
    server.seconds = 0.05
    chat = backend(server)
    threads = [threading.Thread(target=chat.reply, args=([FULL],)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sum("logprobs" in asked["body"] for asked in server.history) == 1
    assert len(server.history) == 9


def test_a_refusal_by_chance_teaches_nothing(server: Server) -> None:
    server.plan = [lambda handler, _: handler.send(400, {"error": "Bad request"})]
    chat = backend(server)
    (reply,) = chat.reply([FULL])
    assert isinstance(reply, Reply)
    assert reply.prompt_tokens == 22  # that of the trial without options is counted too
    chat.reply([FULL])
    assert "response_format" in server.history[-1]["body"]


@pytest.mark.parametrize(
    ("meant", "sentence"),
    [
        ("key", "does not accept the key"),
        ("model", "has no model “small”"),
        ("unloaded", "has no model loaded. Load “small” there"),
        ("credit", "has no credit left"),
        ("limit", "has reached its limit of the day or the month"),
        ("address", "nor does http://.*/openai/v1. Check the address"),
    ],
)
@pytest.mark.parametrize("shape", ["text", "list of mappings", "JSON in a text", "status 200"])
def test_what_no_request_can_pass_is_said_at_once(server: Server, meant: str, sentence: str, shape: str) -> None:
    status, message, code = WORDS[meant][0]
    status, body = SHAPES[shape](status, message, code)
    server.faults = [Fault(lambda handler, _: handler.send(status, body))]
    url = server.url if meant != "address" else server.url.replace("/v1", "/openai")
    with pytest.raises((ModelUnavailable, Paused), match=sentence):
        OpenAIChat(f"small@{url}").reply([FULL])
    assert len(server.history) == (2 if meant == "address" else 1)


@pytest.mark.parametrize("typed", ["", "/", "/v1/chat/completions", "/v1/models/", "/v1/", "/chat/completions"])
def test_an_address_is_mended(server: Server, typed: str) -> None:
    """Only paths below /v1 answer, as with Ollama and vLLM; others say so in a way of their own, with status 200."""

    def elsewhere(handler: Handler, body: Body) -> None:
        if handler.path == "/v1/chat/completions":
            handler.answer(body)
        else:
            handler.send(200, {"error": f"Unexpected endpoint or method. (POST {handler.path})"})

    server.faults = [Fault(elsewhere)]
    chat = OpenAIChat(f"small@{server.url.removesuffix('/v1')}{typed}")
    for _ in range(3):
        assert isinstance(chat.reply([Request("x")])[0], Reply)
    assert len(server.history) == (3 if "v1" in typed else 4)


@pytest.mark.parametrize("body", [b"", b"<html><body>Welcome</body></html>"])
def test_a_page_where_no_model_is_asked_leads_on_to_v1(server: Server, body: bytes) -> None:
    def elsewhere(handler: Handler, asked: Body) -> None:
        if handler.path == "/api/v1/chat/completions":
            handler.answer(asked)
        else:
            handler.send(200 if body else 404, body, Content_Type="text/html")

    server.faults = [Fault(elsewhere)]
    chat = OpenAIChat(f"small@{server.url.removesuffix('/v1')}/api")
    assert isinstance(chat.reply([Request("x")])[0], Reply)
    assert [asked["path"] for asked in server.history] == ["/api/chat/completions", "/api/v1/chat/completions"]


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Rate limit reached. Please try again in 0.4s."}},
        [{"error": {"code": 429, "details": [{"@type": "RetryInfo", "retryDelay": "0.4s"}]}}],
        {"error": "busy", "retry_after": 0.4},
    ],
)
def test_a_wait_that_the_words_ask_for_is_kept(server: Server, body: Any) -> None:
    server.plan = [lambda handler, _: handler.send(429, body)]
    started = time.monotonic()
    assert isinstance(backend(server).reply([Request("x")])[0], Reply)
    assert time.monotonic() - started >= 0.4


def test_a_longest_answer_that_is_too_long_for_the_model_is_remembered(server: Server) -> None:
    def limited(handler: Handler, body: Body) -> None:
        if body["max_tokens"] > 1024:
            handler.send(400, {"detail": "max_tokens must be at most 1024"})
        else:
            handler.answer(body)

    server.faults = [Fault(limited)]
    chat = backend(server)
    for _ in range(2):
        assert isinstance(chat.reply([Request("x")])[0], Reply)
    assert [asked["body"]["max_tokens"] for asked in server.history] == [2048, 1024, 1024]


def test_an_answer_that_a_server_takes_for_thoughts_is_read(server: Server) -> None:
    body = completion("")
    body["choices"][0]["message"] |= {"content": None, "reasoning_content": "It is red."}
    server.plan = [lambda handler, _: handler.send(200, body)]
    assert backend(server).reply([Request("x")])[0] == Reply("It is red.", 11, 3)


def test_words_deeper_or_longer_than_any_error_are_left() -> None:
    deep: Any = "seed"
    for _ in range(50):
        deep = {"error": deep}
    assert judge(400, deep, image=False).failed == Failed("The server does not take the request (status 400).")
    assert len(judge(400, {"error": "x" * 10**6}, image=False).text) == 20_000


@pytest.mark.parametrize("elsewhere", [(404, b""), (200, {"error": "Unexpected endpoint or method. (GET /models)"})])
def test_the_models_of_a_server_are_listed_where_v1_was_left_out(
    server: Server, monkeypatch: pytest.MonkeyPatch, elsewhere: tuple[int, Any]
) -> None:
    usual = Handler.do_GET

    def get(handler: Handler) -> None:
        if handler.path == "/v1/models":
            usual(handler)
        else:
            handler.send(*elsewhere)

    monkeypatch.setattr(Handler, "do_GET", get)
    chat = OpenAIChat(f"small@{server.url.removesuffix('/v1')}")
    assert chat.models() == ["large", "small"]
    assert isinstance(chat.reply([Request("x")])[0], Reply)
    assert [asked["path"] for asked in server.history] == ["/v1/chat/completions"]
    with pytest.raises(ModelUnavailable, match="Check the address"):
        OpenAIChat(f"small@{server.url}/elsewhere").models()
