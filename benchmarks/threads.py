"""What one thread for BLAS and OpenMP saves beside other work: python benchmarks/threads.py [ROWS] [ROUNDS].

Groups recorded descriptions with the built-in engine (embedding left out: its vectors are made before) while another
process keeps one core busy, with the limit of `core.threads` and without it, in turns within one run.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from conftest import DATASETS
from threadpoolctl import ThreadpoolController

from core import threads
from core.domain import Corpus, Description
from core.models.builtin.text_model import BuiltinText

CRITERION, GROUPS = "main object", 10


def busy() -> None:
    """Keep a core busy until killed."""
    while True:
        pass


def corpus(rows: int) -> Corpus:
    """The first recorded descriptions, without labels."""
    lines = (DATASETS / "replay-stl10" / "records.jsonl").read_text(encoding="utf-8").splitlines()[:rows]
    said = [Description(json.loads(line)["description"]) for line in lines]
    return Corpus([f"i{i:05d}" for i in range(len(said))], said)


def steps(data: Corpus) -> None:
    """Name and assign, as a run does."""
    model = BuiltinText()
    clusters = model.name(data, CRITERION, GROUPS)
    model.assign(data, CRITERION, clusters)


def loosen() -> None:
    """As many threads as there are cores, as libraries come."""
    ThreadpoolController().limit(limits=os.cpu_count())


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def main(rows: int, rounds: int) -> None:
    """Print both, with one core busy, and their ratio."""
    data, real = corpus(rows), threads.limit
    steps(data)  # loads everything, and remembers the vectors
    other = multiprocessing.get_context("spawn").Process(target=busy, daemon=True)
    other.start()
    took: dict[str, list[tuple[float, float]]] = {"limited": [], "not limited": []}
    try:
        for _ in range(rounds):
            for name, limit in (("limited", real), ("not limited", loosen)):
                threads.limit = limit
                took[name].append(timed(lambda: steps(data)))
    finally:
        other.kill()
    middle = {name: [statistics.median(both) for both in zip(*found, strict=True)] for name, found in took.items()}
    print(f"{rows} rows, one core of {os.cpu_count()} kept busy, medians of {rounds}")
    for name, (wall, cpu) in middle.items():
        print(f"{name}: {wall:.2f} s, {cpu:.2f} s of the processor")
    wall, cpu = (middle["limited"][i] / middle["not limited"][i] for i in (0, 1))
    print(f"ratio limited / not limited: {wall:.2f} by the clock, {cpu:.2f} of the processor (must stay below 1)")


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    main(*[*given, *(1000, 3)[len(given) :]])
