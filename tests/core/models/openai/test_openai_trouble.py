"""The OpenAI protocol over real HTTP: every kind of trouble ends in an answer, a reason or one clear sentence."""

# ruff: noqa: F811 - the fixture is imported and then named as a parameter

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from openai_client import backend, server  # noqa: F401
from openai_faults import KEY, error, hang_up
from openai_server import Fault, Handler, Server, completion, text_of
from PIL import Image

from core.domain import Failed
from core.errors import FacetryError, ModelUnavailable, Paused
from core.models.chat.backend import Reply, Request
from core.models.openai.server import OpenAIChat


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


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_wait_beyond_the_deadline_pauses_at_once(server: Server, form: str) -> None:
    then = datetime.now(UTC) + timedelta(seconds=3600)
    server.plan = [error(429, Retry_After="3600" if form == "seconds" else format_datetime(then, usegmt=True))]
    started = time.monotonic()
    chat = backend(server)
    with pytest.raises(Paused, match="asks to wait 60 minutes before it answers again"):
        chat.reply([Request("x")])
    assert isinstance(chat.reply([Request("x")])[0], Reply)  # a person who continues sooner is not held up
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (401, "invalid_api_key", "does not accept the key"),
        (403, "", "does not accept the key"),
        (404, "model_not_found", "has no model “small”"),
        (400, "invalid_api_key", "does not accept the key"),
        (400, "model_not_found", "has no model “small”"),
        (429, "insufficient_quota", "no credit left"),
        (402, "", "no credit left"),
        (404, "", "Check the address"),
        (302, "", "sends requests on to another address"),
    ],
)
def test_trouble_that_no_request_can_pass_ends_the_run_without_showing_the_key(
    server: Server, status: int, code: str, sentence: str
) -> None:
    server.plan = [error(status, code, f"Incorrect: {KEY}" if code else "")]
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


def cut(handler: Handler, _: object) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"id": "c", "choi')
    handler.close_connection = True


def bomb(handler: Handler, _: object) -> None:
    handler.send(200, gzip.compress(bytes(20_000_000), 1), Content_Encoding="gzip")


@pytest.mark.parametrize("trouble", [hang_up, cut, bomb])
def test_a_broken_connection_is_retried(server: Server, trouble: Any) -> None:
    server.plan = [trouble]
    assert backend(server).reply([Request("x")])[0] == Reply("A red car.", 11, 3)
    assert len(server.history) == 2


def test_a_slow_drip_ends_at_the_deadline(server: Server) -> None:
    server.plan = [drip]
    chat = backend(server, deadline=1.0)  # which loads the client when it is the first
    started = time.monotonic()
    answer = chat.reply([Request("x")])[0]
    assert isinstance(answer, Failed)
    assert "within 1 s" in answer.reason
    assert answer.kind == "late"
    assert sum(answer.tokens) > 0  # the server may have worked on it, and a cap is to hold
    assert time.monotonic() - started < 5  # the whole takes 10


def drip_headers(handler: Handler, _: object) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 100:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


def test_slow_headers_end_at_the_deadline_too(server: Server) -> None:
    server.plan = [drip_headers]
    chat = backend(server, deadline=0.4)
    started = time.monotonic()
    assert isinstance(chat.reply([Request("x")])[0], Failed)
    assert time.monotonic() - started < 4  # the whole takes 6


@pytest.mark.parametrize(
    ("body", "reason", "kind"),
    [
        (completion(None, refusal=f"I cannot, {KEY}."), "The model refused: I cannot, [key].", "refused"),
        (completion(None, finish="content_filter"), "content filter", "filtered"),
        (completion("", finish="length"), "cut off before it began", "too long"),
        (completion(" \n"), "an empty answer", "empty"),
        (completion(None), "an empty answer", "empty"),
        ({"choices": []}, "not an answer of the OpenAI protocol", "unusable"),
        ({"choices": [{"index": 0}]}, "not an answer of the OpenAI protocol", "unusable"),
        ({"choices": [None]}, "not an answer of the OpenAI protocol", "unusable"),
        ({"choices": "no"}, "not an answer of the OpenAI protocol", "unusable"),
        ({"unexpected": 1}, "not an answer of the OpenAI protocol", "unusable"),
        ([1, 2], "not an answer of the OpenAI protocol", "unusable"),
        (b"<html>Sign in</html>", "not an answer of the OpenAI protocol", "unusable"),
        (b'{"id": "c", "choices": [', "not an answer of the OpenAI protocol", "unusable"),
        (b" " * 9_000_000, "not an answer of the OpenAI protocol", "unusable"),
    ],
)
def test_answers_with_status_200_that_are_none_are_told_apart(
    server: Server, body: Any, reason: str, kind: str
) -> None:
    content = "text/html" if isinstance(body, bytes) and body.startswith(b"<") else "application/json"
    server.plan = [lambda handler, _: handler.send(200, body, Content_Type=content)] * 3
    answer = backend(server).reply([Request("x")])[0]
    assert isinstance(answer, Failed)
    assert reason in answer.reason
    assert answer.kind == kind
    assert len(server.history) == (3 if kind in ("unusable", "too long") else 1)
    assert answer.tokens in ((0, 0), (11 * len(server.history), 3 * len(server.history)))


def test_an_error_with_status_200_is_an_error(server: Server) -> None:
    server.plan = [lambda handler, _: handler.send(200, {"error": {"code": 502, "message": "Bad provider"}})]
    assert isinstance(backend(server).reply([Request("x")])[0], Reply)
    assert len(server.history) == 2


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.plan = [lambda handler, _: handler.send(302, {}, Location="http://127.0.0.1:9/steal")]
    with pytest.raises(ModelUnavailable, match="Give the address itself"):
        backend(server).reply([Request("x")])
    assert len(server.history) == 1


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (
            400,
            "context_length_exceeded",
            "",
            Failed("The request is too long for the model (context_length_exceeded).", "too long"),
        ),
        (413, "", "", Failed("The request is too long for the model (status 413).", "too long")),
        (
            400,
            "content_filter",
            "",
            Failed("The provider's content filter refused the request (content_filter).", "filtered"),
        ),
        (
            403,
            "",
            "Your input was flagged",
            Failed("The provider's content filter refused the request (status 403).", "filtered"),
        ),
        (400, "", f"Something else {KEY}", Failed("The server does not take the request (status 400).")),
        (418, f"bad {KEY}", "", Failed("The server does not take the request (status 418).")),
    ],
)
def test_a_refused_request_fails_that_item_only_and_repeats_nothing_of_the_server(
    server: Server, status: int, code: str, message: str, expected: Failed
) -> None:
    chat = backend(server)
    chat.reply([Request("x")])  # of a first request it is seen whether it is refused for its options
    server.plan = [error(status, code, message)]
    assert chat.reply([Request("x")])[0] == expected
    assert len(server.history) == 2


def test_a_model_that_cannot_see_is_said_at_once(server: Server, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    server.plan = [error(500, message="image input is not supported - hint: provide the mmproj")]
    with pytest.raises(ModelUnavailable, match="cannot see images"):
        backend(server).reply([Request("x", tmp_path / "a.jpg")])


def ask_all(chat: OpenAIChat, count: int) -> list[Reply | Failed | BaseException]:
    """So many requests at once, each in a thread of its own."""
    got: list[Reply | Failed | BaseException] = []

    def ask(number: int) -> None:
        try:
            got.append(chat.reply([Request(f"x {number}")])[0])
        except FacetryError as problem:
            got.append(problem)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return got


@pytest.mark.parametrize("trouble", [error(500), hang_up, error(429)])
def test_a_server_that_is_away_pauses_the_run_and_may_come_back(server: Server, trouble: Any) -> None:
    server.plan = [trouble] * 10_000
    chat = backend(server, deadline=2.0)
    got = ask_all(chat, 12)
    paused = [answer for answer in got if isinstance(answer, Paused)]
    assert len(got) == 12
    assert len(paused) >= 8
    sentence = (
        r"The server \S+ (does not answer \((status \d+|no connection)\). Check its address .*"
        r"|is busy and takes no more requests now \(status 429\)\. .*) nothing is lost\..*"
    )
    assert re.fullmatch(sentence, str(paused[0]))
    server.plan = []
    assert isinstance(chat.reply([Request("x")])[0], Reply)
    server.plan = [trouble] * 10_000
    got = ask_all(chat, 12)
    assert re.fullmatch(
        r"The server \S+ (has not answered the last 5 requests \((status \d+|no connection)\)"
        r"|is busy and takes no more requests now \(status 429\))\. "
        r"The run is paused; nothing is lost. Continue (when it is back|later).",
        next(str(answer) for answer in got if isinstance(answer, Paused)),
    )


def test_requests_that_break_a_server_do_not_pause_the_run(server: Server) -> None:
    """Five in a row fail, but the server answers another question."""

    def crash(handler: Handler, body: dict[str, Any]) -> None:
        if body["messages"][0]["content"].startswith("x"):
            handler.send(500, {})
        else:
            handler.send(200, completion("yes"))

    server.plan = [crash] * 10_000
    got = ask_all(backend(server, deadline=10.0), 6)
    assert [type(answer) for answer in got] == [Failed] * 6
    assert "fails at this request" in got[0].reason  # type: ignore[union-attr]


def test_one_image_at_which_a_server_fails_is_given_up_soon_while_others_are_answered(
    server: Server, tmp_path: Path
) -> None:
    """As to the pictures that a server cannot take: each was tried again for two minutes."""

    def fails(body: dict[str, Any]) -> bool:
        return "broken" in text_of(body)

    server.faults = [Fault(error(500), fails)]
    Image.new("RGB", (80, 80), "red").save(tmp_path / "a.jpg")
    chat = backend(server, deadline=120)
    good, broken = (Request(words, tmp_path / "a.jpg") for words in ("good", "broken"))
    for _ in range(2):
        assert isinstance(chat.reply([good])[0], Reply)
        failed = chat.reply([broken])[0]
        assert isinstance(failed, Failed)
        assert (failed.kind, failed.again) == ("failed", "later")
    assert sum(fails(asked["body"]) for asked in server.history) == 2 * 3
    assert len(server.history) == 2 * (1 + 3 + 1)  # the shortest question tells that the server is there


def test_a_server_that_takes_no_side_under_28_pixels_is_sent_none(server: Server, tmp_path: Path) -> None:
    def is_refused(body: dict[str, Any]) -> bool:
        url = body["messages"][0]["content"][1]["image_url"]["url"]
        return min(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).size) < 28

    server.faults = [Fault(error(500), is_refused)]
    chat = backend(server)
    for number, size in enumerate([(12, 12), (1, 1), (1000, 4), (4, 1000), (27, 600), (90, 20), (300, 200)]):
        Image.new("RGB", size, "red").save(tmp_path / f"{number}.jpg")
        assert isinstance(chat.reply([Request("x", tmp_path / f"{number}.jpg")])[0], Reply)
    assert len(server.history) == 7


def test_a_server_that_fails_for_a_moment_is_waited_for(server: Server) -> None:
    server.plan = [error(500)] * 6  # three times, the shortest question, twice
    assert isinstance(backend(server).reply([Request("x")])[0], Reply)
    assert len(server.history) == 7


def test_a_server_that_is_not_there_is_said() -> None:
    chat = OpenAIChat("small@http://127.0.0.1:9/v1", deadline=0.3, first_wait=0.01)
    answer = chat.reply([Request("x")])[0]
    assert isinstance(answer, Failed)
    assert "no connection" in answer.reason
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        chat.models()


# -- keys and where they go


def test_azure_gets_its_key_in_its_own_header_too() -> None:
    azure = OpenAIChat("gpt@https://me.openai.azure.com/openai/v1", {"https://me.openai.azure.com/openai/v1": KEY})
    assert azure._client.default_headers["api-key"] == KEY
    other = OpenAIChat("gpt@https://openai.azure.com.evil.example/v1", {})
    assert "api-key" not in other._client.default_headers


def test_the_key_of_the_environment_goes_to_its_own_server_only(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    OpenAIChat(f"small@{server.url}").reply([Request("x")])[0]
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    OpenAIChat("small").reply([Request("x")])[0]
    assert [asked["key"] for asked in server.history] == ["Bearer none", f"Bearer {KEY}"]
    assert KEY not in json.dumps([asked["body"] for asked in server.history])


def test_a_proxy_of_the_environment_is_used_but_not_for_this_computer(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/v1"))
    assert isinstance(OpenAIChat("small@http://models.example/v1").reply([Request("x")])[0], Reply)
    assert isinstance(OpenAIChat(f"small@{server.url}").reply([Request("x")])[0], Reply)
    assert [asked["path"] for asked in server.history] == [
        "http://models.example/v1/chat/completions",
        "/v1/chat/completions",
    ]
