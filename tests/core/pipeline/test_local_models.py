"""Whole runs with a local model whose process ends, is stopped or is shared."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import painter
import pytest
from fakes import COLOURS
from fragile import Plan, install, is_gone
from house import EACH, House
from waiting import wait_for

from core.domain import Asking, Progress
from core.errors import Cancelled, ModelUnavailable, Paused
from core.jobs import Jobs
from core.models import registry
from core.results import run_view

ALL = len(COLOURS) * EACH
ONE_BY_ONE = Asking(exact=True, items=4)
ENDS = ("SIGSEGV", "SIGABRT", "SIGKILL", "lost", 7)
Rows = list[tuple[str, str, str]]


def rows_of(house: House, run_id: str) -> Rows:
    """Each image with its description and group."""
    return [
        (row.name, row.description, row.cluster.name if row.cluster else row.state)
        for row in run_view.rows(house.store, run_id)
    ]


class Local:
    """A house whose runs have a fragile local model for both roles."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.plan = house, Plan(folder / "model")
        self.store = house.store

    def start(self, criterion: str = "colour", **plan: object) -> str:
        spec = f"llama_cpp:{self.plan.write(**plan)}"
        return self.house.start(vision=spec, text=spec, criterion=criterion, asking=ONE_BY_ONE)

    def rows(self, run_id: str) -> Rows:
        return rows_of(self.house, run_id)

    def status(self, run_id: str) -> tuple[str, str]:
        run = run_view.get_run(self.store, run_id)
        return run.status, run.message


@pytest.fixture
def local(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Local]:
    install(monkeypatch)
    yield Local(house, tmp_path)
    registry._kept.clear()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """What the same model says of the same pictures in the process of the tests, in a workspace of its own: nothing is
    known from it."""
    with pytest.MonkeyPatch.context() as patch:
        house = House(tmp_path_factory.mktemp("calm"), patch)
        painter.install(patch, painter.Painter())
        run_id = house.start(vision="painter", text="painter", asking=ONE_BY_ONE)
        house.run(run_id)
        rows = rows_of(house, run_id)
        house.workspace.close()
    assert Counter(group for _, _, group in rows) == dict.fromkeys(COLOURS, EACH)
    return rows


@pytest.mark.parametrize("batch", [1, 4])
def test_a_model_that_ends_its_process_now_and_then_gives_the_same_result(local: Local, calm: Rows, batch: int) -> None:
    at = {str(number): end for number, end in zip((2, 9, 17, 24, 29), ENDS, strict=True)}
    run_id = local.start(batch=batch, at=at)
    local.house.run(run_id)
    assert local.rows(run_id) == calm
    assert local.status(run_id) == ("done", "")
    assert len(local.plan.pids) == 1 + len(at)
    times = Counter(local.plan.asked)
    assert max(times.values()) == 2
    assert times.total() - len(times) <= batch * len(at), "only what was under way is asked again"
    before = len(local.plan.asked)
    local.house.run(run_id)
    assert len(local.plan.asked) == before


@pytest.mark.parametrize("batch", [1, 4])
def test_an_image_that_ends_the_process_fails_alone(local: Local, calm: Rows, batch: int) -> None:
    first = local.start(batch=batch)
    local.house.run(first)
    bad = run_view.rows(local.store, first)[5]
    again = local.start("hue", batch=batch, poison={bad.item_id: "SIGSEGV"})
    local.house.run(again)
    failed = [row for row in run_view.rows(local.store, again) if row.state == "failed"]
    assert [row.name for row in failed] == [bad.name]
    assert "ended unexpectedly (segmentation fault) at this request, twice" in failed[0].reason
    others = [row for row in local.rows(again) if row[0] != bad.name]
    assert others == [row for row in calm if row[0] != bad.name]
    local.plan.write()  # whatever it was is mended; only the failed one is asked again
    before = len(local.plan.asked)
    local.house.run(again)
    assert local.rows(again) == calm
    assert sum(line.startswith("describe") for line in local.plan.asked[before:]) == 1


def test_a_text_that_ends_the_process_is_found_among_many_and_fails_alone(local: Local, calm: Rows) -> None:
    name, description, _ = calm[0]  # the worst place: the first of a request, and of each half
    run_id = local.start(poison={f". {description}": "SIGABRT"})
    local.house.run(run_id)
    failed = [row for row in run_view.rows(local.store, run_id) if row.state == "failed"]
    assert [row.name for row in failed] == [name]
    assert "ended unexpectedly (aborted) at this request, twice" in failed[0].reason
    assert [row for row in local.rows(run_id) if row[0] != name] == calm[1:]
    assert run_view.get_run(local.store, run_id).stats["label"].kinds == {"crashed": 1}


def test_ends_in_a_row_pause_the_run_and_it_goes_on_where_it_was(local: Local, calm: Rows) -> None:
    run_id = local.start(at={str(number): "SIGKILL" for number in range(7, 12)})
    with pytest.raises(Paused):
        local.house.run(run_id)
    status, sentence = local.status(run_id)
    assert status == "stopped"
    assert "5 times in a row" in sentence
    assert "smaller model" in sentence
    local.house.run(run_id)
    assert local.rows(run_id) == calm
    assert len(local.plan.asked) - len(set(local.plan.asked)) == 5


def test_a_model_that_cannot_answer_is_said_before_the_run_asks(local: Local) -> None:
    run_id = local.start(probe="SIGILL")
    with pytest.raises(ModelUnavailable, match="first short answer"):
        local.house.run(run_id)
    assert local.status(run_id)[0] == "failed"
    assert not local.plan.asked


@pytest.mark.parametrize("what", [{"loading": "hang"}, {"probe": "hang"}, {"at": {"6": "hang"}}], ids=str)
def test_stop_ends_a_run_at_once_whatever_its_model_does(local: Local, calm: Rows, what: dict[str, object]) -> None:
    jobs, run_id = Jobs(local.house.workspace), local.start(**what)
    job = jobs.start(run_id, "assign")
    wait_for(lambda: bool(local.plan.pids) if "at" not in what else len(local.plan.asked) == 6)
    jobs.stop(run_id)
    assert not job.alive
    assert local.status(run_id) == ("stopped", "")
    wait_for(lambda: is_gone(local.plan.pids[-1]))
    local.plan.write()
    seen: list[Progress] = []
    local.house.run(run_id, on_progress=seen.append)
    assert local.rows(run_id) == calm
    assert len(local.plan.asked) - len(set(local.plan.asked)) == ("at" in what)
    assert "Loading about 0.0 GB." in [progress.latest[1] for progress in seen if progress.step == "load"]


def test_two_runs_that_share_a_process_both_end_well(local: Local, calm: Rows) -> None:
    local.house.run(local.house.start())  # the images are there already
    ids = [local.start("colour"), local.start("hue", at={str(n): "SIGSEGV" for n in (3, 9, 17, 30)})]
    jobs = Jobs(local.house.workspace)
    threads = [jobs.start(run_id, "assign").thread for run_id in ids]
    for thread in threads:
        assert thread is not None
        thread.join()
    assert [local.rows(run_id) for run_id in ids] == [calm, calm]
    assert len(local.plan.pids) == 5


def test_a_run_that_is_stopped_leaves_the_other_its_model(local: Local, calm: Rows) -> None:
    local.house.run(local.house.start())
    first, second = local.start("colour"), local.start("hue", at={"9": "hang"})
    jobs = Jobs(local.house.workspace)
    other = jobs.start(first, "assign").thread
    assert other is not None
    wait_for(lambda: len(local.plan.asked) == 9)
    jobs.start(second, "assign")
    jobs.stop(first)
    assert local.status(first) == ("stopped", "")
    third = jobs.get(second)
    assert third is not None
    assert third.thread is not None
    third.thread.join()
    assert local.rows(second) == calm


def test_a_run_with_another_model_gives_the_memory_back(local: Local) -> None:
    local.house.run(local.start())
    assert not is_gone(local.plan.pids[0])
    local.house.run(local.house.start())
    assert is_gone(local.plan.pids[0])


def test_a_stop_at_the_command_line_leaves_no_process(local: Local) -> None:
    run_id, cancel = local.start(loading="hang"), threading.Event()
    threading.Thread(target=lambda: (wait_for(lambda: bool(local.plan.pids)), cancel.set()), daemon=True).start()
    with pytest.raises(Cancelled):
        local.house.run(run_id, cancel=cancel)
    assert is_gone(local.plan.pids[0])
