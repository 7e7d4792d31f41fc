"""The OpenAI protocol over real HTTP: what is asked, as the server takes it, and what is read of its answer."""

# ruff: noqa: F811 - the fixture is imported and then named as a parameter

from __future__ import annotations

import base64
import io
import math
from pathlib import Path
from typing import Any

import pytest
from openai_client import backend, server  # noqa: F401
from openai_faults import KEY, error
from openai_server import Server, completion
from PIL import Image

from core.domain import Failed
from core.errors import ModelUnavailable
from core.models.chat.backend import Reply, Request
from core.models.model_spec import split_address
from core.models.openai.server import OpenAIChat


def test_text_and_image_are_sent_and_the_reply_comes_with_its_tokens(server: Server, tmp_path: Path) -> None:
    Image.new("RGB", (80, 64), "red").save(tmp_path / "a.jpg")
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
    server.plan = [error(500, message="response_format of type json_schema is not supported")]
    chat = backend(server)
    asked = Request("x", schema={"type": "object"})
    assert isinstance(chat.reply([asked])[0], Reply)
    assert isinstance(chat.reply([asked])[0], Reply)
    forms = [sent["body"]["response_format"]["type"] for sent in server.history]
    assert forms == ["json_schema", "json_object", "json_object"]
    server.plan = [error(400, message="Unknown parameter: response_format")]
    assert isinstance(chat.reply([asked])[0], Reply)
    assert "response_format" not in server.history[-1]["body"]


def test_a_large_image_is_sent_as_small_as_models_look_at_it(server: Server, tmp_path: Path) -> None:
    Image.new("RGB", (1024, 512), "red").save(tmp_path / "a.jpg")
    chat = backend(server)
    other = OpenAIChat(f"small@{server.url}", image_side=512)
    for backend_ in (chat, other):
        assert isinstance(backend_.reply([Request("What is it?", tmp_path / "a.jpg")])[0], Reply)
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
    options = [{**asked["body"], "messages": 0} for asked in server.history]
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
    assert [(asked["body"]["temperature"], asked["body"]["seed"]) for asked in server.history] == [(0.7, 1), (0.7, 2)]


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
    assert [(token.text, token.candidates) for token in reply.tokens] == [
        ("yes", pytest.approx({"yes": 0.75, "no": 0.25}))
    ]
    assert chat.reply([asked])[0] == Reply("A red car.", 11, 3)
    assert not chat.can.probabilities
    assert [sent["body"].get("top_logprobs") for sent in server.history] == [20, 5, 5, None]


def test_probabilities_that_are_taken_and_not_given_are_not_asked_for_again(server: Server) -> None:
    chat = backend(server)
    chat.reply([Request("x", probabilities=True)])
    assert not chat.can.probabilities


def test_a_longest_answer_that_does_not_fit_beside_the_prompt_is_made_shorter(server: Server) -> None:
    said = "This model's maximum context length is 4096 tokens, however you requested"
    told = f"{said} 5048 (3000 in the messages, 2048 in the completion)."
    server.plan = [error(400, "context_length_exceeded", told)]
    assert isinstance(backend(server).reply([Request("x")])[0], Reply)
    server.plan = [error(400, "context_length_exceeded", f"{said} too many with max_tokens.")] * 2
    assert isinstance(backend(server).reply([Request("x")])[0], Reply)
    assert [asked["body"]["max_tokens"] for asked in server.history] == [2048, 1096, 2048, 1024, 512]
    server.plan = [error(400, "context_length_exceeded", told.replace("3000", "4090"))]
    failed = backend(server).reply([Request("x")])[0]
    assert isinstance(failed, Failed)
    assert failed.kind == "too long"


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
    assert [asked["body"]["max_tokens"] for asked in server.history] == [600, 2400, 2400]


def test_the_model_may_be_followed_by_its_address() -> None:
    assert split_address("org/model:7b@http://localhost:1234/v1/") == ("org/model:7b", "http://localhost:1234/v1")
    assert split_address("gpt")[1] == "https://api.openai.com/v1"
    with pytest.raises(ModelUnavailable, match="Name the model"):
        OpenAIChat("")


FORM = {"type": "object", "properties": {"1": {"type": "array", "items": {"type": "string"}}}, "required": ["1"]}


def sends(text: str, finish: str = "stop") -> Any:
    return lambda handler, _: handler.send(200, completion(text, finish=finish))


def test_a_long_answer_in_a_form_gets_some_more_room_once(server: Server) -> None:
    server.plan = [sends('{"1": ["a", "b", "c', "length"), sends('{"1": ["a", "b", "c"]}')]
    chat = backend(server)
    assert chat.reply([Request("x", schema=FORM)])[0] == Reply('{"1": ["a", "b", "c"]}', 22, 6)
    server.plan = [sends('{"1": ["a", "b"', "length")]  # it has the room now, and is what there is
    assert chat.reply([Request("x", schema=FORM)])[0] == Reply('{"1": ["a", "b"', 11, 3, cut=True)
    assert [asked["body"]["max_tokens"] for asked in server.history] == [2048, 8192, 8192]


def test_an_answer_that_repeats_itself_is_asked_for_in_a_form_that_ends(server: Server) -> None:
    server.plan = [sends('{"1": ["' + "again and again " * 30, "length"), sends('{"1": ["again"]}')]
    chat = backend(server)
    assert chat.reply([Request("x", schema=FORM)])[0] == Reply('{"1": ["again"]}', 22, 6)
    first, second = (sent["body"] for sent in server.history)
    assert (first["max_tokens"], second["max_tokens"]) == (2048, 2048)
    asked = [body["response_format"]["json_schema"]["schema"]["properties"]["1"] for body in (first, second)]
    assert "maxItems" not in asked[0]
    assert 1 <= asked[1]["maxItems"] <= 12


def test_tokens_are_counted_by_length_where_the_server_tells_none(server: Server) -> None:
    body = completion("A red car on a road.")
    del body["usage"]
    server.plan = [lambda handler, _: handler.send(200, body)]
    assert backend(server).reply([Request("x" * 400)])[0] == Reply("A red car on a road.", 100, 6)


def test_no_secret_may_be_part_of_an_address_as_that_is_stored() -> None:
    for url in ("https://me:pass@host.example/v1", "https://host.example/v1?key=1", "https://host.example/v1#1"):
        with pytest.raises(ModelUnavailable, match="without a key") as caught:
            OpenAIChat(f"gpt@{url}")
        assert "pass" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("key", ["sk-ä", "sk-1\nsk-2", "sk 1"])
def test_a_key_that_is_none_is_said(key: str) -> None:
    with pytest.raises(ModelUnavailable, match="Copy it again"):
        OpenAIChat("gpt@https://host.example/v1", {"https://host.example/v1": key})
    OpenAIChat("gpt@https://host.example/v1", {"https://host.example/v1": " sk-1\n"})
