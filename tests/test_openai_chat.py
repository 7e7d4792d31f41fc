"""The OpenAI protocol over real HTTP: every kind of trouble ends in an answer, a reason or one clear sentence."""

from __future__ import annotations

import base64
import gzip
import io
import json
import math
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from openai_server import Handler, Server, completion
from PIL import Image

from core.domain import Failed
from core.errors import FacetryError, ModelUnavailable, Paused
from core.models.chat.backend import Reply, Request
from core.models.openai.server import OpenAIChat, split_spec

# Servers and deadlines are real, and so is a machine that does other things: tried once more, and the report says so.
pytestmark = pytest.mark.flaky(reruns=1)

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
    Image.new("RGB", (40, 30), "red").save(tmp_path / "a.jpg")
    chat = backend(server)
    assert chat.reply([Request("What is it?", tmp_path / "a.jpg")])[0] == Reply("A red car.", 11, 3)
    asked = server.history[0]
    assert asked["path"] == "/v1/chat/completions"
    assert asked["key"] == f"Bearer {KEY}"
    assert asked["body"]["model"] == "small"
    text, image = asked["body"]["messages"][0]["content"]
    assert text["text"] == "What is it?"
    sent = image["image_url"]["url"].removeprefix("data:image/jpeg;base64,")
    assert base64.b64decode(sent) == (tmp_path / "a.jpg").read_bytes()
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


def test_a_large_image_is_sent_as_small_as_models_look_at_it(server: Server, tmp_path: Path) -> None:
    Image.new("RGB", (1024, 512), "red").save(tmp_path / "a.jpg")
    chat = backend(server)
    other = OpenAIChat(f"small@{server.url}", image_side=512)
    for one in (chat, other):
        assert isinstance(one.reply([Request("What is it?", tmp_path / "a.jpg")])[0], Reply)
    sizes = []
    for asked in server.history:
        data = asked["body"]["messages"][0]["content"][1]["image_url"]["url"].split(",")[1]
        sizes.append(Image.open(io.BytesIO(base64.b64decode(data))).size)
    assert sizes == [(768, 384), (512, 256)]
    assert other.id == f"{chat.id}:side=512"  # it may say another thing, so what was answered does not count for it
    assert chat.reply([Request("x", tmp_path / "gone.jpg")])[0] == Failed(
        "The image's copy in the workspace cannot be read any more."
    )


def test_an_option_that_the_server_does_not_take_is_left_out(server: Server) -> None:
    server.plan = [
        error(400, message="Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        error(400, message="'temperature' does not support 0 with this model."),
    ]
    chat = backend(server)
    assert isinstance(chat.reply([Request("x")])[0], Reply)
    assert isinstance(chat.reply([Request("x", max_tokens=5)])[0], Reply)
    options = [{**one["body"], "messages": 0} for one in server.history]
    base = {"model": "small", "messages": 0, "stream": False}
    assert options == [
        base | {"temperature": 0, "max_tokens": 2048},
        base | {"temperature": 0, "max_completion_tokens": 2048},
        base | {"max_completion_tokens": 2048},
        base | {"max_completion_tokens": 5},
    ]


def test_samples_are_seeded(server: Server) -> None:
    chat = backend(server)
    chat.reply([Request("x", sample=1), Request("x", sample=2)])
    assert [(one["body"]["temperature"], one["body"]["seed"]) for one in server.history] == [(0.7, 1), (0.7, 2)]


def with_candidates(text: str) -> dict[str, Any]:
    body = completion(text)
    top = [{"token": text, "logprob": math.log(0.75)}, {"token": "no", "logprob": math.log(0.25)}]
    body["choices"][0]["logprobs"] = {"content": [{"token": text, "logprob": math.log(0.75), "top_logprobs": top}]}
    return body


def test_probabilities_are_read_and_asked_for_as_the_server_allows(server: Server) -> None:
    server.plan = [
        error(400, message="top_logprobs must be at most 5"),
        lambda handler, _: handler.send(200, with_candidates("yes")),
        error(400, message="logprobs are not supported"),
    ]
    chat = backend(server)
    asked = Request("x", probabilities=True)
    assert chat.can.probabilities
    (reply,) = chat.reply([asked])
    assert isinstance(reply, Reply)
    assert [(one.text, one.candidates) for one in reply.tokens] == [("yes", pytest.approx({"yes": 0.75, "no": 0.25}))]
    assert chat.reply([asked])[0] == Reply("A red car.", 11, 3)
    assert not chat.can.probabilities
    assert [one["body"].get("top_logprobs") for one in server.history] == [20, 5, 5, None]


def test_probabilities_that_are_taken_and_not_given_are_not_asked_for_again(server: Server) -> None:
    chat = backend(server)
    chat.reply([Request("x", probabilities=True)])
    assert not chat.can.probabilities


def test_a_longest_answer_that_does_not_fit_beside_the_prompt_is_made_shorter(server: Server) -> None:
    said = (
        "This model's maximum context length is 4096 tokens, however you requested 5000 (3900 in the messages, 1100 in "
    )
    server.plan = [error(400, "context_length_exceeded", f"{said}the completion).")] * 2
    assert isinstance(backend(server).reply([Request("x")])[0], Reply)
    assert [one["body"]["max_tokens"] for one in server.history] == [2048, 1024, 512]


def test_an_answer_that_is_cut_says_so_and_what_cannot_be_stored_is_cleaned(server: Server) -> None:
    server.plan = [
        lambda handler, _: handler.send(200, completion("A red", finish="length")),
        lambda handler, _: handler.send(200, completion(f"\ud83d A\0 \ud83d\ude00 {KEY}")),
    ]
    chat = backend(server)
    assert chat.reply([Request("x")])[0] == Reply("A red", 11, 3, cut=True)
    assert chat.reply([Request("x")])[0] == Reply("\ufffd A \U0001f600 [key]", 11, 3)


def thought(text: str, finish: str, **told: object) -> Any:
    """An answer of a model that thinks first, as servers differ in telling it."""
    body = completion(text, finish=finish)
    if "reasoning_tokens" in told:
        body["usage"]["completion_tokens_details"] = told
    else:
        body["choices"][0]["message"] |= told
    return lambda handler, _: handler.send(200, body)


@pytest.mark.parametrize(
    "cut",
    [
        thought("", "length", reasoning_tokens=600),
        thought("", "length", reasoning_content="The image shows"),
        thought('{"1": "re', "length", reasoning="First"),
        thought("<think>The image shows", "length"),
    ],
)
def test_a_model_that_thinks_first_gets_more_room_and_what_was_lost_is_counted(server: Server, cut: Any) -> None:
    server.plan = [cut, thought("<think>It is red.</think>A red car.", "stop", reasoning_content="It is red.")]
    chat = backend(server)
    (reply,) = chat.reply([Request("x", max_tokens=600)])
    assert isinstance(reply, Reply)
    assert (reply.prompt_tokens, reply.completion_tokens) == (22, 6)
    chat.reply([Request("y", max_tokens=600)])
    assert [one["body"]["max_tokens"] for one in server.history] == [600, 2400, 2400]


def test_azure_gets_its_key_in_its_own_header_too() -> None:
    azure = OpenAIChat("gpt@https://me.openai.azure.com/openai/v1", {"https://me.openai.azure.com/openai/v1": KEY})
    assert azure._client.default_headers["api-key"] == KEY
    other = OpenAIChat("gpt@https://openai.azure.com.evil.example/v1", {})
    assert "api-key" not in other._client.default_headers


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
    assert time.monotonic() - started < 4


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
    handler.send(200, gzip.compress(bytes(20_000_000), 1), Content_Encoding="gzip")


@pytest.mark.parametrize("trouble", [hang_up, cut, bomb])
def test_a_broken_connection_is_retried(server: Server, trouble: Any) -> None:
    server.plan = [trouble]
    assert backend(server).reply([Request("x")])[0] == Reply("A red car.", 11, 3)
    assert len(server.history) == 2


def test_a_slow_drip_ends_at_the_deadline(server: Server) -> None:
    server.plan = [drip]
    started = time.monotonic()
    answer = backend(server, deadline=1.0).reply([Request("x")])[0]
    assert isinstance(answer, Failed)
    assert "within 1 s" in answer.reason
    assert time.monotonic() - started < 2


def drip_headers(handler: Handler, _: object) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 100:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


def test_slow_headers_end_at_the_deadline_too(server: Server) -> None:
    server.plan = [drip_headers]
    started = time.monotonic()
    assert isinstance(backend(server, deadline=0.4).reply([Request("x")])[0], Failed)
    assert time.monotonic() - started < 1.5


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
    server.plan = [error(status, code, message)]
    assert backend(server).reply([Request("x")])[0] == expected
    assert len(server.history) == 1


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
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    return got


@pytest.mark.parametrize("trouble", [error(500), hang_up, error(429)])
def test_a_server_that_is_away_pauses_the_run_and_may_come_back(server: Server, trouble: Any) -> None:
    server.plan = [trouble] * 10_000
    chat = backend(server, deadline=0.6)
    got = ask_all(chat, 12)
    paused = [one for one in got if isinstance(one, Paused)]
    assert len(got) == 12
    assert len(paused) >= 8
    sentence = r"The server \S+ does not answer \((status \d+|no connection)\). Check its address .* nothing is lost."
    assert re.fullmatch(sentence, str(paused[0]))
    server.plan = []
    assert isinstance(chat.reply([Request("x")])[0], Reply)
    server.plan = [trouble] * 10_000
    got = ask_all(chat, 12)
    assert re.fullmatch(
        r"The server \S+ has not answered the last 5 requests \((status \d+|no connection)\). "
        r"The run is paused; nothing is lost. Continue when it is back.",
        next(str(one) for one in got if isinstance(one, Paused)),
    )


def test_requests_that_break_a_server_do_not_pause_the_run(server: Server) -> None:
    """Five in a row fail, but the server answers another question."""

    def crash(handler: Handler, body: dict[str, Any]) -> None:
        if body["messages"][0]["content"].startswith("x"):
            handler.send(500, {})
        else:
            handler.send(200, completion("yes"))

    server.plan = [crash] * 10_000
    got = ask_all(backend(server, deadline=0.3), 6)
    assert [type(one) for one in got] == [Failed] * 6
    assert "did not answer within 0.3 s (status 500)" in got[0].reason  # type: ignore[union-attr]


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


def test_a_proxy_of_the_environment_is_used_but_not_for_this_computer(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/v1"))
    assert isinstance(OpenAIChat("small@http://models.example/v1").reply([Request("x")])[0], Reply)
    assert isinstance(OpenAIChat(f"small@{server.url}").reply([Request("x")])[0], Reply)
    assert [one["path"] for one in server.history] == [
        "http://models.example/v1/chat/completions",
        "/v1/chat/completions",
    ]


def test_the_model_may_be_followed_by_its_address() -> None:
    assert split_spec("org/model:7b@http://localhost:1234/v1/") == ("org/model:7b", "http://localhost:1234/v1")
    assert split_spec("gpt")[1] == "https://api.openai.com/v1"
    with pytest.raises(ModelUnavailable, match="Name the model"):
        OpenAIChat("")
