"""Faults in every stage, as SQLite's tests make them: the n-th write, fsync, rename, statement or answer fails.

After each: the workspace opens, what was acknowledged is there, nothing whose answer was saved is asked again, all that
was given is counted, a person is told a sentence; and once it went on, the result equals an undisturbed run's. Here the
first operation of each sort fails, one after the other, and a middle or last one; benchmarks/faults.py tries all.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fault_stages import IN_MEMORY, STAGES, Studio
from fault_trial import Planned, try_out
from faults import FAULTS, Injector, counting

from core.jobs import Jobs

_FILES = "open write rename"
_DATABASE = "connect execute commit"
REACHED = {
    "make a workspace": f"open write unlink {_DATABASE}",
    "ingest": f"{_FILES} unlink {_DATABASE}",
    "describe": f"{_FILES} fsync {_DATABASE}",
    "label": f"{_FILES} fsync link {_DATABASE}",
    "name": f"{_FILES} fsync link unlink {_DATABASE}",
    "assign": f"{_FILES} fsync link unlink {_DATABASE}",
    "ask a server": f"{_FILES} fsync link unlink {_DATABASE} receive",
    "run by the command line": f"{_FILES} fsync link unlink {_DATABASE}",
    "edit": _DATABASE,
    "undo": _DATABASE,
    "sort after edits": f"{_FILES} fsync link unlink {_DATABASE}",
    "add": f"{_FILES} fsync link unlink {_DATABASE}",
    "import": f"{_FILES} fsync link unlink {_DATABASE}",
    "export files": f"{_FILES} unlink {_DATABASE}",
    "export CSV": _DATABASE,
    "export JSON Lines": _DATABASE,
    "export Parquet": _DATABASE,
    "export page": _DATABASE,
    "export folders": _DATABASE,
    "pack": f"{_FILES} unlink {_DATABASE}",
    "unpack": f"{_FILES} unlink {_DATABASE}",
    "back up": f"{_FILES} fsync link unlink connect execute",
    "open": "connect execute",
    "restore": f"rename fsync link unlink {_DATABASE}",
}
"""Stage -> the sorts of operations that it comes to, besides making folders and letting a file grow."""
OF_ALL = ("make folder", "grow")


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(dir=IN_MEMORY) as folder:
        studio = Studio(Path(folder), patch)
        yield studio
        studio.close()


def test_there_are_at_least_130_kinds() -> None:
    """A kind is an operation that fails in one way in one stage."""
    assert list(REACHED) == list(STAGES)
    kinds = {(stage, fault) for stage in STAGES for fault in FAULTS if fault.operation in REACHED[stage]}
    assert len(kinds) >= 130


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_with_faults_loses_nothing_and_comes_to_the_same(studio: Studio, name: str) -> None:
    stage = STAGES[name]
    desk = studio.desk(stage)
    with counting(desk.folder) as found:
        stage.act(desk)
    desk.close()
    assert {operation for operation, number in found.items() if number} - {*OF_ALL} == set(REACHED[name].split())
    place = list(STAGES).index(name)
    firsts, later = [], []
    for turn, (operation, number) in enumerate(found.items()):
        faults = [fault for fault in FAULTS if fault.operation == operation and fault.error]
        if number:
            firsts.append(Planned(faults[(place + turn) % len(faults)], 1, turn % 3 == 2))
            later.append(Planned(faults[(place + turn + 1) % len(faults)], number if turn % 2 else (number + 1) // 2))
    for planned in (firsts, [later[place % len(later)]]):
        trial = try_out(studio, stage, planned, fresh=place % 2 == 0)
        assert trial.good, (planned, trial)
        assert trial.fired or planned is not firsts


@pytest.mark.parametrize("name", [name for name in STAGES if REACHED[name] != _DATABASE])
def test_a_stage_that_is_killed_loses_nothing_and_comes_to_the_same(studio: Studio, name: str) -> None:
    stage = STAGES[name]
    operation = REACHED[name].split()[list(STAGES).index(name) % len(REACHED[name].split())]
    (fault,) = [fault for fault in FAULTS if fault.operation == operation and not fault.error]
    trial = try_out(studio, stage, [Planned(fault, 1)])
    assert trial.good, trial
    assert trial.fired


def test_a_full_disk_is_a_sentence_and_once_there_is_room_the_same_command_goes_on(studio: Studio) -> None:
    (full,) = [fault for fault in FAULTS if fault.operation == "grow"]
    for name in ("run by the command line", "edit", "export files", "unpack"):
        trial = try_out(studio, STAGES[name], [Planned(full, 12)])
        assert trial.good, trial


def test_a_job_that_finds_the_disk_full_says_so_and_goes_on_once_there_is_room(studio: Studio) -> None:
    """The run itself cannot say so: there is no room for that either."""
    desk = studio.desk(STAGES["describe"])
    jobs, run_id = Jobs(desk.workspace), desk.run_id()
    (full,) = [fault for fault in FAULTS if str(fault) == "commit: disk full"]
    with Injector(full, 3, desk.folder, lasting=True):
        job = jobs.start(run_id, "assign")
        assert job.thread
        job.thread.join(60)
    assert "is full. What was saved is kept. Make room, then continue." in jobs.ended_with(run_id)
    job = jobs.start(run_id, "assign")
    assert job.thread
    job.thread.join(60)
    assert jobs.ended_with(run_id) == ""
    run = desk.store.runs.get(run_id)
    assert run
    assert run.status == "done"
    desk.close()
