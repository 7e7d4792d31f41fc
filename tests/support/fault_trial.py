"""One fault in one stage, and what must hold after it."""

from __future__ import annotations

import os
import signal
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fault_stages import Desk, Stage, Studio
from faults import Fault, Injector

from core.domain import STEPS
from core.errors import FacetryError
from core.results import run_view

_PATIENCE = 60


@dataclass(frozen=True)
class Planned:
    """Operation `number` of a fault's sort fails, and with `lasting` all after it."""

    fault: Fault
    number: int
    lasting: bool = False


@dataclass
class Trial:
    """What became of some faults, one after the other.

    Attributes:
        fired: the faults that came; a stage may end before it comes to that operation.
        said: what a person is told, a sentence a fault.
        escaped: the traceback of an error that is no sentence for a person; "" where there is none.
        lost, doubled: what was acknowledged and is gone; what was asked though its answer was saved.
        wrong: what else does not hold.
    """

    fired: list[Fault] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    escaped: str = ""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.escaped or self.lost or self.doubled or self.wrong)


def try_out(studio: Studio, stage: Stage, planned: Sequence[Planned], *, fresh: bool = False) -> Trial:
    """Do a stage with these faults, each while it goes on after the one before; then let it come to its end, and
    compare with an undisturbed run. What must hold is checked between.

    fresh: the workspace is opened anew after each fault; else the same process goes on, as a server does.
    """
    expected = studio.expected(stage)
    desk, trial = studio.desk(stage), Trial()
    had = set() if stage.restores or stage.base in ("packed", "absent") else _answers(desk)
    desk.close()
    saved: set[tuple[str, str]] = set()
    for each in planned:
        asked = len(studio.ledger.asked)
        fired = _with_fault(desk, stage, each, trial)
        trial.doubled += [f"{step} {item}" for step, item in studio.ledger.asked[asked:] if (step, item) in saved]
        if not fired:
            break
        trial.fired.append(each.fault)
        if fresh or each.fault.error is None:
            desk.close()
            saved = _check(desk, trial, had)
            desk.close()
    if not trial.fired:
        desk.close()
        return trial
    asked = len(studio.ledger.asked)
    again = _said(lambda: stage.act(desk), trial)
    if again:
        trial.wrong.append(f"going on: {again}")
    trial.doubled += [f"{step} {item}" for step, item in studio.ledger.asked[asked:] if (step, item) in saved]
    desk.close()
    _check(desk, trial, had)
    try:
        if not again and stage.result(desk) != expected:
            trial.wrong.append("the result differs from an undisturbed run's")
    except Exception:  # noqa: BLE001
        trial.wrong.append(traceback.format_exc())
    desk.close()
    return trial


def _with_fault(desk: Desk, stage: Stage, planned: Planned, trial: Trial) -> bool:
    """Do a stage with one fault; returns whether that came."""
    fault = planned.fault
    if fault.error is None:
        desk.close()
        return _killed(desk, stage, planned, trial)
    with Injector(fault, planned.number, desk.folder, lasting=planned.lasting) as injector:
        said = _said(lambda: stage.act(desk), trial)
    trial.said.append(said)
    return injector.fired or (fault.operation == "grow" and bool(said))


def _said(act: Callable[[], object], trial: Trial) -> str:
    """What a person is told of what goes wrong; notes what is not meant for people."""
    try:
        act()
    except FacetryError as error:
        if "Traceback" in str(error) or not str(error).strip():
            trial.escaped = str(error) or "an empty sentence"
        return str(error)
    except Exception:  # noqa: BLE001
        trial.escaped = traceback.format_exc()
        return "a traceback"
    return ""


def _killed(desk: Desk, stage: Stage, planned: Planned, trial: Trial) -> bool:
    """Do a stage in a copy of this process that is killed with SIGKILL at the operation; returns whether it was."""
    ledger = desk.studio.ledger
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # our other threads are servers of tests
        child = os.fork()
    if not child:
        status = 1
        try:
            os.close(read)
            signal.alarm(_PATIENCE)
            ledger.pipe = write
            with Injector(planned.fault, planned.number, desk.folder):
                stage.act(desk)
            status = 0
        except BaseException:  # noqa: BLE001
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read) as pipe:
        ledger.read(pipe.read())
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    if status:
        trial.wrong.append(f"the process ended with {status} before it was killed")
    return False


def _answers(desk: Desk) -> set[str]:
    return {key for (key,) in desk.store._db.read("SELECT call_key FROM answer")}


def _check(desk: Desk, trial: Trial, had: set[str]) -> set[tuple[str, str]]:
    """The invariants, in a workspace that is opened anew; returns (step, item) of all answers that runs hold."""
    if not Path(desk.config.workspace).exists():
        return set()  # one that was being unpacked
    try:
        store = desk.store
    except Exception:  # noqa: BLE001
        trial.wrong.append(f"it cannot be opened: {traceback.format_exc()}")
        return set()
    ledger = desk.studio.ledger
    trial.lost += sorted((had | ledger.saved) - _answers(desk))
    saved: set[tuple[str, str]] = set()
    for run in store.runs.recent():
        edits = [edit.value for edit in store.runs.edits(run.id)]
        if ledger.edits and edits[: len(ledger.edits)] != ledger.edits:
            trial.lost.append(f"an edit of {ledger.edits}")
        for step in STEPS:
            held = store.answers.held(run.id, step)
            saved |= {(step, item) for item, answer in held.items() if not answer.failure and not answer.stale}
        dataset = store.datasets.get(run.settings.dataset_id)
        if dataset is None:
            trial.wrong.append(f"run {run.id} has no images")
            continue
        states = Counter(run_view.View(store, run.id).states())
        if sum(dataset.counts.values()) == dataset.given != states.total() + dataset.not_grouped:
            trial.wrong.append(f"given {dataset.given}, {dict(states)}, {dict(dataset.counts)}")
    return saved
