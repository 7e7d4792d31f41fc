"""The OpenAI protocol over real HTTP: every kind of trouble ends in an answer, a reason or one clear sentence."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai_server import Handler, Server, completion

from core.domain import Failed
from core.errors import ModelUnavailable
from core.models.backend import Reply, Request
from core.models.openai_chat import OpenAIChat, split_spec

KEY = "sk-very-secret-key"


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.shutdown()
    one.server_close()


def backend(server: Server, deadline: float = 5.0) -> OpenAIChat:
    return OpenAIChat(f"small@{server.url}", {server.url: KEY}, deadline=deadline, first_wait=0.01)


def error(status: int, code: str = "", message: str = "", **headers: str) -> Any:
    body = {"error": {"message": message, "code": code or None, "type": None}}
    return lambda handler, _: handler.send(status, body, **headers)


def test_text_and_image_are_sent_and_the_reply_comes_with_its_tokens(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"jpeg bytes")
    chat = backend(server)
    assert chat.reply([Request("What is it?", tmp_path / "a.jpg")])[0] == Reply("A red car.", 11, 3)
    asked = server.history[0]
    assert asked["path"] == "/v1/chat/completions"
    assert asked["key"] == f"Bearer {KEY}"
    assert asked["body"]["model"] == "small"
    text, image = asked["body"]["messages"][0]["content"]
    assert text["text"] == "What is it?"
    assert image["image_url"]["url"] == "data:image/jpeg;base64,anBlZyBieXRlcw=="
    assert chat.models() == ["large", "small"]
    assert KEY not in chat.id


def test_json_is_asked_for_in_the_strictest_form_that_the_server_takes(server: Server) -> None:
    server.plan = [error(400, message="Unknown parameter: response_format"), error(500, message="bad json_object")]
    chat = backend(server)
    asked = Request("x", schema={"type": "object"})
    assert isinstance(chat.reply([asked])[0], Reply)
    assert isinstance(chat.reply([asked])[0], Reply)
    forms = [one["body"]["response_format"] for one in server.history]
    assert [sorted(form) for form in forms] == [["json_schema", "type"], ["schema", "type"], ["type"], ["type"]]


def test_an_option_that_the_server_does_not_take_is_left_out(server: Server) -> None:
    server.plan = [error(400, message="Unsupported parameter: 'max_tokens'")]
    chat = backend(server)
    assert isinstance(chat.reply([Request("x")])[0], Reply)
    assert isinstance(chat.reply([Request("x")])[0], Reply)
    assert ["max_tokens" in one["body"] for one in server.history] == [True, False, False]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
def test_passing_trouble_is_retried(server: Server, status: int) -> None:
    server.plan = [error(status), error(status, retry_after="0.01")]
    assert backend(server).reply([Request("x")])[0] == Reply("A red car.", 11, 3)
    assert len(server.history) == 3


def test_the_wait_that_the_server_asks_for_is_kept(server: Server) -> None:
    server.plan = [error(429, Retry_After="0.6")]
    started = time.monotonic()
    assert isinstance(backend(server).reply([Request("x")])[0], Reply)
    assert time.monotonic() - started >= 0.6


def test_a_wait_beyond_the_deadline_fails_at_once(server: Server) -> None:
    server.plan = [error(429, Retry_After="3600")]
    started = time.monotonic()
    answer = backend(server).reply([Request("x")])[0]
    assert isinstance(answer, Failed)
    assert "did not answer within 5 s (status 429)" in answer.reason
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (401, "invalid_api_key", "does not accept the key"),
        (403, "", "does not accept the key"),
        (404, "model_not_found", "has no model “small”"),
        (429, "insufficient_quota", "no credit left"),
    ],
)
def test_trouble_that_no_request_can_pass_ends_the_run_without_showing_the_key(
    server: Server, status: int, code: str, sentence: str
) -> None:
    server.plan = [error(status, code, f"Incorrect API key provided: {KEY}")]
    with pytest.raises(ModelUnavailable, match=sentence) as caught:
        backend(server).reply([Request("x")])[0]
    assert KEY not in str(caught.value)
    assert len(server.history) == 1


def drip(handler: Handler, _: object) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        time.sleep(0.1)


def hang_up(handler: Handler, _: object) -> None:
    handler.close_connection = True
    handler.connection.close()


def cut(handler: Handler, _: object) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"id": "c", "choi')
    handler.close_connection = True


def bomb(handler: Handler, _: object) -> None:
    handler.send(200, gzip.compress(b" " * 100_000_000), Content_Encoding="gzip")


@pytest.mark.parametrize("trouble", [hang_up, cut, bomb])
def test_a_broken_connection_is_retried(server: Server, trouble: Any) -> None:
    server.plan = [trouble]
    assert backend(server).reply([Request("x")])[0] == Reply("A red car.", 11, 3)
    assert len(server.history) == 2


def test_a_slow_drip_ends_at_the_deadline(server: Server) -> None:
    server.plan = [drip, drip]
    started = time.monotonic()
    answer = backend(server, deadline=1.0).reply([Request("x")])[0]
    assert isinstance(answer, Failed)
    assert "within 1 s" in answer.reason
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (completion(None, refusal="I cannot."), "The model refused: I cannot."),
        (completion(None, finish="content_filter"), "content filter"),
        (completion("", finish="length"), "cut off before it began"),
        ({"choices": []}, "not an answer of the OpenAI protocol"),
        ({"unexpected": 1}, "not an answer of the OpenAI protocol"),
        (b"<html>Sign in</html>", "not an answer of the OpenAI protocol"),
    ],
)
def test_answers_with_status_200_that_are_none_are_told_apart(server: Server, body: Any, reason: str) -> None:
    kind = "text/html" if isinstance(body, bytes) else "application/json"
    server.plan = [lambda handler, _: handler.send(200, body, Content_Type=kind)]
    answer = backend(server).reply([Request("x")])[0]
    assert isinstance(answer, Failed)
    assert reason in answer.reason


def test_broken_json_and_too_long_answers_fail_that_item_only(server: Server) -> None:
    server.plan = [lambda handler, _: handler.send(200, b'{"id": "c", "choices": [')]
    assert isinstance(backend(server).reply([Request("x")])[0], Failed)
    server.plan = [lambda handler, _: handler.send(200, b" " * 9_000_000)] * 20
    assert isinstance(backend(server, deadline=1.0).reply([Request("x")])[0], Failed)


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.plan = [lambda handler, _: handler.send(302, {}, Location="http://127.0.0.1:9/steal")]
    assert isinstance(backend(server).reply([Request("x")])[0], Failed)
    assert len(server.history) == 1


def test_a_refused_request_fails_that_item_only_and_repeats_nothing_of_the_server(server: Server) -> None:
    server.plan = [error(400, "context_length_exceeded", f"too long {KEY}")]
    assert backend(server).reply([Request("x")])[0] == Failed(
        "The model refused the request (context_length_exceeded)."
    )


def test_a_server_that_is_not_there_is_said() -> None:
    chat = OpenAIChat("small@http://127.0.0.1:9/v1", deadline=0.3, first_wait=0.01)
    answer = chat.reply([Request("x")])[0]
    assert isinstance(answer, Failed)
    assert "no connection" in answer.reason
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        chat.models()


def test_the_key_of_the_environment_goes_to_its_own_server_only(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    OpenAIChat(f"small@{server.url}").reply([Request("x")])[0]
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    OpenAIChat("small").reply([Request("x")])[0]
    assert [one["key"] for one in server.history] == ["Bearer none", f"Bearer {KEY}"]
    assert KEY not in json.dumps([one["body"] for one in server.history])


def test_the_model_may_be_followed_by_its_address() -> None:
    assert split_spec("org/model:7b@http://localhost:1234/v1/") == ("org/model:7b", "http://localhost:1234/v1")
    assert split_spec("gpt")[1] == "https://api.openai.com/v1"
    with pytest.raises(ModelUnavailable, match="Name the model"):
        OpenAIChat("")
