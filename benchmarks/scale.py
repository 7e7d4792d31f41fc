"""What a dataset of 416,314 images costs beside one of 1,000: python benchmarks/scale.py [ROWS] [SMALL]

Fills two workspaces with made-up runs (every row distinct, a few pictures shared by all), then prints, for both and as
a ratio: milliseconds for each query behind a page (median of 20), what opening the workspace takes, and milliseconds an
image for writing it. What a person waits for on the pages is measured by benchmarks/scale_pages.py.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.config import Config
from core.domain import Assignment, Cluster, Description, ImageRow, ItemRow, RunSettings, SourceAddress
from core.engine.requests import Answer, Outcome, Work
from core.results import decisions
from core.results.edits import Add, Delete, Redefine
from core.results.run_view import EVERYTHING, Query, View
from core.steps import assign, describe, name
from core.store import Store
from core.workspace import Workspace

COLOURS = ("red", "blue", "white", "black", "silver", "green", "yellow")
KINDS = ("hatchback", "van", "pickup", "saloon", "estate")
BATCH = 5_000
TIMES = 20
CLUSTERS = tuple(
    Cluster(f"c{place}", colour, f"Cars that are {colour}", (colour,), 0.9, size=1)
    for place, colour in enumerate(COLOURS, start=1)
)


def batches(total: int) -> Iterator[range]:
    for start in range(0, total, BATCH):
        yield range(start, min(start + BATCH, total))


def item_id(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def fill(store: Store, total: int) -> tuple[str, list[float]]:
    """Write a finished run over `total` images through the store's own methods; the run's id and seconds a batch."""
    store.datasets.begin("cars", "cars", SourceAddress("folder", "/cars"), total)
    run_id = store.runs.create(RunSettings("cars", "colour", len(COLOURS)))
    took = []
    for part in batches(total):
        began = time.monotonic()
        items = [ItemRow(number, item_id(number), f"lot {number % 97}/car {number}.jpg") for number in part]
        store.datasets.add("cars", items, [ImageRow(item.item_id, "JPEG", 640, 480) for item in items])
        took.append(time.monotonic() - began)
        for step, value in (("describe", _described), ("label", _labelled), ("assign", _assigned)):
            outcomes = [
                Outcome(Work(item.item_id, item_id(hash((step, item.item_id)))), answer=Answer(value(item.position)))
                for item in items
            ]
            store.answers.save(run_id, step, "made-up/1", None, outcomes)  # type: ignore[arg-type]
    names = Answer(name.write(CLUSTERS))
    store.answers.save(run_id, "name", "made-up/1", None, [Outcome(Work(name.ITEM, "names"), answer=names)])
    store.datasets.set_truth("cars", "folder", {item_id(n): COLOURS[n % 13 % len(COLOURS)] for n in range(total)})
    store.runs.set_truth(run_id, "folder")
    store.runs.set_status(run_id, "done")
    return run_id, took


def _described(number: int) -> str:
    colour, kind = COLOURS[number % len(COLOURS)], KINDS[number % len(KINDS)]
    return describe.write(
        Description(f"A {colour} {kind} with plate number {number}, seen from the side in a car park.")
    )


def _labelled(number: int) -> str:
    return json.dumps(COLOURS[number % len(COLOURS)])


def _assigned(number: int) -> str:
    place = number % len(COLOURS)
    sure = 0.5 + (number * 7919 % 5000) / 10_000
    if number % 101 == 0:
        return assign.write(Assignment(None, None, None, "a boat"))
    return assign.write(Assignment(f"c{place + 1}", sure, {f"c{place + 1}": sure, f"c{(place + 1) % 7 + 1}": 1 - sure}))


def queries(view: View, total: int) -> dict[str, Callable[[], object]]:
    """What the pages ask, by name."""
    inside = Query(cluster_id="c1", order="sure")
    found = Query((f"number {total // 2}"[:12],), order="sure")
    middle = view.rows(inside, 1, view.count(inside) // 2)[0].item_id
    return {
        "is it up to date": lambda: View(view._store, view.run.id),
        "states and sizes": lambda: (view.states(), view.sizes()),
        "examples of each group": lambda: view.examples(6),
        "labels of each group": view.labels,
        "first page of a group": lambda: view.rows(inside, 60),
        "middle page of a group": lambda: view.rows(inside, 60, view.count(inside) // 2),
        "last page of a group": lambda: view.rows(inside, 60, view.count(inside) - 30),
        "last page of all": lambda: view.rows(EVERYTHING, 60, total - 30),
        "search: count": lambda: view.count(found),
        "search: first page": lambda: view.rows(found, 60),
        "place of an image": lambda: view.place(inside, middle),
        "confusion": view.confusion,
        "preview of an edit: delete": lambda: decisions.preview(view._store, view.run.id, Delete("c1")),
        "preview of an edit: meaning": lambda: decisions.preview(view._store, view.run.id, Redefine("c1", "Cars")),
        "preview of an edit: add": lambda: decisions.preview(view._store, view.run.id, Add("p1", "boats")),
    }


def milliseconds(call: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        began = time.monotonic()
        call()
        took.append(time.monotonic() - began)
    return 1000 * statistics.median(took)


def main(arguments: Sequence[str]) -> None:
    large, small = (int(argument) for argument in (*arguments, "416314", "1000")[:2]) if arguments else (416_314, 1_000)
    with tempfile.TemporaryDirectory() as folder:
        figures: dict[int, dict[str, float]] = {}
        for total in (small, large):
            place = Config(Path(folder) / str(total))
            workspace = Workspace(place)
            run_id, took = fill(workspace.store, total)
            tenth = took[: max(1, 10_000 // BATCH)]
            figures[total] = {"write an image (ms)": sum(took) / total * 1000}
            if total == large:
                first, last = statistics.mean(tenth), statistics.mean(took[-len(tenth) - 1 : -1] or took)
                print(f"writing the last 10,000 images took {last / first:.2f} times as long as the first 10,000")
            began = time.monotonic()
            view = View(workspace.store, run_id)
            figures[total]["make placements (ms)"] = 1000 * (time.monotonic() - began)
            for title, call in queries(view, total).items():
                figures[total][title + " (ms)"] = milliseconds(call)
            workspace.close()
            began = time.monotonic()
            Workspace(place).close()
            figures[total]["open the workspace (ms)"] = 1000 * (time.monotonic() - began)
        print(f"{'':32}{small:>12,}{large:>12,}{'ratio':>8}")
        for title in figures[small]:
            one, other = figures[small][title], figures[large][title]
            print(f"{title:32}{one:12.1f}{other:12.1f}{other / one:8.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
