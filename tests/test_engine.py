"""The one loop: what is known is not asked, what is asked is saved, failures are data, stop means stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from core.domain import Failed, Progress
from core.engine import Meter, run_step
from core.errors import Cancelled, ModelUnavailable
from core.work import Answer, Outcome, Work, call_key


class Memory:
    """Keeps answers in a dict and what each item holds, like a store."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.held: dict[str, Outcome] = {}
        self.threads: set[int] = set()

    def lookup(self, keys: Sequence[str]) -> dict[str, str]:
        return {key: self.answers[key] for key in keys if key in self.answers}

    def save(self, outcomes: Sequence[Outcome]) -> None:
        self.threads.add(threading.get_ident())
        for one in outcomes:
            self.held[one.work.item_id] = one
            if one.answer:
                self.answers[one.work.key] = one.answer.value


def works(*ids: str) -> list[Work]:
    return [Work(item, f"key-{item}") for item in ids]


def echo(batch: Sequence[Work]) -> list[Answer | Failed]:
    return [Answer(f"answer {item.item_id}", text=item.item_id) for item in batch]


def test_a_key_changes_with_everything_that_changes_a_reply_and_with_nothing_else() -> None:
    base = {"model": "m", "prompt": "p", "content": "c", "choices": ("a", "b")}
    same = call_key(model="m", prompt="p", content="c", choices=("a", "b"))
    assert call_key(**base) == same  # type: ignore[arg-type]
    for part, other in (("model", "m2"), ("prompt", "p2"), ("content", "c2"), ("choices", ("a",))):
        assert call_key(**{**base, part: other}) != same  # type: ignore[arg-type]


def test_what_is_known_is_not_asked_again() -> None:
    memory = Memory()
    first = run_step(
        "label", works("a", "b", "c"), echo, lookup=memory.lookup, save=memory.save, batch_size=2, concurrency=2
    )
    assert (first.items, first.requests, first.cache_hits, first.failures) == (3, 2, 0, 0)

    asked: list[str] = []

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        asked.extend(item.item_id for item in batch)
        return echo(batch)

    second = run_step(
        "label", works("a", "d", "b"), ask, lookup=memory.lookup, save=memory.save, batch_size=2, concurrency=2
    )
    assert asked == ["d"]
    assert (second.items, second.requests, second.cache_hits) == (3, 1, 2)
    assert memory.answers["key-a"] == "answer a"


def test_items_that_ask_the_same_are_asked_once_and_all_answered() -> None:
    memory = Memory()
    asked: list[str] = []

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        asked.extend(item.item_id for item in batch)
        return echo(batch)

    same = [Work("a", "one"), Work("b", "one"), Work("c", "two")]
    stats = run_step("label", same, ask, lookup=memory.lookup, save=memory.save, batch_size=10)
    assert asked == ["a", "c"]
    assert set(memory.held) == {"a", "b", "c"}
    assert (stats.items, stats.cache_hits) == (3, 1)


def test_a_failure_is_kept_with_its_reason_and_asked_again_next_time() -> None:
    memory = Memory()

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        return [Failed("too dark") if item.item_id == "b" else Answer("fine") for item in batch]

    stats = run_step("describe", works("a", "b"), ask, lookup=memory.lookup, save=memory.save, batch_size=1)
    assert stats.failures == 1
    assert memory.held["b"].failure == "too dark"
    again = run_step("describe", works("a", "b"), echo, lookup=memory.lookup, save=memory.save, batch_size=1)
    assert (again.failures, again.requests) == (0, 1)


def test_an_exception_in_one_call_fails_that_batch_only() -> None:
    memory = Memory()

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        if batch[0].item_id == "b":
            raise RuntimeError("boom")
        return echo(batch)

    stats = run_step("describe", works("a", "b", "c"), ask, lookup=memory.lookup, save=memory.save, batch_size=1)
    assert (stats.items, stats.failures) == (3, 1)
    assert "boom" in memory.held["b"].failure
    assert set(memory.answers) == {"key-a", "key-c"}


def test_an_error_for_the_person_ends_the_step_and_keeps_what_was_finished() -> None:
    memory = Memory()

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        if batch[0].item_id == "c":
            raise ModelUnavailable("Install it.")
        return echo(batch)

    with pytest.raises(ModelUnavailable, match="Install it"):
        run_step("describe", works("a", "b", "c"), ask, lookup=memory.lookup, save=memory.save, batch_size=1)
    assert set(memory.answers) == {"key-a", "key-b"}


def test_stop_takes_effect_while_a_call_hangs_and_saves_what_came() -> None:
    memory = Memory()
    cancel, hang = threading.Event(), threading.Event()

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        if batch[0].item_id == "c":
            cancel.set()
            hang.wait(30)
        return echo(batch)

    started = time.monotonic()
    with pytest.raises(Cancelled):
        run_step(
            "describe",
            works("a", "b", "c", "d"),
            ask,
            lookup=memory.lookup,
            save=memory.save,
            batch_size=1,
            cancel=cancel,
        )
    assert time.monotonic() - started < 10
    assert set(memory.answers) == {"key-a", "key-b"}
    hang.set()


def test_only_one_thread_saves_however_many_ask() -> None:
    memory = Memory()
    asking: set[int] = set()
    together = threading.Barrier(3, timeout=10)

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        together.wait()  # passes only when three calls are under way at once
        asking.add(threading.get_ident())
        return echo(batch)

    run_step("label", works(*"abc"), ask, lookup=memory.lookup, save=memory.save, batch_size=1, concurrency=3)
    assert len(asking) == 3
    assert memory.threads == {threading.get_ident()}


def test_progress_counts_up_to_the_total_and_shows_the_latest() -> None:
    memory = Memory()
    memory.answers["key-a"] = "known"
    seen: list[Progress] = []
    meter = Meter("label", 3, seen.append)
    run_step("label", works("a", "b", "c"), echo, lookup=memory.lookup, save=memory.save, batch_size=1, meter=meter)
    assert [one.done for one in seen] == [1, 2, 3]
    assert seen[0].cache_hits == 1
    assert seen[-1].latest == ("c", "c")
    assert seen[-1].seconds_left == 0
