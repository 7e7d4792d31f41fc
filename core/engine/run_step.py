"""The one loop that asks models: look up, ask what is missing, save, report, stop when told.

A result is fresh exactly while its saved call key equals the key of the request we would send now, so caching, resume
after a crash, "only what changed runs" and reuse across criteria and K are all this one comparison. The loop knows no
database, page or model: it gets functions, so that the same code can run inside a worker that writes one shard.

What fails so that asking again may help (`Failed.again`) is asked about at the end, together. Every other `Failed`
answer is saved as data and is asked again the next time the step runs. A backend retries transport faults itself.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from core.domain import Act, Failed, Progress, StepStats
from core.engine.in_flight import Claims
from core.engine.requests import (
    UNASKED,
    Answer,
    Ask,
    Outcome,
    Usage,
    Work,
    asking_again,
    count_usage,
    part_of,
    stopping,
)
from core.errors import Cancelled, FacetryError

_POLL_SECONDS = 0.2
_GRACE_SECONDS = 1.5
_TOGETHER_SECONDS = 0.03
"""Answers that come so soon after another are saved with it: a commit costs about as much for one as for many."""
UNSAVED = 2
"""Calls that have begun and whose answers are not saved, at most: so many times those that may be under way. It holds
however slow the disk is, so a process that is killed has paid for no more than these in vain."""
_MOST_ATTEMPTS = 12
"""By then each item that failed was asked about by itself, several times."""
_FEW = 2
"""What fills so many calls is asked about one by one at last, even if nothing was answered when it was asked again."""
_LOOKUP = 20_000
_ERRORS_SHOWN = 5
_RULE = "\n\n-----\n\n"
"""Between the replies of one call."""


Lookup = Callable[[Sequence[str]], Mapping[str, str]]
Save = Callable[[Sequence[Outcome]], None]
Enough = Callable[[int], bool]
_Finished = tuple[Sequence[Work], Sequence[Answer | Failed], Usage]
_Aside = tuple[Work, Failed, str]
"""What failed for now, why, and what the model said."""


def run_step(
    step: Act,
    work: Sequence[Work],
    ask: Ask,
    *,
    lookup: Lookup,
    save: Save,
    batch_size: int,
    concurrency: int = 1,
    cancel: threading.Event | None = None,
    enough: Enough = lambda _: False,
    meter: Meter | None = None,
    claims: Claims | None = None,
) -> StepStats:
    """Answer every item of `work` and save as it goes; return what was done.

    Args:
        lookup: keys -> stored value for those already answered.
        save: called from this thread only, in batches, so that a store has one writer.
        ask: called from up to `concurrency` daemon threads with at most `batch_size` items with distinct keys; one
            answer per item, in order. Items that share a key are asked once.
        enough: a spending cap: number of calls under way -> whether no further call may begin. Once it is true for 0,
            calls under way are awaited and saved, and the rest is left undone.
        meter: continues the counts of an earlier call for the same step; its statistics are returned.
        claims: the keys that other runs on the same store are asking about; their answers are awaited.

    Raises Cancelled (within a moment of `cancel`, finished answers saved) and whatever FacetryError `ask` raises.
    """
    cancel = cancel or threading.Event()
    meter = meter or Meter(step, len(work))
    meter.begin()
    claims = claims or Claims()
    left = list(work)
    while left:
        mine = claims.take(item.key for item in left)

        def keep(outcomes: Sequence[Outcome], mine: set[str] = mine) -> None:
            save(outcomes)
            answered = {outcome.work.key for outcome in outcomes}
            claims.release(answered)
            mine.difference_update(answered)  # another run may hold them by the end

        try:
            todo, left = [item for item in left if item.key in mine], [item for item in left if item.key not in mine]
            pending = _look_up(todo, lookup, keep, meter, cancel)
            _ask_and_save(pending, ask, keep, batch_size, concurrency, cancel, enough, meter)
        finally:
            claims.release(mine)
        if enough(0):
            break
        if left:
            claims.wait({item.key for item in left}, _POLL_SECONDS)
        if left and cancel.is_set():
            raise Cancelled
    return meter.stats()


def _look_up(
    work: Sequence[Work], lookup: Lookup, save: Save, meter: Meter, cancel: threading.Event
) -> dict[str, list[Work]]:
    """Save what was answered before; return the rest, grouped by key."""
    pending: dict[str, list[Work]] = {}
    for start in range(0, len(work), _LOOKUP):
        chunk = work[start : start + _LOOKUP]
        known = lookup([item.key for item in chunk])
        hits = [Outcome(item) for item in chunk if item.key in known]
        if hits:
            save(hits)
            meter.add(hits, [], Usage())
        for item in chunk:
            if item.key not in known:
                pending.setdefault(item.key, []).append(item)
        if cancel.is_set():
            raise Cancelled
    return pending


def _ask_and_save(
    pending: Mapping[str, Sequence[Work]],
    ask: Ask,
    save: Save,
    batch_size: int,
    concurrency: int,
    cancel: threading.Event,
    enough: Enough,
    meter: Meter,
) -> None:
    """Ask about each key once, and save its answer for every item with that key.

    What failed so that asking again may help is put aside until all have had their turn, and then asked about together.
    Until then it is neither answered nor failed, so it still has its turn if the step ends early.
    """
    left = [same[0] for same in pending.values()]
    for attempt in range(_MOST_ATTEMPTS):
        aside: list[_Aside] = []
        with asking_again(attempt):
            size = part_of(batch_size)
        batches = [left[start : start + size] for start in range(0, len(left), size)]
        for together in _Calls(ask, batches, concurrency, cancel, enough, meter, attempt).collect():
            unsaved: list[Outcome] = []
            for batch, answers, usage in together:
                raw = _RULE.join(usage.replies)
                outcomes: list[Outcome] = []
                for item, answer in zip(batch, answers, strict=True):
                    if isinstance(answer, Failed) and answer.again:
                        aside.append((item, answer, raw))
                    elif answer is not UNASKED:
                        outcomes += _spread(answer, pending[item.key], raw)
                unsaved += outcomes
                meter.add(outcomes, answers, usage)
            save(unsaved)  # none where nothing was answered: what that cost is kept all the same
        if enough(0):
            return
        given_up = _given_up(aside, attempt, helped=len(aside) < len(left), few=len(aside) <= _FEW * batch_size)
        if given_up:
            outcomes = [each for item, failed, raw in given_up for each in _spread(failed, pending[item.key], raw)]
            save(outcomes)
            meter.add(outcomes, [], Usage())
        ended = {item.key for item, _, _ in given_up}
        # Backwards, as a model at temperature 0 would answer the same request in the same way.
        left = [item for item, _, _ in reversed(aside) if item.key not in ended]
        if not left:
            return


def _given_up(aside: Sequence[_Aside], attempt: int, *, helped: bool, few: bool) -> list[_Aside]:
    """What is not asked about once more: all is, once. Then what failed by itself is, while that answers anything, and
    what failed with others, unless nothing at all was answered and there is much of it."""
    if attempt == 0:
        return []
    if attempt == _MOST_ATTEMPTS - 1 or not (helped or few):
        return list(aside)
    return [each for each in aside if each[1].again == "later" and not helped]


def _spread(answer: Answer | Failed, same: Sequence[Work], raw: str) -> Iterator[Outcome]:
    """Give one answer to every item with its key; only the first counts as asked."""
    for place, item in enumerate(same):
        if isinstance(answer, Failed):
            yield Outcome(item, failure=answer.reason, kind=answer.kind, raw=raw)
        elif place == 0:
            yield Outcome(item, answer=answer, raw=raw)
        else:
            yield Outcome(item)


class _Calls:
    """The calls of one step: threads serve batches, each after the other; the caller's thread will `collect` them."""

    def __init__(
        self,
        ask: Ask,
        batches: Sequence[Sequence[Work]],
        concurrency: int,
        cancel: threading.Event,
        enough: Enough,
        meter: Meter,
        attempt: int,
    ) -> None:
        self._ask, self._cancel, self._enough, self._meter = ask, cancel, enough, meter
        self._attempt = attempt
        self._number, self._threads = len(batches), min(concurrency, len(batches))
        self._most, self._unsaved = UNSAVED * concurrency, 0
        self._todo = deque(batches)
        self._done: queue.SimpleQueue[tuple[Sequence[Work], Sequence[Answer | Failed] | BaseException, Usage]]
        self._done = queue.SimpleQueue()
        self._turn = threading.Condition()
        self._under_way = 0
        self._halt = threading.Event()
        self._received = 0
        self._fatal: FacetryError | None = None
        self._ends: float | None = None
        """When calls under way are waited for no longer; None while the step goes on."""

    def _has_ended(self) -> bool:
        return self._halt.is_set() or self._cancel.is_set() or self._enough(0)

    def _take(self) -> Sequence[Work] | None:
        """The next batch, once what is under way leaves money for it and what came back is saved; None when no more is
        to be asked."""
        with self._turn:
            while self._todo and not self._has_ended():
                if self._unsaved < self._most and not (self._under_way and self._enough(self._under_way)):
                    self._under_way += 1
                    self._unsaved += 1
                    return self._todo.popleft()
                self._turn.wait(_POLL_SECONDS)
        return None

    def _serve(self) -> None:
        """Ask about one batch after the other until there is none to take."""
        while (batch := self._take()) is not None:
            answers: Sequence[Answer | Failed] | BaseException
            with (
                count_usage() as usage,
                self._meter.paying(usage),
                stopping(self._has_ended),
                asking_again(self._attempt),
            ):
                try:
                    answers = self._ask(batch)
                except Exception as error:  # noqa: BLE001  # handed over to `collect`, which tells kinds apart
                    answers = error
            self._done.put((batch, answers, usage))
            with self._turn:
                self._under_way -= 1
                self._turn.notify_all()

    def collect(self) -> Iterator[Sequence[_Finished]]:
        """Ask, and yield batches with their answers and what these cost, as they finish; those that finish together in
        one go. Raises Cancelled, or the FacetryError that ended the calls.

        Daemon threads and not a ThreadPoolExecutor: an executor keeps Ctrl-C waiting for every queued call.
        """
        for _ in range(self._threads):
            threading.Thread(target=self._serve, daemon=True, name="facetry-ask").start()
        unasked = False
        try:
            while self._received < self._number:
                spent, awaited = self._enough(0), self._awaited()
                if spent and not awaited:  # no batch will be taken, and all taken ones have come back
                    return
                if (finished := self._next(awaited)) is not None:
                    together = [finished, *self._soon_after()]
                    unasked = unasked or any(answer is UNASKED for _, answers, _ in together for answer in answers)
                    yield together
                    with self._turn:  # the caller has saved them
                        self._unsaved -= len(together)
                        self._turn.notify_all()
            if self._fatal or (unasked and self._cancel.is_set()):
                raise self._fatal or Cancelled()
        finally:
            self._halt.set()

    def _awaited(self) -> int:
        """How many batches were taken and have not come back."""
        with self._turn:
            return self._number - len(self._todo) - self._received

    def _next(self, awaited: int) -> _Finished | None:
        """The next batch that comes back; None if none has come back yet. Raises when the wait is over."""
        if self._ends is None and (self._fatal or self._cancel.is_set()):
            # Only calls under way are waited for, and only for a moment: an answer about to come has been paid for.
            self._ends = time.monotonic() + _GRACE_SECONDS
        wait = _POLL_SECONDS
        if self._ends is not None:
            wait = max(0.0, self._ends - time.monotonic()) if awaited else 0.0
        finished = self._received_within(wait)
        if finished is None and self._ends is not None:
            raise self._fatal or Cancelled()
        return finished

    def _soon_after(self) -> Iterator[_Finished]:
        """What comes back within a moment; an answer is paid for and must not wait long to be saved."""
        until = time.monotonic() + _TOGETHER_SECONDS
        while self._received < self._number and (left := until - time.monotonic()) > 0:
            if (finished := self._received_within(left)) is not None:
                yield finished

    def _received_within(self, seconds: float) -> _Finished | None:
        try:
            batch, answers, usage = self._done.get(timeout=seconds)
        except queue.Empty:
            return None
        self._received += 1
        return batch, self._judged(batch, answers, usage), usage

    def _judged(
        self, batch: Sequence[Work], answers: Sequence[Answer | Failed] | BaseException, usage: Usage
    ) -> Sequence[Answer | Failed]:
        """An answer for each item, also where the call failed; notes an error that ends the calls."""
        if isinstance(answers, FacetryError):
            usage.ended, answers = answers, [UNASKED] * len(batch)
        # A waiting call gives up once the cap is reached. That ends the step, but it is no error.
        gave_up = isinstance(usage.ended, Cancelled) and not self._cancel.is_set() and self._enough(0)
        if usage.ended and not gave_up:
            self._fatal = self._fatal or usage.ended
            self._halt.set()
        if isinstance(answers, BaseException):
            # A fault in one call fails its batch, with its reason, and loses no other.
            return [Failed(f"The model failed: {type(answers).__name__}: {answers}"[:300])] * len(batch)
        return answers


class Meter:
    """Counts what happens in a step and reports progress. A step of several calls keeps one meter."""

    def __init__(self, step: Act, total: int, on_progress: Callable[[Progress], None] | None = None) -> None:
        self._started = time.monotonic()
        self._progress = Progress(step, 0, total)
        self._on_progress = on_progress
        self._points: deque[tuple[float, int]] = deque([(self._started, 0)])
        """(time, items done by then): from about half of the time ago on."""
        self._counted = StepStats()
        self._paying = threading.Lock()
        self._calls, self._finished = 0, (0.0, 0.0)
        self._under_way: list[Usage] = []

    @contextmanager
    def paying(self, usage: Usage) -> Iterator[None]:
        """While the block runs, count `usage` as that of a call under way."""
        with self._paying:
            self._under_way.append(usage)
        try:
            yield
        finally:
            with self._paying:
                self._under_way = [under_way for under_way in self._under_way if under_way is not usage]
                self._calls += 1
                self._finished = _sum(self._finished, usage.paid)

    @property
    def under_way(self) -> int:
        """How many calls are under way."""
        with self._paying:
            return len(self._under_way)

    @property
    def paid(self) -> tuple[float, float]:
        """Prompt and completion tokens paid so far, weighted by price; some of their answers may not be saved yet."""
        with self._paying:
            return _sum(self._finished, *(usage.paid for usage in self._under_way))

    def expected(self, under_way: int) -> tuple[float, float] | None:
        """The tokens that will be paid once the calls under way have returned, if they cost what calls have cost so
        far. None until a first call has returned."""
        with self._paying:
            if not self._calls:
                return None
            so_far = _sum((0.0, 0.0), *(usage.paid for usage in self._under_way))
            return (
                self._finished[0] + max(so_far[0], under_way * self._finished[0] / self._calls),
                self._finished[1] + max(so_far[1], under_way * self._finished[1] / self._calls),
            )

    def again(self, number: int) -> None:
        """Expect so many items once more: they are asked in another way, or another model is asked."""
        self._progress = replace(self._progress, total=self._progress.total + number)

    def set_total(self, total: int) -> None:
        self._progress = replace(self._progress, total=total)

    def add(self, outcomes: Sequence[Outcome], answers: Sequence[Answer | Failed], usage: Usage) -> None:
        """Count a batch. A model that reports no usage of its own counts one request a batch it worked on."""
        fresh = [answer for answer in answers if isinstance(answer, Answer)]
        failed = sum(isinstance(answer, Failed) and answer is not UNASKED for answer in answers)
        paid = sum(answer.asked for answer in fresh) + failed
        failures = [outcome.failure for outcome in outcomes if outcome.failure]
        stats = self._counted
        self._counted = replace(
            stats,
            items=stats.items + len(outcomes),
            requests=stats.requests + (usage.requests or (1 if paid else 0)),
            cache_hits=stats.cache_hits + len(outcomes) - len(failures) - sum(answer.asked for answer in fresh),
            failures=stats.failures + len(failures),
            kinds=dict(Counter(stats.kinds) + Counter(outcome.kind for outcome in outcomes if outcome.kind)),
            prompt_tokens=stats.prompt_tokens + usage.prompt_tokens,
            completion_tokens=stats.completion_tokens + usage.completion_tokens,
        )
        now, done = time.monotonic(), self._progress.done + len(outcomes)
        rate = self._rate(now, done)
        latest = self._progress.latest
        for outcome in outcomes:
            if outcome.answer is not None:
                latest = (outcome.work.item_id, outcome.answer.text)
        self._progress = replace(
            self._progress,
            done=done,
            failures=self._counted.failures,
            cache_hits=self._counted.cache_hits,
            rate=rate,
            seconds_left=(self._progress.total - done) / rate if rate else None,
            latest=latest,
            errors=(self._progress.errors + tuple(dict.fromkeys(failures)))[-_ERRORS_SHOWN:],
            seconds=now - self._started,
            at=now,
        )
        if self._on_progress:
            self._on_progress(self._progress)

    def begin(self) -> None:
        """Report that the step has begun: its first answer may take minutes."""
        if self._on_progress and not self._progress.done and self._progress.total:
            self._on_progress(self._progress)

    def _rate(self, now: float, done: int) -> float:
        """Items a second over the newer half of the time: what was known already comes first and at once, and a model
        that has to warm up is slow at first."""
        self._points.append((now, done))
        middle = (self._started + now) / 2
        while len(self._points) > 2 and self._points[1][0] <= middle:
            self._points.popleft()
        began, before = self._points[0]
        return (done - before) / max(now - began, 1e-6)

    def stats(self) -> StepStats:
        """What was done so far."""
        return replace(self._counted, seconds=time.monotonic() - self._started)


def _sum(*tokens: tuple[float, float]) -> tuple[float, float]:
    return sum(prompt for prompt, _ in tokens), sum(completion for _, completion in tokens)
