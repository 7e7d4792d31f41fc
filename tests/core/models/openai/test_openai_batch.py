"""Batches over real HTTP: every request is answered or has its reason, and what was paid for is never paid twice."""

# ruff: noqa: F811 - the fixture is imported and then named as a parameter

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from batch_server import (  # noqa: F401
    NUMBER,
    BatchServer,
    Clock,
    answered,
    asked,
    backend,
    error,
    hang_up,
    refused,
    said,
    server,
    texts,
)
from openai_faults import KEY
from openai_server import completion
from PIL import Image

from core.domain import Failed
from core.engine.requests import stopping
from core.errors import Cancelled, ModelUnavailable, Paused
from core.models import registry
from core.models.chat.backend import Reply, Request
from core.models.openai.batch import OpenAIBatch
from core.models.openai.server import OpenAIChat
from core.models.registry import How


def test_many_requests_are_one_file_and_answers_find_their_way_back(server: BatchServer, tmp_path: Path) -> None:
    server.polls = 3
    clock = Clock()
    replies = backend(server, tmp_path, clock).reply(asked())
    assert texts(replies) == said()
    assert isinstance(replies[1], Reply)
    assert (replies[1].prompt_tokens, replies[1].completion_tokens) == (11, 3)
    assert len(server.uploads) == len(server.batches) == len(server.history) == 1
    assert clock.now == 90  # asked after it four times, every half minute
    lines = server.lines("file-0")
    assert {(line["method"], line["url"]) for line in lines} == {("POST", "/v1/chat/completions")}
    ordinary = {name: value for name, value in server.history[0]["body"].items() if name != "stream"}
    assert [line["body"] for line in lines] == [
        {**ordinary, "messages": [{"role": "user", "content": f"question {place}"}]} for place in range(1, NUMBER)
    ]
    assert {key for _, key in server.calls} == {f"Bearer {KEY}"}


def test_no_key_and_no_request_is_left_in_the_workspace(server: BatchServer, tmp_path: Path) -> None:
    server.troubles = [("POST /files", error(500)), ("POST /files", hang_up)]
    backend(server, tmp_path).reply(asked())
    assert [path.name for path in tmp_path.iterdir()] == ["batches.json"]
    kept = (tmp_path / "batches.json").read_text()
    assert KEY not in kept
    assert "question" not in kept
    assert server.url not in kept
    assert all(KEY.encode() not in file for file in server.files.values())


def test_a_few_requests_go_the_ordinary_way(server: BatchServer, tmp_path: Path) -> None:
    assert len(backend(server, tmp_path).reply(asked(9))) == 9
    assert not server.calls
    assert len(server.history) == 9


def test_the_id_is_that_of_the_ordinary_way(server: BatchServer) -> None:
    chat = backend(server, None)
    assert chat.id == OpenAIChat(f"small@{server.url}").id
    assert (chat.can.vision, chat.can.probabilities, chat.can.batch) == (True, False, 500)
    with pytest.raises(ModelUnavailable, match="Name the model: openai-batch:MODEL"):
        OpenAIBatch("")
    spec = f"openai-batch:small@{server.url}"
    assert registry.vision_model(spec, How()).batch_size == 500
    assert registry.text_model(spec, How()).batch_size == 25_000


def test_images_go_into_the_file_as_in_the_ordinary_way(server: BatchServer, tmp_path: Path) -> None:
    for place in range(NUMBER):
        Image.new("RGB", (8, 8), (20 * place, 0, 0)).save(tmp_path / f"{place}.jpg")
    requests = [Request("look", tmp_path / f"{place}.jpg") for place in range(NUMBER)]
    server.says = "red"
    requests[3] = Request("look", tmp_path / "gone.jpg")
    replies = backend(server, tmp_path).reply(requests)
    assert texts(replies) == [
        "red" if place != 3 else "The image's copy in the workspace cannot be read any more." for place in range(NUMBER)
    ]
    (lines,) = (server.lines(upload) for upload in server.uploads)
    assert len(lines) == NUMBER - 2
    urls = {line["body"]["messages"][0]["content"][1]["image_url"]["url"] for line in lines}
    assert len(urls) == NUMBER - 2


# -- after a stop or a crash


def stop_at(clock: Clock, second: float) -> Callable[[], bool]:
    return lambda: clock.now >= second


def test_stop_while_waiting_ends_within_two_seconds_and_the_batch_goes_on(server: BatchServer, tmp_path: Path) -> None:
    server.polls = 10_000
    clock = Clock()
    with stopping(stop_at(clock, 101.0)), pytest.raises(Cancelled, match="What was finished is kept"):
        backend(server, tmp_path, clock).reply(asked())
    assert 101 <= clock.now <= 103
    assert server.called("POST /batches/") == 0  # not cancelled
    server.polls = 0
    assert texts(backend(server, tmp_path).reply(asked())) == said()
    assert len(server.uploads) == len(server.batches) == 1


def test_stop_before_a_batch_is_made_makes_none(server: BatchServer, tmp_path: Path) -> None:
    for seen, uploads in ((lambda: True, 0), (lambda: bool(server.uploads), 1)):
        with stopping(seen), pytest.raises(Cancelled):
            backend(server, tmp_path).reply(asked())
        assert (len(server.uploads), len(server.batches)) == (uploads, 0)


def test_the_same_requests_are_found_again_however_they_are_put_together(server: BatchServer, tmp_path: Path) -> None:
    """After a crash the next pass begins with what failed, so that requests fall into other batches than before."""
    server.polls = 10_000
    clock = Clock()
    with stopping(stop_at(clock, 10.0)), pytest.raises(Cancelled):
        backend(server, tmp_path, clock).reply(asked(30))
    server.polls = 0
    other = [Request("another"), *asked(30)[20:5:-1]]
    assert texts(backend(server, tmp_path).reply(other)) == [
        "It says another",
        *(f"It says question {place}" for place in range(20, 5, -1)),
    ]
    assert len(server.uploads) == 1


def test_many_new_requests_beside_known_ones_are_a_batch_of_their_own(server: BatchServer, tmp_path: Path) -> None:
    backend(server, tmp_path).reply(asked())
    replies = backend(server, tmp_path).reply(asked(40))
    assert texts(replies)[1:NUMBER] == said()[1:]
    assert all(isinstance(reply, Reply) for reply in replies)
    assert [len(server.lines(upload)) for upload in server.uploads] == [11, 28]  # 11 known, and 1 asked to learn from


def test_a_batch_whose_making_was_not_confirmed_is_not_made_twice(server: BatchServer, tmp_path: Path) -> None:
    server.lose_answer = 1
    assert texts(backend(server, tmp_path).reply(asked())) == said()
    assert (len(server.uploads), len(server.batches)) == (1, 1)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_crash_while_a_batch_is_made_costs_nothing(server: BatchServer, tmp_path: Path, arrived: bool) -> None:
    clock = Clock()
    server.lose_answer = int(arrived)
    server.troubles = [] if arrived else [("POST /batches", hang_up)]
    with stopping(stop_at(clock, 10.0)), pytest.raises(Cancelled):
        backend(server, tmp_path, clock).reply(asked())
    assert texts(backend(server, tmp_path).reply(asked())) == said()
    assert (len(server.uploads), len(server.batches)) == (1, 1)


def test_a_server_without_a_list_of_batches_is_asked_again(server: BatchServer, tmp_path: Path) -> None:
    server.troubles = [("POST /batches", error(503)), ("GET /batches", error(405))]
    assert texts(backend(server, tmp_path).reply(asked())) == said()
    assert len(server.batches) == 1


@pytest.mark.parametrize("lost", ["batch", "answers", "file"])
def test_what_the_server_has_thrown_away_is_asked_anew(server: BatchServer, tmp_path: Path, lost: str) -> None:
    clock = Clock()
    server.polls = 10_000
    if lost == "file":
        server.troubles = [("POST /batches", hang_up)]
    with stopping(stop_at(clock, 10.0)), pytest.raises(Cancelled):
        backend(server, tmp_path, clock).reply(asked())
    server.polls = 0
    if lost == "batch":
        server.batches = {"older": server.batches["batch-0"]}
    elif lost == "answers":
        server.troubles = [("GET /files", error(404))]
    else:
        server.troubles = [("POST /batches", error(400, message="no such file"))]
    assert texts(backend(server, tmp_path).reply(asked()))[1:] == said()[1:]
    assert len(server.uploads) == 2


def test_a_batch_that_is_not_known_a_moment_after_it_was_made_is_not_made_twice(
    server: BatchServer, tmp_path: Path
) -> None:
    server.troubles = [("GET /batches/", error(404))] * 2
    assert texts(backend(server, tmp_path).reply(asked())) == said()
    assert len(server.batches) == 1


def test_a_batch_that_is_lost_for_good_is_said(server: BatchServer, tmp_path: Path) -> None:
    server.troubles = [("GET /batches/", error(404))] * 3
    replies = backend(server, tmp_path).reply(asked())
    assert replies[1] == Failed("The server does not know the batch any more that held this request.")
    assert len(server.batches) == 1


@pytest.mark.parametrize("trouble", [error(503), error(429), error(500), hang_up, lambda h: h.send(200, b"<html>")])
def test_trouble_while_waiting_is_sat_out(server: BatchServer, tmp_path: Path, trouble: Any) -> None:
    server.polls = 1
    server.troubles = [("GET /batches/", trouble)] * 5 + [("GET /files/", trouble)] * 5
    clock = Clock()
    assert texts(backend(server, tmp_path, clock).reply(asked())) == said()
    assert clock.now >= 300
    assert len(server.uploads) == 1


def test_a_server_that_stays_away_pauses_the_run_and_keeps_the_batch(server: BatchServer, tmp_path: Path) -> None:
    server.troubles = [("GET /batches/", error(503))] * 200
    clock = Clock()
    with pytest.raises(Paused, match=r"has not answered for 60 minutes \(status 503\)"):
        backend(server, tmp_path, clock).reply(asked())
    assert 3600 <= clock.now <= 3700
    server.troubles = []
    assert texts(backend(server, tmp_path).reply(asked())) == said()
    assert len(server.uploads) == 1


def test_a_key_that_ends_while_waiting_stops_and_keeps_the_batch(server: BatchServer, tmp_path: Path) -> None:
    server.troubles = [("GET /batches/", error(401, "invalid_api_key", f"Incorrect: {KEY}"))]
    with pytest.raises(ModelUnavailable, match="does not accept the key") as caught:
        backend(server, tmp_path).reply(asked())
    assert KEY not in str(caught.value)
    assert texts(backend(server, tmp_path).reply(asked())) == said()
    assert len(server.uploads) == 1


# -- batches that do not answer everything


def test_each_line_is_read_as_the_ordinary_way_would(server: BatchServer, tmp_path: Path) -> None:
    special = {
        0: None,
        1: answered(completion(None, refusal=f"I cannot, {KEY}.")),
        2: answered(completion("", finish="length")),
        3: refused(400, "context_length_exceeded"),
        4: refused(500, ""),
        5: {"response": None, "error": {"code": "batch_expired", "message": "too late"}},
        6: answered("<html>"),
        7: answered({"choices": [None]}),
        8: {"response": None, "error": None},
        9: {"response": {"status_code": "x"}},
    }
    server.line = lambda body, place: special.get(place, answered(completion("fine")))
    replies = backend(server, tmp_path).reply(asked())[1:]
    unusable = Failed("The server sent something that is not an answer of the OpenAI protocol.", "unusable")
    late = Failed("The batch was not done within its day; what was answered is kept. Ask again for the rest.")
    assert replies == [
        Failed("The batch came back without an answer to this request."),
        Failed("The model refused: I cannot, [key].", "refused"),
        Failed("The answer was cut off before it began (length limit).", "too long"),
        Failed("The request is too long for the model (context_length_exceeded).", "too long"),
        Failed("The model did not answer (status 500)."),
        late,
        unusable,
        unusable,
        Failed("The batch does not answer this request (no reason given)."),
        unusable,
        Reply("fine", 11, 3, price=0.5),
    ]
    server.line = lambda body, place: answered(completion("now"))
    again = texts(backend(server, tmp_path).reply(asked()))
    assert again[11] == "fine"  # was answered, so it is not asked again
    assert again[:11] == ["It says question 0", *["now"] * 10]  # the first was never in a batch
    assert len(server.lines(server.uploads[1])) == 10


@pytest.mark.parametrize(
    ("status", "reason"), [("expired", "not done within its day"), ("cancelled", "was cancelled at the server")]
)
def test_of_a_batch_that_ended_early_what_was_answered_is_used(
    server: BatchServer, tmp_path: Path, status: str, reason: str
) -> None:
    server.ends = lambda made: status if made.id == "batch-0" else "completed"
    server.line = lambda body, place: answered(completion("fine")) if place < 6 else None
    replies = backend(server, tmp_path).reply(asked())
    assert [isinstance(reply, Reply) for reply in replies] == [True] * 7 + [False] * 5
    assert isinstance(replies[-1], Failed)
    assert reason in replies[-1].reason
    assert replies[-1].kind == "failed"
    assert len(server.history) == 1
    assert texts(backend(server, tmp_path).reply(asked()))[-1] == "It says question 11"  # the five, ordinarily
    assert len(server.uploads) == 1


def test_a_batch_that_the_server_refuses_fails_its_requests_and_is_forgotten(
    server: BatchServer, tmp_path: Path
) -> None:
    server.ends = lambda made: "failed" if made.id == "batch-0" else "completed"
    server.errors = {"code": "invalid_json_line", "message": KEY}
    replies = backend(server, tmp_path).reply(asked())
    assert replies[1:] == [Failed("The server refused the batch (invalid_json_line).")] * 11
    assert texts(backend(server, tmp_path).reply(asked()))[1:] == said()[1:]


@pytest.mark.parametrize(
    ("code", "sentence"), [("billing_hard_limit_reached", "no credit left"), ("model_not_found", "has no model")]
)
def test_a_batch_refused_for_a_reason_that_holds_for_all_ends_the_run(
    server: BatchServer, tmp_path: Path, code: str, sentence: str
) -> None:
    server.ends = lambda made: "failed"
    server.errors = {"code": code, "message": ""}
    with pytest.raises(ModelUnavailable, match=sentence):
        backend(server, tmp_path).reply(asked())


def test_lines_that_all_say_the_same_end_the_run_too(server: BatchServer, tmp_path: Path) -> None:
    server.line = lambda body, place: refused(429, "insufficient_quota")
    with pytest.raises(ModelUnavailable, match="no credit left"):
        backend(server, tmp_path).reply(asked())
    assert json.loads((tmp_path / "batches.json").read_text()) == []


# -- servers that make none


@pytest.mark.parametrize("where", ["POST /files", "POST /batches"])
@pytest.mark.parametrize("status", [404, 405, 501, 400])
def test_a_server_without_batches_is_said_with_what_to_choose_instead(
    server: BatchServer, tmp_path: Path, where: str, status: int
) -> None:
    server.troubles = [(where, lambda handler: handler.send(status, {"detail": "Not Found"}))]
    with pytest.raises(ModelUnavailable, match=f"takes no batches.*Choose openai:small@{server.url} instead"):
        backend(server, tmp_path).reply(asked())
    assert not server.batches


@pytest.mark.parametrize("where", ["POST /files", "POST /batches"])
@pytest.mark.parametrize(
    ("status", "code", "sentence"), [(401, "", "does not accept the key"), (429, "insufficient_quota", "no credit")]
)
def test_a_wrong_key_and_missing_credit_are_said(
    server: BatchServer, tmp_path: Path, where: str, status: int, code: str, sentence: str
) -> None:
    server.troubles = [(where, error(status, code, f"Incorrect: {KEY}"))]
    with pytest.raises(ModelUnavailable, match=sentence) as caught:
        backend(server, tmp_path).reply(asked())
    assert KEY not in str(caught.value)


def test_what_no_request_can_pass_shows_before_a_file_is_sent(server: BatchServer, tmp_path: Path) -> None:
    server.plan = [lambda handler, _: handler.send(401, {"error": {"code": "invalid_api_key"}})]
    with pytest.raises(ModelUnavailable, match="does not accept the key"):
        backend(server, tmp_path).reply(asked())
    assert not server.calls


def test_an_option_that_the_server_does_not_take_is_left_out_of_the_file(server: BatchServer, tmp_path: Path) -> None:
    said = {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}
    server.plan = [lambda handler, _: handler.send(400, {"error": said})]
    backend(server, tmp_path).reply(asked())
    assert all("max_completion_tokens" in line["body"] for line in server.lines("file-0"))
    assert not any("max_tokens" in line["body"] for line in server.lines("file-0"))
