"""What earlier runs of the same models took, for the estimate (estimate.py)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.domain import RunSettings, Step, StepStats
from core.models.chat.text import REHEARSAL
from core.models.model_spec import BUILTIN, ModelSpec
from core.pipeline.known_answers import kind_of, tokens
from core.pipeline.sight import is_about_text
from core.steps.plan import NAMED_FROM
from core.store.runs import RunRow

_LEAST = 5
"""An earlier run must have asked about at least so many items for its averages to count."""
REHEARSED = tokens(REHEARSAL), 8.0
"""Tokens of the rehearsal's request and of its answer."""


class EarlierRuns:
    """Runs, the newest first, as far as they tell what a run of these settings will take."""

    def __init__(self, runs: Sequence[RunRow], settings: RunSettings) -> None:
        self._runs, self._settings = runs, settings

    def took(self, step: Step, spec: str) -> StepStats | None:
        """The statistics of the newest run in which the same model was asked about a few items at least, without its
        rehearsal. None if there is none. A run that was checked again counts its cache hits repeatedly, so that too few
        items seem to have been asked; it is passed over."""
        for run in self._runs:
            used = run.settings.vision if step == "describe" else run.settings.text
            stats = run.stats.get(step)
            alike = run.settings.asking == self._settings.asking
            if step == "name" and bool(run.settings.k) != bool(self._settings.k):  # groups that were not counted before
                continue
            if step == "assign" and run.settings.share < 1:  # its items are also those that only followed
                continue
            if used == spec and alike and stats and stats.items - stats.cache_hits >= (1 if step == "name" else _LEAST):
                asked = {name: one.items - one.cache_hits for name, one in run.stats.items()}
                return _alone(stats) if step == rehearsed_in(run.settings, asked) else stats
        return None

    def pace(self, step: Step, items: int) -> tuple[int, float] | None:
        """How many items a step worked on, and the seconds it took, in the run over the like that was nearest to so
        many items; None where none tells."""
        paces = [pace for run in self._runs if self._is_like(run.settings) and (pace := _pace(run.stats, step))]
        return min(paces, key=lambda pace: abs(math.log(pace[0] / items)), default=None)

    def _is_like(self, other: RunSettings) -> bool:
        """Whether another run was over the like (images or texts), with the built-in engine where this one has it."""
        mine, others = (
            ("records" if run.records else kind_of(run.vision), kind_of(run.text) == BUILTIN, is_about_text(run))
            for run in (self._settings, other)
        )
        return mine == others and other.share == self._settings.share


def rehearsed_in(settings: RunSettings, asked: Mapping[str, int]) -> Step | None:
    """The step that counts the rehearsal of a text model on a server: the first of the early ones that asks anything.

    asked: about how many items each step asks.
    """
    early: tuple[Step, ...] = ("describe", "label") if ModelSpec.parse(settings.text).is_served else ()
    return next((step for step in early if asked.get(step, 0) > 0), None)


def _alone(stats: StepStats) -> StepStats:
    """A step without the rehearsal."""
    question, answer = map(round, REHEARSED)
    return replace(
        stats,
        requests=max(stats.requests - 1, 0),
        prompt_tokens=max(stats.prompt_tokens - question, 0),
        completion_tokens=max(stats.completion_tokens - answer, 0),
    )


def _pace(stats: Mapping[str, StepStats], step: Step) -> tuple[int, float] | None:
    """How many items a step of an earlier run worked on, and the seconds it took; None where that tells nothing."""
    of_step = stats.get(step)
    if of_step is None or of_step.seconds <= 0:
        return None
    asked = of_step.items - of_step.cache_hits
    if step == "name":  # one request about all that was labelled
        asked = min(stats["label"].items, NAMED_FROM) if asked > 0 and "label" in stats else 0
    return (asked, of_step.seconds) if asked >= _LEAST else None
