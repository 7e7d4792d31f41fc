"""Batches in a run: how large they are, what is remembered of them, what an estimate and the command line see."""

# ruff: noqa: F811 - the fixture is imported and then named as a parameter

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from batch_server import (  # noqa: F401
    NUMBER,
    BatchHandler,
    BatchServer,
    Clock,
    answered,
    asked,
    backend,
    error,
    said,
    server,
    texts,
)
from house import House, draw
from openai_faults import KEY
from openai_server import completion

from core.cli.main import main
from core.domain import Failed, RunSettings
from core.engine import run_step
from core.engine.requests import Answer, Work
from core.errors import FacetryError, ModelUnavailable, Paused
from core.models import registry
from core.models.chat.backend import Reply, Request
from core.models.chat.vision import ChatVision
from core.models.model_spec import OPENAI_BATCH
from core.models.openai.batch import OpenAIBatch
from core.models.openai.batch_journal import Journal
from core.models.openai.transport import MAX_BODY
from core.models.prices import Price, price_of
from core.models.registry import How
from core.pipeline.estimate import estimate

# -- sizes


def test_more_than_a_batch_may_hold_is_split(server: BatchServer, tmp_path: Path) -> None:
    assert texts(backend(server, tmp_path, most_lines=5).reply(asked())) == said()
    assert [len(server.lines(upload)) for upload in server.uploads] == [5, 5, 1]
    size = len(server.files["file-0"]) // 5
    assert texts(backend(server, None, most_bytes=3 * size + 10).reply(asked())) == said()
    assert [len(server.lines(upload)) for upload in server.uploads[3:]] == [3, 3, 3, 2]


def test_answers_may_be_larger_together_than_one_may_be(server: BatchServer, tmp_path: Path) -> None:
    server.line = lambda body, _: answered(completion("word " * 200_000))
    replies = backend(server, tmp_path).reply(asked())
    assert sum(len(text) for text in texts(replies)) > MAX_BODY
    assert all(isinstance(reply, Reply) for reply in replies)


def test_one_line_without_end_is_no_answer(server: BatchServer, tmp_path: Path) -> None:
    def endless(handler: BatchHandler) -> None:
        handler.send(200, b"x" * (MAX_BODY + 100_000))

    server.troubles = [("GET /files/", endless)]
    assert texts(backend(server, tmp_path).reply(asked())) == said()


def test_a_batch_beyond_the_accounts_limit_is_sent_in_parts(server: BatchServer, tmp_path: Path) -> None:
    """The account may have 15 requests waiting."""
    server.ends = lambda made: "failed" if len(server.lines(made.file)) > 15 else "completed"
    server.errors = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached for small."}
    assert texts(backend(server, tmp_path).reply(asked(41))) == said(41)
    assert [len(server.lines(upload)) for upload in server.uploads] == [40, 20, 10, 10, 20, 10, 10]


def test_an_account_that_takes_not_even_a_few_pauses_the_run(server: BatchServer, tmp_path: Path) -> None:
    server.ends = lambda made: "failed"
    server.errors = {"code": "token_limit_exceeded", "message": ""}
    with pytest.raises(Paused, match="has no room for more batches"):
        backend(server, tmp_path).reply(asked(30))


def test_while_others_are_worked_on_a_batch_waits_for_its_turn(server: BatchServer, tmp_path: Path) -> None:
    clock = Clock()
    chat = backend(server, tmp_path, clock)
    server.ends = lambda made: "failed" if clock.now < 100 else "completed"
    server.errors = {"code": "token_limit_exceeded", "message": ""}
    chat._under_way.add("another")
    assert texts(chat.reply(asked())) == said()
    assert len(server.uploads) == 1
    assert len(server.batches) == 5


# -- the journal


def test_the_journal_forgets_what_the_server_will_have_forgotten(tmp_path: Path) -> None:
    days = [date(2026, 1, 1)]
    journal = Journal(tmp_path, lambda: days[0])
    journal.add("f1", ["a", "b"])
    journal.made("f1", "b1")
    days[0] += timedelta(days=20)
    journal.add("f2", ["b", "c"])
    found = Journal(tmp_path).holding(["a", "b", "x"])
    assert [(entry.file, entry.batch, entry.requests) for entry in found] == [("f2", "", ("b",)), ("f1", "b1", ("a",))]
    days[0] += timedelta(days=10)
    journal.handed_over("f2", ["c"])
    assert [batch.file for batch in journal.holding(["a", "b", "c"])] == ["f2"]
    assert not journal.holding(["a", "c"])
    days[0] += timedelta(days=2)
    journal.add("f3", ["d"])
    assert not journal.holding(["b"])  # read two days ago: who asks now wants to try anew


def test_a_journal_that_is_none_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "batches.json").write_text('{"not": "ours"}')
    journal = Journal(tmp_path)
    assert not journal.holding(["a"])
    journal.add("f1", ["a"])
    assert journal.holding(["a"])


def test_a_workspace_that_cannot_be_written_pauses_before_anything_is_paid_for(
    server: BatchServer, tmp_path: Path
) -> None:
    with pytest.raises(Paused, match="cannot be written"):
        backend(server, tmp_path / "gone").reply(asked())
    assert not server.batches


# -- in a run


def test_the_reason_that_ends_a_step_is_told_and_not_that_others_were_stopped(
    server: BatchServer, tmp_path: Path
) -> None:
    server.polls = 10**9
    chat = OpenAIBatch(f"small@{server.url}", {server.url: KEY}, tmp_path, interval=0.05)

    def ask(some: Any) -> list[Answer | Failed]:
        if some[0].key == "0":
            while not server.called("POST /batches"):
                pass
            server.troubles = [("POST /files", error(429, "insufficient_quota"))]
        replies = chat.reply([Request(f"{request.key} {number}") for request in some for number in range(NUMBER)])
        return [Answer(reply.text) if isinstance(reply, Reply) else reply for reply in replies]

    run = partial(run_step.run_step, "describe", [Work("a", "0"), Work("b", "1")], ask, batch_size=1, concurrency=2)
    with pytest.raises(FacetryError, match="no credit left") as caught:
        run(lookup=lambda keys: {}, save=lambda outcomes: None)
    assert isinstance(caught.value, ModelUnavailable)


def test_a_batch_has_the_price_of_its_model_and_is_free_where_the_ordinary_way_is() -> None:
    table = [Price("gpt-4o", 2.5, 10.0)]
    assert price_of("openai-batch:gpt-4o-2024-08-06", table) == table[0]
    assert price_of("openai:gpt-4o", table) == table[0]
    local = price_of("openai-batch:llava@http://localhost:8000/v1", table)
    assert local is not None
    assert local.of(1e6, 1e6) == 0
    assert price_of("openai-batch:unknown", table) is None


def test_an_estimate_counts_batches_in_hours(
    house: House, server: BatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.VISION, OPENAI_BATCH, registry._vision_of(OPENAI_BATCH))
    settings = RunSettings("", "colour", 4, vision=f"openai-batch:small@{server.url}")
    for number, hours in ((5, 0), (16, 1), (2000, 1), (2001, 2)):
        found = estimate(house.store, settings, [str(item) for item in range(number)])
        seconds = found.steps["describe"].seconds
        assert seconds == hours * 3600 if hours else seconds < 60


def test_the_command_line_looks_at_all_images_first_so_that_they_share_a_batch(
    house: House, server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While images come in they are described in parts of up to 32, and each would wait for a batch of its own."""
    server.says = "A red car."
    monkeypatch.setitem(registry.VISION, OPENAI_BATCH, registry._vision_of(OPENAI_BATCH))
    images, place = draw(tmp_path / "many", 10), tmp_path / "place"
    command = ["run", "--images", str(images), "--criterion", "colour", "--k", "1", "--out", str(tmp_path / "out")]
    assert main([*command, "--workspace", str(place), "--vision", f"openai-batch:small@{server.url}"]) == 0
    assert [len(server.lines(upload)) for upload in server.uploads] == [
        27
    ]  # 4 and 8 to show something at once, 1 to learn
    assert len(server.history) == 13


def test_a_run_in_batches_shares_its_answers_with_the_ordinary_way(
    house: House, server: BatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.says = "A red car."
    clock = Clock()

    def vision(model: str, how: How) -> ChatVision:
        chat = OpenAIBatch(model, how.keys, how.folder, few=3, clock=clock, sleep=clock.sleep)
        return ChatVision(chat, how.wording, how.asking)

    monkeypatch.setitem(registry.VISION, OPENAI_BATCH, vision)
    monkeypatch.setitem(registry.VISION, "openai", registry._vision_of("openai"))
    first = house.start(vision=f"openai-batch:small@{server.url}", limit=12, k=1)
    house.run(first)
    run = house.store.runs.get(first)
    assert run is not None
    assert run.stats["describe"].requests == 12
    assert run.stats["describe"].failures == 0
    assert len(server.history) == 1
    assert sum(len(server.lines(upload)) for upload in server.uploads) == 11
    assert (house.workspace.folder / "batches.json").is_file()
    second = house.start(vision=f"openai:small@{server.url}", limit=12, k=1)
    house.run(second)
    run = house.store.runs.get(second)
    assert run is not None
    assert (run.stats["describe"].requests, run.stats["describe"].cache_hits) == (0, 12)
    assert len(server.history) == 1
