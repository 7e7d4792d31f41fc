"""What faults of a server cost in requests and in answers: python benchmarks/chat_faults.py [PART] [RECORDS] [WAY]

PART: `kinds` (each kind of fault at 5 % of the requests, and all kinds together), `patterns` (faults that come in some
order: bursts, every tenth request, a server that is slow for a while), or names of either, with commas between.
WAY: `distinct` (each distinct label is assigned), `exact` (every description is) or `both`.

A server on this computer answers from recorded GPT-4 labels and assignments (the evaluation data where it is here, else
made-up records), looking only at the text it is sent; records beyond those are shown again without their last words.
All that is counted is counted at the server: requests with every repetition, beside those of a run without faults.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from conftest import DATASETS
from openai_faults import TROUBLES, Usual, _renumber, error, says
from openai_server import Answer, Body, Fault, Handler, Server, completion, text_of
from recorded import Recorded

from core.config import Config
from core.domain import Asking, RunSettings
from core.errors import FacetryError
from core.ingest import source
from core.pipeline import runs
from core.results import run_view
from core.workspace import Workspace

SHARE, NUMBER, SECONDS = 0.05, 10_000, 6
"""The share of faulty requests, of each kind; how many records; how long a request may take."""
CLASSES = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"]
Change = Callable[[Usual], Answer]
Rule = Callable[[Body], Answer | None]


def _silent(handler: Handler, _: Body) -> None:
    time.sleep(SECONDS + 2)
    handler.close_connection = True


def _some(reply: dict[str, Any], kept: slice) -> dict[str, Any]:
    return dict(list(reply.items())[kept])


KINDS: dict[str, Change] = {
    name: TROUBLES[name].answer
    for name in (
        "429", "429 with Retry-After", "500", "503", "reset before the body", "reset within the body", "truncated body",
        "prose around JSON", "wrong ids", "duplicate ids", "empty content", "refusal", "content filter",
        "HTML with status 200",
    )
}  # fmt: skip
KINDS |= {
    "time-out": lambda _: _silent,
    "one id missing": TROUBLES["missing ids"].answer,
    "half of the ids missing": says(_renumber(lambda reply: _some(reply, slice(None, None, 2)))),
    "broken JSON": says(lambda text: text.replace('"', "").replace(":", " ").replace(",", " ").replace("\n", " ")),
    "cut answer": says(lambda text: text[: len(text) // 2]),
    "cut answer that says so": says(lambda text: text[: len(text) // 2], finish="length"),
    "status 400": lambda _: error(400, None, "Something is wrong."),
}


def rate(change: Change, usual: Usual, share: float = SHARE) -> Rule:
    """A share of all requests meets the fault."""
    chance = random.Random(7)
    return lambda _: change(usual) if chance.random() < share else None


def of_all_kinds(usual: Usual) -> Rule:
    chance = random.Random(7)
    return lambda _: chance.choice(list(KINDS.values()))(usual) if chance.random() < SHARE else None


def every(number: int, change: Change, usual: Usual) -> Rule:
    count = iter(range(1, 10**9))
    return lambda _: change(usual) if next(count) % number == 0 else None


def bursts(change: Change, usual: Usual) -> Rule:
    """Six requests one after the other of every hundred."""
    count = iter(range(10**9))
    return lambda _: change(usual) if 40 <= next(count) % 100 < 46 else None


def too_slow(seconds: float) -> Rule:
    """A server that, for a while, has no long answer in time."""
    count = iter(range(10**9))
    began: list[float] = []

    def rule(body: Body) -> Answer | None:
        if next(count) < 10 or len(text_of(body)) < 4_000:
            return None
        began[:] = began or [time.monotonic()]
        return _silent if time.monotonic() - began[0] < seconds else None

    return rule


def sized(change: Callable[[dict[str, Any]], object], usual: Usual, least: int = 2) -> Rule:
    """Every answer to so many items or more is changed."""

    def answer(handler: Handler, body: Body) -> None:
        text = usual(body)
        reply = json.loads(text)
        changed = isinstance(reply, dict) and "groups" not in reply and len(reply) >= least
        handler.send(200, completion(json.dumps(change(reply)) if changed else text))

    return lambda _: answer


PATTERNS: dict[str, Callable[[Usual], Rule]] = {
    "bursts of broken JSON": lambda usual: bursts(KINDS["broken JSON"], usual),
    "bursts of status 500": lambda usual: bursts(KINDS["500"], usual),
    "bursts of time-outs": lambda usual: bursts(KINDS["time-out"], usual),
    "every 10th: broken JSON": lambda usual: every(10, KINDS["broken JSON"], usual),
    "every 10th: empty": lambda usual: every(10, KINDS["empty content"], usual),
    "every 10th: 429": lambda usual: every(10, KINDS["429"], usual),
    "every 3rd: one id missing": lambda usual: every(3, KINDS["one id missing"], usual),
    "too slow for a while": lambda _: too_slow(3 * SECONDS),
    "last item always dropped": lambda usual: sized(lambda reply: _some(reply, slice(None, -1)), usual),
    "answers two items at most": lambda usual: sized(lambda reply: _some(reply, slice(2)), usual, 3),
    "can only do batches of two": lambda usual: sized(lambda _: {}, usual, 3),
    "answers in another order": lambda usual: sized(lambda reply: _some(reply, slice(None, None, -1)), usual),
    "text around every answer": lambda usual: every(1, KINDS["prose around JSON"], usual),
    "half of all: broken JSON": lambda usual: rate(KINDS["broken JSON"], usual, 0.5),
}


def rules(name: str, usual: Usual) -> Rule | None:
    if name in PATTERNS:
        return PATTERNS[name](usual)
    return None if name == "none" else of_all_kinds(usual) if name == "all kinds" else rate(KINDS[name], usual)


def serve(pipe: Connection, data: Path) -> None:
    """Servers in a process of their own, each for one fault by its name, until an empty name comes. Tells each one's
    address, then how many requests it had."""
    usual = Recorded(data)
    while name := pipe.recv():
        server = Server(usual, seconds=0.05)
        if rule := rules(name, usual):
            server.faults = [Ruled(rule)]
        pipe.send(server.url)
        pipe.recv()
        pipe.send(len(server.history))
        server.shutdown()
        server.server_close()


class Ruled(Fault):
    """A fault that a rule decides about, once for each request."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(lambda handler, body: self.chosen(handler, body), self.fits)
        self._rule = rule

    def fits(self, body: Body) -> bool:
        self._now = self._rule(body)
        if self._now is not None:
            self.answer = self._now
        return self._now is not None


def run(url: str, records: Path, *, exact: bool) -> dict[str, Any]:
    """What came of one run over all records."""
    os.environ["FACETRY_REQUEST_SECONDS"] = str(SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Config(Path(folder) / "workspace"))
        origin = source.find("", str(records), workspace.config)
        model = f"openai:recorded@{url}"
        settings = RunSettings("", "object", len(CLASSES), "records", model, str(records), asking=Asking(exact=exact))
        run_id = runs.start(workspace, origin, settings)
        ended = ""
        try:
            runs.run(workspace, run_id, "assign", origin=origin)
        except FacetryError as error:
            ended = str(error)
        view = run_view.View(workspace.store, run_id)
        states = [row.state for row in run_view.rows(workspace.store, run_id)]
        stats = view.run.stats
        found = {
            "ended": ended,
            "failed": states.count("failed"),
            "pending": states.count("pending"),
            "rows": len(states),
            "counted": sum(step.requests for step in stats.values()),
            "by step": {step: stats[step].requests for step in stats if stats[step].requests},
            "name tokens": stats["name"].completion_tokens if "name" in stats else 0,
            "acc": float(str((view.metrics() or {}).get("acc") or 0)),
        }
        workspace.close()
    return found


@contextmanager
def data() -> Iterator[Path]:
    """The folder of recorded answers: the evaluation data, else made up."""
    if (DATASETS / "replay-stl10").is_dir():
        yield DATASETS / "replay-stl10"
        return
    with tempfile.TemporaryDirectory() as name:
        folder, chance = Path(name), random.Random(1)
        places = ["on a field", "in front of a wall", "under a grey sky", "near water"]
        with (folder / "records.jsonl").open("w", encoding="utf-8") as file:
            for number in range(NUMBER):
                what = CLASSES[number % len(CLASSES)]
                said = f"Number {number} shows a {chance.choice(['small', 'large'])} {what} {chance.choice(places)}."
                label = f"{chance.choice(['young', 'old', 'brown', 'grey'])} {what}"
                row = {"image": f"{number}.png", "description": said, "label": label, "assigned": what, "truth": what}
                file.write(json.dumps(row) + "\n")
        (folder / "about.json").write_text(json.dumps({"criterion": "object", "cluster_names": CLASSES}))
        yield folder


def write_records(folder: Path, path: Path, number: int) -> int:
    """Write so many records, without labels and assignments: those are the server's to give. Returns how many."""
    rows = [json.loads(line) for line in (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    again = [
        {**row, "image": f"again-{row['image']}", "description": row["description"].rsplit(" ", 2)[0]} for row in rows
    ]
    shown = [*rows, *again][:number]
    kept = ("image", "description", "truth")
    path.write_text("\n".join(json.dumps({key: row[key] for key in kept}) for row in shown), encoding="utf-8")
    return len(shown)


def main(part: str = "kinds", number: int = NUMBER, way: str = "both") -> None:
    names = [*KINDS, "all kinds"] if part == "kinds" else list(PATTERNS) if part == "patterns" else part.split(",")
    mine, theirs = multiprocessing.Pipe()
    with data() as folder, tempfile.TemporaryDirectory() as scratch:
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, folder), daemon=True)
        process.start()
        records = Path(scratch) / "records.jsonl"
        number = write_records(folder, records, number)
        for exact in {"distinct": (False,), "exact": (True,)}.get(way, (False, True)):
            print(f"\n{number:,} records, {'every description' if exact else 'distinct labels'} ({folder.name})")
            print(f"{'fault':30}{'requests':>10}{'times':>7}{'failed':>8}{'pending':>9}{'lost':>6}{'ACC':>8}{'s':>6}")
            clean = 0
            for name in ["none", *names]:
                mine.send(name)
                began = time.monotonic()
                found = run(mine.recv(), records, exact=exact)
                took = time.monotonic() - began
                mine.send("")
                requests = mine.recv()
                clean = clean or requests
                lost = number - found["rows"]
                print(
                    f"{name:30}{requests:10,}{requests / clean:7.2f}{found['failed']:8}{found['pending']:9}{lost:6}"
                    f"{found['acc']:8.4f}{took:6.0f}  {found['ended'][:60]}",
                    flush=True,
                )
                if name == "none":
                    fewer = (2 * number + 1) / requests
                    tokens = found["name tokens"]
                    print(f"  {fewer:.0f} times fewer than one request an image a step; names took {tokens} tokens")
    mine.send("")
    process.join(5)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(*given[:1], *map(int, given[1:2]), *given[2:])
