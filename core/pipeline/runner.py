"""One step over some items of a run: what is missing is asked, saved, counted and paid for; what failed goes to the
second model, where the person named one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from core import prices
from core.domain import Held, Progress, Step, StepStats
from core.engine import Meter, run_step
from core.errors import Paused
from core.intake import OnProgress
from core.models.base import TextModel, VisionModel
from core.prices import FREE, price_of
from core.store.runs import RunRow
from core.work import Ask, Outcome, Work
from core.workspace import Workspace

M = TypeVar("M", VisionModel, TextModel)
T = TypeVar("T")
AT_ONCE = 20_000
"""Items whose texts and keys are held in memory at a time, so that a run's size does not decide what it needs."""

_AT_FIRST = 2
"""Calls that are begun under a spending cap while none has shown what a call costs."""


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in parts that may be held in memory; none for no items."""
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]


class Runner:
    """Runs steps for one run and keeps its statistics."""

    def __init__(
        self, workspace: Workspace, row: RunRow, cancel: threading.Event, on_progress: OnProgress | None
    ) -> None:
        self.store, self.row, self.settings = workspace.store, row, row.settings
        self.cancel, self.on_progress = cancel, on_progress
        self.stats = dict(row.stats)
        self._table = prices.read(self.store.preferences.get(prices.PREFERENCE, ""))

    def missing(self, step: Held, work: Sequence[Work], *others: Iterable[Work]) -> list[Work]:
        """The work whose answer the run does not hold. others: the same items as another model would be asked; what
        that one answered counts as well."""
        held = self.store.answers.held(self.row.id, step, [item.item_id for item in work])
        fresh = {item.item_id: {item.key} for item in work}
        for works in others:
            for item in works:
                fresh[item.item_id].add(item.key)
        return [
            item
            for item in work
            if (found := held.get(item.item_id)) is None or found[1] or found[0] not in fresh[item.item_id]
        ]

    def run(
        self,
        step: Step,
        models: tuple[M, M | None],
        put: Callable[[M, Sequence[str] | None], tuple[Sequence[Work], Ask]],
        *,
        meter: Meter | None = None,
        held: Held | None = None,
        only: Callable[[Work], bool] = lambda _: True,
        known: bool = False,
    ) -> None:
        """Answer what is missing of a step, and what fails with the second model.

        models: the first and, or None, the second. put: model and item ids (None for all) -> its requests and how to
        ask them. meter: to count on in. held: what to hold the answers as, if not as the step's. only: which of the
        work to do. known: do it even where the run holds an answer (an edit made that one out of date).
        """
        first, second = models
        work, ask = put(first, None)
        work = [item for item in work if only(item)]
        if not known:
            others = [] if second is None else [put(second, [item.item_id for item in work])[0]]
            work = self.missing(held or step, work, *others)
        meter = meter or Meter(step, len(work), self.on_progress)
        spec = self.settings.vision if step == "describe" else self.settings.text
        failed = self._ask(step, first, spec, work, ask, meter, held)
        if failed and second is not None:
            again, ask = put(second, failed)
            meter.again(len(failed))
            self._ask(step, second, self.settings.fallback, again, ask, meter, held, is_second=True)

    def _ask(
        self,
        step: Step,
        model: VisionModel | TextModel,
        spec: str,
        work: Sequence[Work],
        ask: Ask,
        meter: Meter,
        held: Held | None,
        *,
        is_second: bool = False,
    ) -> list[str]:
        """Ask one model; the ids of the items that failed."""
        evidence_model = getattr(model, "evidence_id", None)
        failed: list[str] = []
        saved = 0

        def save(outcomes: Sequence[Outcome]) -> None:
            nonlocal saved
            kept = outcomes
            if step == "name" and is_second:  # what the first said is of more use than that the second said nothing
                kept = [one for one in outcomes if one.raw or not one.failure]
            self.store.answers.save(self.row.id, held or step, model.id, evidence_model, kept)
            failed.extend(one.work.item_id for one in outcomes if one.failure)
            saved += len(outcomes)

        before, spent, cap = meter.stats(), self.spent(), self.settings.cap
        paid = meter.paid
        price = price_of(spec, self._table) or FREE

        def cost(of: tuple[float, float]) -> float:
            return price.of(of[0] - paid[0], of[1] - paid[1])

        def enough(under_way: int) -> bool:
            if not cap or not (price.prompt or price.completion):
                return False
            expected = meter.expected(under_way) if under_way else meter.paid
            return under_way >= _AT_FIRST if expected is None else spent + cost(expected) >= cap

        try:
            run_step(
                step,
                work,
                ask,
                lookup=self.store.answers.lookup,
                save=save,
                batch_size=model.batch_size,
                concurrency=model.max_concurrency,
                cancel=self.cancel,
                enough=enough,
                meter=meter,
                claims=self.store.answers.claims,
            )
        finally:
            self._count(step, before, meter.stats(), cost(meter.paid))
        if saved < len(work):
            raise Paused(
                f"The spending cap of ${self.settings.cap:,.2f} is reached. "
                "What was answered is kept. Raise the cap, then continue."
            )
        return failed

    def spent(self) -> float:
        """US dollars that the run has cost so far."""
        return sum(one.cost for one in self.stats.values())

    def _count(self, step: Step, before: StepStats, after: StepStats, cost: float) -> None:
        """Add what a pass did to the run's statistics; items and failures are what the run holds now."""
        held, failed = self.store.answers.step_counts(self.row.id).get(step, (0, 0))
        old = self.stats.get(step, StepStats())
        self.stats[step] = StepStats(
            items=held,
            requests=old.requests + after.requests - before.requests,
            cache_hits=old.cache_hits + after.cache_hits - before.cache_hits,
            failures=failed,
            prompt_tokens=old.prompt_tokens + after.prompt_tokens - before.prompt_tokens,
            completion_tokens=old.completion_tokens + after.completion_tokens - before.completion_tokens,
            seconds=round(old.seconds + after.seconds - before.seconds, 3),
            cost=old.cost + cost,
            kinds=self.store.answers.kinds(self.row.id).get(step, {}),
        )
        self.store.runs.set_stats(self.row.id, self.stats)

    def finish(self, step: Step) -> None:
        """Copy what a finished step wrote out of the database file."""
        self.store.answers.backup(self.row.id, step)

    def tell(self, progress: Progress) -> None:
        if self.on_progress:
            self.on_progress(progress)
