"""Runs one step over some items of a run: asks what is missing, saves and counts it, and asks the second model about
what failed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from core import prompts
from core.domain import Held, Progress, Step, StepStats
from core.engine.requests import Outcome
from core.engine.run_step import UNSAVED, Meter, run_step
from core.errors import Paused
from core.models import prices
from core.models.prices import FREE, Price, price_of
from core.models.roles import TextModel, VisionModel
from core.pipeline.intake import OnProgress
from core.pipeline.rehearsal import Rehearsal
from core.steps.plan import Model, Requests, StepPlan
from core.store.runs import RunRow
from core.workspace import Workspace

_log = logging.getLogger(__name__)
T = TypeVar("T")
AT_ONCE = 20_000
"""At most so many items have their texts and keys in memory, whatever the run's size."""

_COPY_SECONDS, _COPY_SHARE = 60.0, 20
"""A step that takes longer is copied so often, and so that copying takes at most this part of the time."""
_AT_FIRST = 2
"""So many calls may begin under a spending cap before the cost of a call is known."""


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in parts that may be held in memory; none for no items."""
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]


_Noted = tuple[tuple[str, ...], tuple[str, ...]]
"""The versions of the prompts that a model was given, and the ids of what was measured."""


class Runner:
    """Runs steps for one run and keeps its statistics.

    rehearsal: of the text model, before the first request of the early steps; None for none.
    """

    def __init__(
        self, workspace: Workspace, row: RunRow, cancel: threading.Event, on_progress: OnProgress | None
    ) -> None:
        self.store, self.row, self.settings = workspace.store, row, row.settings
        self.cancel, self.on_progress = cancel, on_progress
        self.stats = dict(row.stats)
        self._table = prices.read(self.store.preferences.get(prices.PREFERENCE, ""))
        self.rehearsal: Rehearsal | None = None
        self._copies = _Copying(lambda step: self.store.answers.backup(row.id, step))

    def run(self, plan: StepPlan[Model], *, meter: Meter | None = None, held: Held | None = None) -> None:
        """Answer what the run does not hold of a step. The second model is asked about what fails.

        meter: counts on from an earlier part. held: what the run holds the answers as, if not as the step's.
        """
        first = plan.requests(plan.first, None)
        keys = plan.keys(first)
        holds = self.store.answers.held(self.row.id, held or plan.step, list(keys))
        missing = [
            work
            for work in first.work
            if (found := holds.get(work.item_id)) is None or found.failure or found.key not in keys[work.item_id]
        ]
        self._ask_in_turn(plan, Requests(missing, first.ask), meter or self.meter(plan.step, len(missing)), held)

    def run_again(self, plan: StepPlan[Model], items: Sequence[str], meter: Meter) -> None:
        """Answer a step for these items, also where the run holds an answer (an edit may have made that one stale)."""
        self._ask_in_turn(plan, plan.requests(plan.first, items), meter, None)

    def meter(self, step: Step, total: int, *, quiet: bool = False) -> Meter:
        """A meter for a step over so many items. quiet: it counts, but reports nothing."""
        return Meter(step, total, None if quiet else self.on_progress)

    def _ask_in_turn(self, plan: StepPlan[Model], requests: Requests, meter: Meter, held: Held | None) -> None:
        """Ask the first model, then the second about what failed."""
        spec = self.settings.vision if plan.step == "describe" else self.settings.text
        failed = self._ask(plan.step, plan.first, spec, requests, meter, held)
        if not failed or plan.second is None:
            return
        again = plan.requests(plan.second, failed)
        meter.again(len(failed))
        # For names, the first model's unusable reply is worth more than a second failure without a reply.
        self._ask(plan.step, plan.second, self.settings.fallback, again, meter, held, only_said=plan.step == "name")

    def _ask(
        self,
        step: Step,
        model: VisionModel | TextModel,
        spec: str,
        requests: Requests,
        meter: Meter,
        held: Held | None,
        *,
        only_said: bool = False,
    ) -> list[str]:
        """Ask one model; the ids of the items that failed. only_said: failures without a reply are not kept."""
        evidence_model = getattr(model, "evidence_id", None)
        failed: list[str] = []
        saved = 0

        def save(outcomes: Sequence[Outcome]) -> None:
            nonlocal saved
            kept = [outcome for outcome in outcomes if outcome.raw or not outcome.failure] if only_said else outcomes
            self.store.answers.save(self.row.id, held or step, model.id, evidence_model, kept, so_far())
            failed.extend(outcome.work.item_id for outcome in outcomes if outcome.failure)
            saved += len(outcomes)
            self._copies.keep_up(step)

        noted = self._noted(step, model, requests, evidence_model)
        old = self.stats.get(step, StepStats())
        spending = _Spending(meter, price_of(spec, self._table), self.spent(), self.settings.cap, old, noted)
        early = step in ("describe", "label") and self.rehearsal
        in_vain = min(UNSAVED * model.max_concurrency, len(requests.work)) if spending.costs else 0

        def so_far() -> dict[str, StepStats]:
            return self.stats | {step: spending.stats(under_way=in_vain)}

        if in_vain:
            self.store.runs.set_stats(self.row.id, so_far())
        try:
            run_step(
                step,
                requests.work,
                early.before(requests.ask) if early else requests.ask,
                lookup=self.store.answers.lookup,
                save=save,
                batch_size=model.batch_size,
                concurrency=model.max_concurrency,
                cancel=self.cancel,
                enough=spending.is_enough,
                meter=meter,
                claims=self.store.answers.claims,
            )
        finally:
            given_up = meter.under_way if spending.costs else 0
            self._count(step, spending.stats(given_up=given_up))
        if saved < len(requests.work):
            raise Paused(
                f"The spending cap of ${self.settings.cap:,.2f} is reached. "
                "What was answered is kept. Raise the cap, then continue."
            )
        return failed

    def _noted(
        self, step: Step, model: VisionModel | TextModel, requests: Requests, evidence_model: str | None
    ) -> _Noted:
        """The versions of the prompts that the model is given, and the id of what it measures."""
        has_prompts = bool(requests.work) and step in model.prompts
        wording, asking, k = self.settings.wording, self.settings.asking, self.settings.k
        versions = prompts.versions(step, wording, asking, counts=not k) if has_prompts else ()
        return tuple(versions), (evidence_model,) if requests.work and evidence_model else ()

    def spent(self) -> float:
        """US dollars that the run has cost so far, with what calls may have cost that were given up: a cap holds."""
        return sum(stats.cost + stats.unanswered_cost for stats in self.stats.values())

    def _count(self, step: Step, done: StepStats) -> None:
        """Keep what a step has done with this pass; items and failures are what the run holds now."""
        held, failed = self.store.answers.step_counts(self.row.id).get(step, (0, 0))
        self.stats[step] = replace(
            done,
            items=held,
            failures=failed,
            kinds=self.store.answers.kinds(self.row.id).get(step, {}),
        )
        self.store.runs.set_stats(self.row.id, self.stats)

    def finish(self, step: Step) -> None:
        """Copy what a finished step wrote out of the database file."""
        self.store.answers.backup(self.row.id, step)

    def tell(self, progress: Progress) -> None:
        if self.on_progress:
            self.on_progress(progress)


class _Copying:
    """Copies what a long step has written by now, beside the work: damage then costs minutes, not the step."""

    def __init__(self, copy: Callable[[Step], None]) -> None:
        self._copy = copy
        self._next = time.monotonic() + _COPY_SECONDS
        self._thread: threading.Thread | None = None

    def keep_up(self, step: Step) -> None:
        """Begin a copy if it is time for one."""
        if time.monotonic() >= self._next and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._work, args=(step,), daemon=True, name="facetry-copy")
            self._thread.start()

    def _work(self, step: Step) -> None:
        began = time.monotonic()
        try:
            self._copy(step)
        except Exception as error:  # noqa: BLE001 - the step goes on; its end tries again, and says so
            _log.warning("copies were not made: %s", error)
        took = time.monotonic() - began
        self._next = time.monotonic() + max(_COPY_SECONDS, _COPY_SHARE * took)


class _Spending:
    """What asking one model costs from here on, and whether the run's cap leaves room for another call."""

    def __init__(
        self, meter: Meter, price: Price | None, spent: float, cap: float, old: StepStats, noted: _Noted
    ) -> None:
        """price: None where it is unknown. spent: US dollars that the run has cost before. cap: US dollars for the
        whole run; 0 for no cap. old: what the step has done before. noted: what its statistics name besides."""
        self._meter, self._price, self._spent, self._cap = meter, price or FREE, spent, cap
        self._paid_before, self._before = meter.paid, meter.stats()
        self.costs = price is None or bool(price.prompt or price.completion)
        """Whether the model's tokens may cost money."""
        self._old = replace(
            old,
            under_way=0,
            lost=old.lost + old.under_way,  # left by a process that was killed
            prompts=tuple(dict.fromkeys((*old.prompts, *noted[0]))),
            evidence=tuple(dict.fromkeys((*old.evidence, *noted[1]))),
        )

    def stats(self, *, under_way: int = 0, given_up: int = 0) -> StepStats:
        """What the step has done by now. under_way, given_up: calls that may be paid for and have no answer."""
        old, before, after = self._old, self._before, self._meter.stats()
        return replace(
            old,
            requests=old.requests + after.requests - before.requests,
            cache_hits=old.cache_hits + after.cache_hits - before.cache_hits,
            prompt_tokens=old.prompt_tokens + after.prompt_tokens - before.prompt_tokens,
            completion_tokens=old.completion_tokens + after.completion_tokens - before.completion_tokens,
            seconds=round(old.seconds + after.seconds - before.seconds, 3),
            cost=old.cost + self._cost(self._meter.paid),
            under_way=under_way,
            lost=old.lost + given_up,
        )

    def is_enough(self, under_way: int) -> bool:
        """Whether no call may be begun beside so many that are under way (see `core.engine.run_step.run_step`)."""
        if not self._cap or not (self._price.prompt or self._price.completion):
            return False
        expected = self._meter.expected(under_way) if under_way else self._meter.paid
        if expected is None:
            return under_way >= _AT_FIRST
        return self._spent + self._cost(expected) >= self._cap

    def _cost(self, paid: tuple[float, float]) -> float:
        """US dollars of the tokens paid since this began."""
        return self._price.of(paid[0] - self._paid_before[0], paid[1] - self._paid_before[1])
