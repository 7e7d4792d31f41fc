"""The one loop that asks models: look up, ask what is missing, save, report, stop when told.

A result is fresh exactly while its saved call key equals the key of the request we would send now, so caching, resume
after a crash, "only what changed runs" and reuse across criteria and K are all this one comparison. The loop knows no
database, page or model: it gets functions, so that the same code can run inside a worker that writes one shard.

What it does not do: retry. A backend retries transport faults itself; a `Failed` answer is saved as data and is asked
again the next time the step runs.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from core.domain import Act, Failed, Progress, StepStats
from core.errors import Cancelled, FacetryError
from core.work import UNASKED, Answer, Ask, Outcome, Usage, Work, count_usage, stopping

_POLL_SECONDS = 0.2
_GRACE_SECONDS = 1.5
_SAVE_SECONDS = 1.0
_LOOKUP = 5_000
_ERRORS_SHOWN = 5
_RULE = "\n\n-----\n\n"
"""Between the replies of one call."""


Lookup = Callable[[Sequence[str]], Mapping[str, str]]
Save = Callable[[Sequence[Outcome]], None]
_Finished = tuple[Sequence[Work], Sequence[Answer | Failed] | BaseException, Usage]


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
    enough: Callable[[], bool] = lambda: False,
    meter: Meter | None = None,
) -> StepStats:
    """Answer every item of `work` and save as it goes; return what was done.

    lookup: keys -> stored value for those already answered. save: called from this thread only, in batches, so that a
    store has one writer. ask: called from up to `concurrency` daemon threads with at most `batch_size` items with
    distinct keys; one answer per item, in order. Items that share a key are asked once. enough: once it says so,
    nothing new is asked, what is under way is waited for and saved, and the rest is left undone (a spending cap).
    meter: to go on counting where an earlier call for the same step stopped; the statistics returned are the meter's.
    Raises Cancelled (within a moment of `cancel`, finished answers saved) and whatever FacetryError `ask` raises.
    """
    cancel = cancel or threading.Event()
    meter = meter or Meter(step, len(work))
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
            raise Cancelled("Stopped. What was finished is kept.")
    firsts = [same[0] for same in pending.values()]
    batches = [firsts[start : start + batch_size] for start in range(0, len(firsts), batch_size)]
    unsaved: list[Outcome] = []
    saved_at = time.monotonic()
    try:
        for batch, answers, usage in _ask_all(ask, batches, concurrency, cancel, enough, meter.pay):
            raw = _RULE.join(usage.replies)
            outcomes = [
                outcome
                for item, answer in zip(batch, answers, strict=True)
                if answer is not UNASKED
                for outcome in _spread(answer, pending[item.key], raw)
            ]
            unsaved += outcomes
            meter.add(outcomes, answers, usage)
            if time.monotonic() - saved_at >= _SAVE_SECONDS:
                save(unsaved)
                unsaved, saved_at = [], time.monotonic()
    finally:
        if unsaved:
            save(unsaved)
    return meter.stats()


def _spread(answer: Answer | Failed, same: Sequence[Work], raw: str) -> Iterator[Outcome]:
    """Give one answer to every item that asked the same; only the first pays for it."""
    for place, item in enumerate(same):
        if isinstance(answer, Failed):
            yield Outcome(item, failure=answer.reason, kind=answer.kind, raw=raw)
        elif place == 0:
            yield Outcome(item, answer=answer, raw=raw)
        else:
            yield Outcome(item)


def _ask_all(
    ask: Ask,
    batches: Sequence[Sequence[Work]],
    concurrency: int,
    cancel: threading.Event,
    enough: Callable[[], bool],
    pay: Callable[[Usage], None],
) -> Iterator[tuple[Sequence[Work], Sequence[Answer | Failed], Usage]]:
    """Yield batches with their answers and what these cost, as they finish.

    Daemon threads and not a ThreadPoolExecutor: an executor keeps Ctrl-C waiting for every queued call.
    """
    todo: queue.SimpleQueue[Sequence[Work]] = queue.SimpleQueue()
    taken: list[Sequence[Work]] = []
    done: queue.SimpleQueue[_Finished] = queue.SimpleQueue()
    halt = threading.Event()
    taking = threading.Lock()
    for batch in batches:
        todo.put(batch)

    def serve() -> None:
        while True:
            with taking:
                if halt.is_set() or cancel.is_set() or enough():
                    return
                try:
                    batch = todo.get_nowait()
                except queue.Empty:
                    return
                taken.append(batch)
            answers: Sequence[Answer | Failed] | BaseException
            with count_usage() as usage, stopping(lambda: halt.is_set() or cancel.is_set()):
                try:
                    answers = ask(batch)
                except Exception as error:  # noqa: BLE001  # handed over to the reader, which tells kinds apart
                    answers = error
            pay(usage)
            done.put((batch, answers, usage))

    for _ in range(min(concurrency, len(batches))):
        threading.Thread(target=serve, daemon=True, name="facetry-ask").start()
    fatal: FacetryError | None = None
    try:
        for received in range(len(batches)):
            if enough():
                with taking:
                    if len(taken) == received:  # nobody takes any more, and all that was taken has come back
                        return
            ending = cancel.is_set() or fatal is not None
            finished = _next(done, cancel, ending=ending, under_way=len(taken) > received)
            if finished is None:  # told to stop, or an error ends the step: what had finished by then was yielded
                raise fatal or Cancelled("Stopped. What was finished is kept.")
            batch, answers, usage = finished
            if isinstance(answers, FacetryError):
                usage.ended, answers = answers, [UNASKED] * len(batch)
            if usage.ended:
                fatal = fatal or usage.ended
                halt.set()
            if isinstance(answers, BaseException):
                # A fault in one call must not lose the others: it is that batch's failure, with its reason.
                answers = [Failed(f"The model failed: {type(answers).__name__}: {answers}"[:300])] * len(batch)
            yield batch, answers, usage
        if fatal:
            raise fatal
    finally:
        halt.set()


def _next(
    done: queue.SimpleQueue[_Finished], cancel: threading.Event, *, ending: bool, under_way: bool
) -> _Finished | None:
    """The next finished batch. While the step is ending, only calls under way are waited for, and only for a moment:
    an answer that is about to come has been paid for."""
    while not ending:
        try:
            return done.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            ending = cancel.is_set()
    try:
        return done.get(timeout=_GRACE_SECONDS if under_way else 0)
    except queue.Empty:
        return None


class Meter:
    """Counts what happens in a step and tells the person. A step done in several calls keeps one meter."""

    def __init__(self, step: Act, total: int, on_progress: Callable[[Progress], None] | None = None) -> None:
        self._started = time.monotonic()
        self._progress = Progress(step, 0, total)
        self._on_progress = on_progress
        self._counted = StepStats()
        self._asked = 0
        self._paying = threading.Lock()
        self.paid = (0.0, 0.0)
        """Prompt and completion tokens that were paid for so far, at their share of the usual price."""

    def pay(self, usage: Usage) -> None:
        """Note what a call cost, from the thread that made it: answers may wait to be counted and saved."""
        with self._paying:
            self.paid = (self.paid[0] + usage.paid[0], self.paid[1] + usage.paid[1])

    def again(self, number: int) -> None:
        """So many items are asked once more, in another way or of another model."""
        self._progress = replace(self._progress, total=self._progress.total + number)

    def set_total(self, total: int) -> None:
        self._progress = replace(self._progress, total=total)

    def add(self, outcomes: Sequence[Outcome], answers: Sequence[Answer | Failed], usage: Usage) -> None:
        """Count a batch. A model that reports no usage of its own counts one request a batch it worked on."""
        fresh = [answer for answer in answers if isinstance(answer, Answer)]
        failed = sum(isinstance(answer, Failed) and answer is not UNASKED for answer in answers)
        paid = sum(answer.asked for answer in fresh) + failed
        failures = [outcome.failure for outcome in outcomes if outcome.failure]
        self._asked += paid
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
        elapsed = max(time.monotonic() - self._started, 1e-6)
        done = self._progress.done + len(outcomes)
        rate = self._asked / elapsed
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
        )
        if self._on_progress:
            self._on_progress(self._progress)

    def stats(self) -> StepStats:
        """What was done so far."""
        return replace(self._counted, seconds=time.monotonic() - self._started)
