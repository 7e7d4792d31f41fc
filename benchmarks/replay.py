"""How many requests and how much time the text steps take beside the published way: python benchmarks/replay.py [PART]

A server on this computer speaks the OpenAI protocol, takes 200 ms a request and 5 ms an output token, and answers from
the recorded GPT-4 labels and assignments of 8,000 STL-10 descriptions, looking only at the text it is sent. Asked three
ways: as IC|TC's published code does (one description a request, one after the other, nothing kept: 2N + 1 requests;
replayed on PART descriptions and extrapolated), by Facetry as it comes, and by Facetry reading every description. All
share one server process of its own, at most 32 requests at once and 50 items a request.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from conftest import DATASETS
from openai_server import Server
from recorded import Recorded

from core.config import Config
from core.domain import Asking, RunSettings, StepStats
from core.ingest import source
from core.models.chat.backend import Request
from core.models.openai.server import OpenAIChat
from core.pipeline import runs
from core.results import run_view
from core.workspace import Workspace

DATA = DATASETS / "replay-stl10"
SECONDS, A_TOKEN = 0.2, 0.005
TEXT_STEPS = ("label", "name", "assign")


def serve(pipe: Connection) -> None:
    """The server, in a process of its own: it must not share Python's lock with what it measures."""
    server = Server(Recorded(DATA), seconds=SECONDS, seconds_a_token=A_TOKEN)
    pipe.send(server.url)
    pipe.recv()


def published(url: str, rows: list[dict[str, str]], part: int) -> tuple[int, float]:
    """Requests and seconds of the published way for all rows, extrapolated from the first `part` of them."""
    chat = OpenAIChat(f"recorded@{url}")
    names = ", ".join(json.loads((DATA / "about.json").read_text(encoding="utf-8"))["cluster_names"])
    began = time.monotonic()
    for row in rows[:part]:
        chat.reply([Request(f"{row['description']}\nWhat is the main object? Answer with a label.")])
    for row in rows[:part]:
        chat.reply([Request(f"{row['description']}\nChoose one of these classes for it: {names}")])
    each = (time.monotonic() - began) / (2 * part)
    return 2 * len(rows) + 1, each * (2 * len(rows) + 1)


def ours(url: str, records: Path, *, exact: bool) -> tuple[StepStats, float, float]:
    """What the text steps took in all, seconds from start to end, and accuracy over all images."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Config(Path(folder) / "workspace"))
        origin = source.find("", str(records), workspace.config)
        settings = RunSettings(
            "", "object", 10, "records", f"openai:recorded@{url}", str(records), asking=Asking(exact=exact)
        )
        run_id = runs.start(workspace, origin, settings)
        began = time.monotonic()
        runs.run(workspace, run_id, "assign", origin=origin)
        took = time.monotonic() - began
        view = run_view.View(workspace.store, run_id)
        steps = [view.run.stats[step] for step in TEXT_STEPS]
        scores = view.metrics() or {}
        workspace.close()
    total = StepStats(
        items=max(step.items for step in steps),
        requests=sum(step.requests for step in steps),
        failures=sum(step.failures for step in steps),
        seconds=sum(step.seconds for step in steps),
    )
    return total, took, float(str(scores["acc"]))


def main(part: int = 60) -> None:
    rows = [json.loads(line) for line in (DATA / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    url = mine.recv()
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "descriptions.jsonl"
        kept = ("image", "description", "truth")  # neither labels nor assignments: those are the server's to give
        records.write_text("\n".join(json.dumps({key: row[key] for key in kept}) for row in rows), encoding="utf-8")
        requests, seconds = published(url, rows, part)
        right = sum(row["assigned"].casefold() == _name(row["truth"], rows) for row in rows) / len(rows)
        print(f"{'':28}{'requests':>10}{'seconds':>10}{'fewer':>8}{'faster':>8}{'ACC':>8}")
        print(f"{'published way, extrapolated':28}{requests:10,}{seconds:10,.0f}{'':16}{right:8.4f}")
        for title, exact in (("Facetry, distinct labels", False), ("Facetry, every description", True)):
            total, took, acc = ours(url, records, exact=exact)
            fewer, faster = requests / total.requests, seconds / took
            print(f"{title:28}{total.requests:10,}{took:10.1f}{fewer:8.1f}{faster:8.1f}{acc:8.4f}")
            if total.failures:
                print(f"  {total.failures} failed")
    mine.send("end")
    process.join(5)


def _name(truth: str, rows: list[dict[str, str]]) -> str:
    """The recorded cluster that most images of a class were assigned to."""
    counts: dict[str, int] = {}
    for row in rows:
        if row["truth"] == truth:
            counts[row["assigned"].casefold()] = counts.get(row["assigned"].casefold(), 0) + 1
    return max(counts, key=lambda name: counts[name])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
