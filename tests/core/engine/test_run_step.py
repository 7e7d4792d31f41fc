"""The one loop: what is known is not asked, what is asked is saved, failures are data, stop means stop."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import pytest

from core.domain import Failed, Progress
from core.engine.in_flight import Claims
from core.engine.requests import UNASKED, Answer, Outcome, Usage, Work, call_key, key_of, report_usage, stop_asked
from core.engine.run_step import Meter, run_step
from core.errors import Cancelled, ModelUnavailable


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
        for outcome in outcomes:
            self.held[outcome.work.item_id] = outcome
            if outcome.answer:
                self.answers[outcome.work.key] = outcome.answer.value


def works(*ids: str) -> list[Work]:
    return [Work(item, f"key-{item}") for item in ids]


def echo(batch: Sequence[Work]) -> list[Answer | Failed]:
    return [Answer(f"answer {item.item_id}", text=item.item_id) for item in batch]


def test_a_key_changes_with_everything_that_changes_a_reply_and_with_nothing_else() -> None:
    base = {"model": "m", "prompt": "p", "content": "c", "choices": ("a", "b")}
    same = call_key(model="m", prompt="p", content="c", choices=("a", "b"))
    assert call_key(**base) == same  # type: ignore[arg-type]
    assert key_of(model="m", prompt="p", choices=("a", "b"))("c") == same
    for part, other in (("model", "m2"), ("prompt", "p2"), ("content", "c2"), ("choices", ("a",))):
        assert call_key(**{**base, part: other}) != same  # type: ignore[arg-type]


def test_a_key_is_that_of_every_version_before() -> None:
    """Answers of older workspaces are found by it."""
    said = {"model": "m“", "prompt": 'p\n"', "content": "ü\n\\", "choices": ["a", "é"], "v": 1}
    key = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
    assert call_key(model="m“", prompt='p\n"', content="ü\n\\", choices=["a", "é"]) == key


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


def test_answers_that_trickle_in_do_not_hold_up_a_stop() -> None:
    memory, cancel, begun = Memory(), threading.Event(), threading.Barrier(8)

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        begun.wait(10)
        cancel.set()
        time.sleep(0.8 * int(batch[0].item_id))  # each answer comes soon after the one before
        return echo(batch)

    started = time.monotonic()
    with pytest.raises(Cancelled):
        run_step(
            "describe",
            works(*"01234567"),
            ask,
            lookup=memory.lookup,
            save=memory.save,
            batch_size=1,
            concurrency=8,
            cancel=cancel,
        )
    assert time.monotonic() - started < 2.5
    assert {"key-0", "key-1"} <= set(memory.answers) < {f"key-{number}" for number in range(5)}


def test_a_stop_in_the_middle_of_the_last_call_is_a_stop() -> None:
    memory, cancel = Memory(), threading.Event()

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        cancel.set()
        return [*echo(batch[:1]), UNASKED]

    with pytest.raises(Cancelled):
        run_step("label", works("a", "b"), ask, lookup=memory.lookup, save=memory.save, batch_size=2, cancel=cancel)
    assert set(memory.held) == {"a"}


class Shared(Memory):
    """What two steps look up and save in, and who asked for what."""

    def __init__(self) -> None:
        super().__init__()
        self.claims = Claims()
        self.asked: list[tuple[str, str]] = []
        self.begun, self.others, self.gate = threading.Event(), threading.Event(), threading.Event()
        self.trouble: Answer | Failed | Exception | None = None
        self.stop = threading.Event()

    def step(self, who: str, *ids: str) -> None:
        """Ask about these; "first" waits before it answers, and may have trouble."""

        def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
            self.asked += [(who, item.item_id) for item in batch]
            (self.begun if who == "first" else self.others).set()
            if who == "first":
                self.gate.wait(10)
                if isinstance(self.trouble, Exception):
                    raise self.trouble
                if isinstance(self.trouble, Failed):
                    return [self.trouble] * len(batch)
            return echo(batch)

        run_step(
            "label",
            works(*ids),
            ask,
            lookup=self.lookup,
            save=self.save,
            batch_size=2,
            cancel=self.stop,
            claims=self.claims,
        )

    def beside(self, who: str, *ids: str) -> Future[None]:
        return pool.submit(self.step, who, *ids)


pool = ThreadPoolExecutor(2)


@pytest.mark.parametrize(
    "trouble", [None, Failed("too dark"), ModelUnavailable("No credit."), ZeroDivisionError()], ids=repr
)
def test_what_another_step_asks_about_is_waited_for_and_asked_where_that_gave_no_answer(
    trouble: Failed | Exception | None,
) -> None:
    both = Shared()
    both.trouble = trouble
    first = both.beside("first", "a", "b")
    assert both.begun.wait(10)
    second = both.beside("second", "a", "b", "c", "d")
    assert both.others.wait(10)  # its own are not kept waiting
    time.sleep(0.4)
    assert not second.done()
    both.gate.set()
    if isinstance(trouble, ModelUnavailable):
        with pytest.raises(ModelUnavailable):
            first.result(10)
    else:
        first.result(10)
    second.result(10)
    again = [] if trouble is None else [("second", "a"), ("second", "b")]
    assert both.asked == [("first", "a"), ("first", "b"), ("second", "c"), ("second", "d"), *again]
    assert set(both.answers) == {f"key-{letter}" for letter in "abcd"}
    assert both.claims.take(["key-a", "key-e"]) == {"key-a", "key-e"}  # nothing is left claimed


def test_who_waits_for_another_step_can_be_stopped_at_once() -> None:
    both = Shared()
    first = both.beside("first", "a")
    assert both.begun.wait(10)
    second = both.beside("second", "a")
    time.sleep(0.3)
    started = time.monotonic()
    both.stop.set()
    with pytest.raises(Cancelled):
        second.result(10)
    assert time.monotonic() - started < 1
    both.gate.set()
    with suppress(Cancelled):
        first.result(10)


@pytest.mark.parametrize("requests", [1, 4])
def test_a_cap_holds_however_many_calls_are_under_way_and_requests_in_each(requests: int) -> None:
    memory, meter, cap, paid = Memory(), Meter("describe", 400), 300, 0
    counting = threading.Lock()

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        nonlocal paid
        for number in range(requests):
            if stop_asked():
                return [UNASKED] * len(batch)
            cost = 1 + (int(batch[0].item_id) + number) % 3
            time.sleep(0.002 * cost)
            with counting:
                paid += cost
            report_usage(cost, 0)
        return echo(batch)

    def enough(under_way: int) -> bool:
        expected = meter.expected(under_way) if under_way else meter.paid
        return under_way >= 2 if expected is None else expected[0] >= cap

    stats = run_step(
        "describe",
        works(*map(str, range(400))),
        ask,
        lookup=memory.lookup,
        save=memory.save,
        batch_size=1,
        concurrency=32,
        enough=enough,
        meter=meter,
    )
    assert stats.prompt_tokens == meter.paid[0] == paid  # nothing that was paid for goes uncounted
    # 32 requests under way cost 64; where only what came back counts, 72 too much is spent with 1 request, 204 with 4.
    assert cap <= paid <= cap + 40
    assert not stats.failures
    assert 0.6 * cap / (2 * requests) < len(memory.answers) == stats.items < 400


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


def test_a_process_that_is_killed_has_paid_in_vain_for_few_calls_however_slow_the_disk_is() -> None:
    memory, begun, saved = Memory(), itertools.count(1), 0
    in_vain: list[int] = []

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        in_vain.append(next(begun) - saved)
        return echo(batch)

    def save(outcomes: Sequence[Outcome]) -> None:
        nonlocal saved
        memory.save(outcomes)
        saved += len(outcomes)

    items = works(*map(str, range(100)))
    run_step("label", items, ask, lookup=memory.lookup, save=save, batch_size=1, concurrency=3)
    assert len(memory.held) == 100
    assert max(in_vain) <= 2 * 3


def test_the_time_left_is_right_after_a_tenth_whatever_was_known_and_however_slow_the_first_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, seen = [100.0], list[Progress]()
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    meter = Meter("label", 2_000, seen.append)
    known = [Outcome(work) for work in works(*map(str, range(1_000)))]
    meter.add(known, [], Usage())
    for number in range(100):
        clock[0] += 10.0 if number == 0 else 1.0
        some = works(*(f"{number}-{place}" for place in range(10)))
        answers = [Answer("1") for _ in some]
        meter.add([Outcome(work, answer) for work, answer in zip(some, answers, strict=True)], answers, Usage())
        left = 99.0 - number
        if number >= 10 and left:
            assert seen[-1].seconds_left is not None
            assert left / 1.5 <= seen[-1].seconds_left <= left * 1.5, f"after {number} batches"
    clock[0] += 7.0
    assert seen[-1].since == 7.0


def test_progress_counts_up_to_the_total_and_shows_the_latest() -> None:
    memory = Memory()
    memory.answers["key-a"] = "known"
    seen: list[Progress] = []
    meter = Meter("label", 3, seen.append)
    run_step("label", works("a", "b", "c"), echo, lookup=memory.lookup, save=memory.save, batch_size=1, meter=meter)
    assert [answer.done for answer in seen] == [0, 1, 2, 3], "it also says that the step has begun"
    assert seen[1].cache_hits == 1
    assert seen[-1].latest == ("c", "c")
    assert seen[-1].seconds_left == 0


def test_what_may_be_answered_later_is_asked_again_at_the_end_and_its_cost_is_saved_at_once() -> None:
    memory, asked, saves = Memory(), [], []

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        asked.append("".join(item.item_id for item in batch))
        report_usage(5, 1)
        return [Failed("Nothing.", again="smaller")] * 2 if len(asked) <= 2 else echo(batch)

    def save(outcomes: Sequence[Outcome]) -> None:
        saves.append([outcome.work.item_id for outcome in outcomes])
        memory.save(outcomes)

    stats = run_step("label", works(*"abcdef"), ask, lookup=memory.lookup, save=save, batch_size=2)
    assert asked == ["ab", "cd", "ef", "dc", "ba"]
    assert (stats.items, stats.requests, stats.failures, stats.prompt_tokens) == (6, 5, 0, 25)
    assert sorted(itertools.chain(*saves)) == list("abcdef")
    assert not saves[0]  # what the first call cost


def test_a_step_that_ends_early_leaves_its_turn_to_what_was_put_aside() -> None:
    memory, claims = Memory(), Claims()

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        if batch[0].item_id == "b":
            raise ModelUnavailable("No credit.")
        return [Failed("Nothing.", again="later")]

    with pytest.raises(ModelUnavailable):
        run_step("label", works("a", "b"), ask, lookup=memory.lookup, save=memory.save, batch_size=1, claims=claims)
    assert not memory.held
    assert claims.take(["key-a"])


def test_a_cap_that_is_reached_holds_for_what_was_put_aside_too() -> None:
    memory, meter = Memory(), Meter("label", 3)

    def ask(batch: Sequence[Work]) -> list[Answer | Failed]:
        report_usage(10, 0)
        return [Failed("Nothing.", again="later")]

    def enough(_: int) -> bool:
        return meter.paid[0] >= 30

    items = works("a", "b", "c")
    run_step("label", items, ask, lookup=memory.lookup, save=memory.save, batch_size=1, enough=enough, meter=meter)
    assert (meter.paid[0], memory.held) == (30, {})
