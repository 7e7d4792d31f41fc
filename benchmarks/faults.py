"""A long fault campaign: python benchmarks/faults.py [FAULTS] [KILLS] [SEED] [STAGE,STAGE...].

Injects so many faults over all stages (tests/support/fault_stages.py): operation 1, 2, 3 ... of every sort fails, once
or from then on, or the process is killed there; in an order that the seed decides, so that a part is a fair sample, and
up to ten one after the other. The invariants of tests/support/fault_trial.py must hold. Then kills a run with a chat
model so many times at random moments, by the command line and as the server has it at work. Prints a table by stage,
and what did not hold.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]
for name in list(os.environ):
    if name.lower().endswith("_proxy"):
        del os.environ[name]

import pytest
from fault_stages import IN_MEMORY, STAGES, Stage, Studio, files_of
from fault_trial import Planned, Trial, try_out
from faults import FAULTS, GROWTH, counting
from kills import Killing, random_kill

_SHOWN = 20
_MOST = 10
"""Faults one after the other, before a stage may come to its end."""


@dataclass
class Row:
    """One stage in the table."""

    faults: int = 0
    kinds: set[str] = field(default_factory=set)
    lost: int = 0
    doubled: int = 0
    escaped: int = 0
    wrong: int = 0

    def add(self, trial: Trial) -> None:
        self.faults += len(trial.fired)
        self.kinds |= set(map(str, trial.fired))
        self.lost += bool(trial.lost)
        self.doubled += bool(trial.doubled)
        self.escaped += bool(trial.escaped)
        self.wrong += bool(trial.wrong)


def cases(studio: Studio, stage: Stage) -> list[Planned]:
    """Every fault that a stage can meet."""
    desk = studio.desk(stage)
    with counting(desk.folder) as found:
        stage.act(desk)
    desk.close()
    largest = max((path.stat().st_size for path in desk.folder.rglob("*") if path.is_file()), default=0)
    found["grow"] = (largest // GROWTH).bit_length()
    every: list[Planned] = []
    for fault in FAULTS:
        twice = (False, True) if fault.error and fault.operation != "grow" else (False,)
        numbers = range(1, found[fault.operation] + 1)
        if fault.operation == "grow":  # sizes, each twice the one before
            numbers = [2**number for number in numbers]
        every += [Planned(fault, *each) for each in product(numbers, twice)]
    return every


def inject(number: int, seed: int, names: list[str]) -> list[str]:
    """So many faults, taken in turn from the stages; prints the table, returns what did not hold. SIGTERM ends
    it early."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chance, findings = random.Random(seed), Counter[str]()
    rows = {name: Row() for name in names}
    folder = Path(tempfile.mkdtemp(dir=IN_MEMORY))
    with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
        studio = Studio(folder, patch)
        left = {name: cases(studio, STAGES[name]) for name in names}
        for planned in left.values():
            chance.shuffle(planned)
        began, done = time.monotonic(), 0
        while done < number and any(left.values()):
            for name in names:
                trial = some(studio, STAGES[name], left[name], chance, findings)
                rows[name].add(trial)
                before, done = done, done + len(trial.fired)
                if done // 200 > before // 200:
                    print(f"{done} faults in {time.monotonic() - began:.0f} s, {findings.total()} findings", flush=True)
    studio.close()
    shutil.rmtree(folder, ignore_errors=True)
    show(rows)
    return [f"{times} x {what}" for what, times in findings.most_common(_SHOWN)]


def some(studio: Studio, stage: Stage, left: list[Planned], chance: random.Random, findings: Counter[str]) -> Trial:
    """Take some faults of those that are left, and try them."""
    planned = [left.pop() for _ in range(min(chance.randint(1, _MOST), len(left)))]
    if chance.random() < 0.5:  # late ones first: the early ones come then too
        planned.sort(key=lambda each: -each.number)
    trial = try_out(studio, stage, planned, fresh=chance.random() < 0.3)
    left[:0] = planned[len(trial.fired) + 1 :]
    if not trial.good:
        last = [text.strip().splitlines()[-1] for text in (trial.escaped, *trial.wrong) if text.strip()]
        what = f"{stage.name}; {trial.fired[-1:]}; {last} lost {trial.lost[:1]} doubled {trial.doubled[:1]}"
        findings[what] += 1
        if findings[what] == 1:
            print(f"FOUND {planned}: {what}\n{trial.escaped}{''.join(trial.wrong)}", flush=True)
    return trial


def show(rows: dict[str, Row]) -> None:
    """The table by stage."""
    print(f"\n{'stage':26}{'faults':>8}{'kinds':>7}{'lost':>6}{'doubled':>9}{'tracebacks':>12}{'other':>7}")
    numbers = {
        name: (row.faults, len(row.kinds), row.lost, row.doubled, row.escaped, row.wrong) for name, row in rows.items()
    }
    numbers["all"] = tuple(map(sum, zip(*numbers.values(), strict=True)))  # type: ignore[assignment]
    for name, (faults, kinds, lost, doubled, escaped, wrong) in numbers.items():
        print(f"{name:26}{faults:8}{kinds:7}{lost:6}{doubled:9}{escaped:12}{wrong:7}")


def kill(number: int, seed: int) -> list[str]:
    """So many kills, over as many runs as they take; prints what was asked twice, returns what did not hold."""
    chance, wrong = random.Random(seed), []
    kills = allowed = strictly = repeated = asked = rounds = 0
    expected = None
    while kills < number:
        folder = Path(tempfile.mkdtemp())
        killing = Killing(folder, each=20)
        while kills + killing.kills < number and random_kill(killing, chance):
            pass
        killing.finish()
        result = files_of(folder / "out")[:2]
        expected = expected or undisturbed()
        if result != expected:
            wrong.append("the result differs from an undisturbed run's")
        if killing.repeated > killing.allowed:
            wrong.append(f"{killing.repeated} requests were asked again, {killing.allowed} may be")
        wrong += killing.wrong
        rounds += 1
        kills, allowed, strictly = kills + killing.kills, allowed + killing.allowed, strictly + killing.strictly
        repeated, asked = repeated + killing.repeated, asked + len(killing.asked())
        killing.close()
        shutil.rmtree(folder, ignore_errors=True)
        again = f"{repeated} again ({strictly} were under way or answered within 50 ms; {allowed} may be)"
        print(f"{kills} kills, {rounds} runs, {asked} requests, {again}; {wrong}", flush=True)
    return wrong


def undisturbed() -> object:
    """The files of a run that nobody kills."""
    folder = Path(tempfile.mkdtemp())
    killing = Killing(folder, each=20)
    killing.finish()
    found = files_of(folder / "out")[:2]
    killing.close()
    shutil.rmtree(folder, ignore_errors=True)
    return found


def main() -> None:
    given = [*sys.argv[1:], *("1000", "20", "0", "")[len(sys.argv) - 1 :]]
    faults, kills, seed = int(given[0]), int(given[1]), int(given[2])
    names = given[3].split(",") if given[3] else list(STAGES)
    print(f"seed {seed}: {faults} faults, {kills} kills")
    found = inject(faults, seed, names) if faults else []
    found += kill(kills, seed) if kills else []
    print("\n".join(found) or "Everything held.")
    sys.stdout.flush()
    os._exit(bool(found))  # as core/__main__.py: threads of servers would hold what the database library calls leaks


if __name__ == "__main__":
    main()
