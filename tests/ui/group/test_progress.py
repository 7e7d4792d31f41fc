"""What a step's card says while the step is at work."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from core.domain import Progress, RunSettings, StepStats
from core.store.runs import RunRow
from ui import text
from ui.group import progress


def run(**stats: StepStats) -> RunRow:
    return RunRow("r", RunSettings("d", "colour", 4), "running", "", stats, datetime(2026, 1, 1, tzinfo=UTC))


def test_the_time_of_a_step_at_work_goes_on_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    now = Progress("describe", 244, 1_000, seconds=31.0, seconds_left=60.0, at=clock[0])
    saved = run(describe=StepStats(items=244, seconds=31.0))
    assert progress._did(saved, "describe", 244, {}, now) == f"{text.images(244)} · 31 s"
    clock[0] += 40.0
    assert progress._did(saved, "describe", 244, {}, now) == f"{text.images(244)} · 71 s"
    assert now.left_now == 20.0
    clock[0] += 40.0
    assert now.left_now is None, "it takes longer than was thought"


def test_a_step_without_an_answer_yet_shows_its_time_alone() -> None:
    now = Progress("name", 0, 1, seconds=12.0)
    assert progress._did(run(), "name", 0, {}, now) == "12 s"
