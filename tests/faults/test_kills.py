"""A process that is killed while 8 requests at once are under way, each of which costs money."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from colour_server import step_asked
from fakes import COLOURS
from fault_stages import files_of
from kills import AT_ONCE, Killing

EACH = 6


@pytest.fixture
def killing(tmp_path: Path) -> Iterator[Killing]:
    killing = Killing(tmp_path, EACH)
    yield killing
    killing.close()


def test_what_is_asked_again_was_under_way_and_what_it_cost_is_counted(
    killing: Killing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command line, then as the server has the run at work; then the same command comes to its end."""
    assert killing.kill(killing.command(), 3, 0.02)
    assert killing.kill(killing.as_a_server(), 9, 0.05)
    assert killing.kill(killing.command(), 2, 0.0)
    said = killing.finish()
    assert killing.wrong == []
    assert 0 < killing.repeated <= killing.allowed
    assert killing.server.most_at_once <= AT_ONCE
    run = killing.run()
    assert run.status == "done"
    counted = sum(stats.requests + stats.unanswered for stats in run.stats.values())
    assert len(killing.asked()) <= counted
    assert "more requests were given up unanswered" in said
    assignments, _, about = files_of(killing.folder / "out")
    assert about["counts"]["assigned"] == about["given"] == EACH * len(COLOURS)
    assert assignments.count(b"\n") == about["given"] + 1


def test_a_cap_counts_what_a_killed_process_spent(killing: Killing) -> None:
    killing.kill(killing.command(), 12, 0.1)
    spent = sum(stats.cost for stats in killing.run().stats.values())
    assert spent > 0
    asked = len(killing.asked())
    said = killing.finish("--cap", f"{spent:.6f}")
    assert "spending cap" in said
    assert len(killing.asked()) == asked
    assert killing.wrong == []
    assert {step_asked(each["body"]) for each in killing.server.history} <= {"describe", "check"}
