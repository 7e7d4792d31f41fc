"""Rows that all sessions share: asked once, and never older than what was written."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core.domain import Cluster, ItemRow, Line, RunSettings, SourceAddress, StepStats
from core.engine.requests import Answer, Outcome, Work
from core.results.edits import EDIT, Move
from core.results.run_view import Query, View
from core.steps import name
from core.store import Store
from core.store.decisions import Decisions
from core.store.kept_rows import KeptRows
from core.store.recovery.report import REPORT, Restoration

CLUSTERS = (Cluster("c1", "red", "", ("red",), 0.9), Cluster("c2", "blue", "", ("blue",), 0.9))
CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
ADDRESS = SourceAddress("folder", "/cars")


@dataclass
class Shelf:
    """A store with two finished runs on datasets of two images each, and how often it asks its database."""

    store: Store
    run: str
    other: str
    asked: int = 0

    def all_that_pages_read(self) -> list[object]:
        """What every method that may keep rows says now."""
        store = self.store
        told: list[object] = []
        for run_id, dataset in ((self.run, "d1"), (self.other, "d2")):
            view = View(store, run_id)
            inside = Query(cluster_id="c1", order="sure")
            told += [view.run, view.edited, view.rows(), view.rows(inside, 1), view.examples(2), view.count(inside)]
            told += [
                view.states(),
                sorted(view.labels()),
                sorted(view.answers()),
                view.earlier(),
                view.place(inside, "i1"),
            ]
            told += [view.confusion().counts.tolist(), view.probabilities("i1"), store.answers.kinds(run_id)]
            told += [store.answers.step_counts(run_id), store.runs.estimate(run_id), store.runs.left_out(run_id)]
            told += [store.catalogue.carried(run_id), store.runs.alike(view.run), store.runs.of_dataset(dataset)]
            told += [store.datasets.get(dataset), store.datasets.facets(dataset), store.datasets.options(dataset)]
            told += [store.datasets.spread(dataset, 2), store.suggestions.get(dataset)]
            explored = store.explorations
            told += [explored.made_of(dataset), explored.get(dataset, MAP), explored.kept(dataset)]
            told += [store.datasets.skipped(dataset), store.datasets.ends(dataset), store.runs.edits(run_id)]
        return [*told, store.runs.recent(), store.preferences.get("vision"), store.restorations.unread()]


def save(store: Store, run_id: str, cluster: str = "c1") -> None:
    """Assign the image i1."""
    value = json.dumps({"cluster_id": cluster, "confidence": 0.9, "probabilities": {cluster: 0.9}, "answer": ""})
    store.answers.save(run_id, "assign", "m", None, [Outcome(Work("i1", f"{run_id}-{cluster}"), Answer(value))])


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    store = Store(tmp_path)
    runs = []
    for dataset in ("d1", "d2"):
        store.datasets.begin(dataset, "cars", ADDRESS, 2)
        store.datasets.add(dataset, [ItemRow(0, "i1", "a.jpg"), ItemRow(1, "i2", "b.jpg")])
        run_id = store.runs.create(RunSettings(dataset, "colour", 2, truth="folder"))
        names = Outcome(Work(name.ITEM, f"names-{run_id}"), Answer(name.write(CLUSTERS)))
        store.answers.save(run_id, "name", "m", None, [names])
        save(store, run_id)
        runs.append(run_id)
    told = Restoration(dt.datetime(2026, 1, 1), None, "", whole=False)  # noqa: DTZ001 - as stored
    store.answers._db.insert("restoration", [(told.at, REPORT.dump_json(told).decode(), False)])
    shelf = Shelf(store, *runs)
    read = store.answers._db.read

    def counted(*args: object) -> object:
        shelf.asked += 1
        return read(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(store.answers._db, "read", counted)
    yield shelf
    store.close()


def exclude(shelf: Shelf) -> None:
    shelf.store.datasets.exclude("d1", {"i2": "blurred"})


def include(shelf: Shelf) -> None:
    exclude(shelf)
    shelf.all_that_pages_read()
    shelf.store.datasets.include("d1", ["i2"])


def let_go(shelf: Shelf) -> None:
    shelf.store.explorations.keep("d1", ["i1"])
    shelf.all_that_pages_read()
    shelf.store.explorations.let_go("d1", ["i1"])


def purge(shelf: Shelf) -> None:
    gone = shelf.store.runs.create(RunSettings("d1", "colour", 2))
    shelf.all_that_pages_read()
    shelf.store.catalogue.delete(gone)
    shelf.store.catalogue.purge()


def add_edit(shelf: Shelf) -> None:
    shelf.store.runs.add_edit(shelf.run, EDIT.dump_json(Move(("i1",), "c2")).decode())


def keep_for_undo(shelf: Shelf) -> None:
    shelf.store.runs.keep_for_undo(shelf.run, ["i1"])


def undo_edit(shelf: Shelf) -> None:
    add_edit(shelf)
    shelf.all_that_pages_read()
    shelf.store.runs.undo_edit(shelf.run)


def refresh(shelf: Shelf) -> None:
    save(shelf.store, shelf.run, "c2")
    View(shelf.store, shelf.run)


MAP = "map/pca/2/seen"
FAILED = [Outcome(Work("i2", "k2"), failure="too dark", kind="refused")]
WRITERS: dict[str, Callable[[Shelf], object]] = {
    "Answers.save": lambda shelf: shelf.store.answers.save(
        shelf.run, "assign", "m", None, FAILED, {"assign": StepStats(requests=2)}
    ),
    "Answers.drop": lambda shelf: shelf.store.answers.drop(shelf.run, "assign"),
    "Datasets.begin": lambda shelf: shelf.store.datasets.begin("d1", "anew", ADDRESS, 1),
    "Datasets.add": lambda shelf: shelf.store.datasets.add("d1", [ItemRow(2, "", "c.txt", "skipped", "no image")]),
    "Datasets.append": lambda shelf: shelf.store.datasets.append("d1", [ItemRow(0, "i3", "c.jpg")], [], ADDRESS),
    "Datasets.set_truth": lambda shelf: shelf.store.datasets.set_truth("d1", "folder", {"i1": "red"}),
    "Datasets.set_options": lambda shelf: shelf.store.datasets.set_options("d1", "{}"),
    "Datasets.exclude": exclude,
    "Datasets.include": include,
    "Runs.create": lambda shelf: shelf.store.runs.create(RunSettings("d1", "kind", 3)),
    "Runs.set_status": lambda shelf: shelf.store.runs.set_status(shelf.run, "done"),
    "Runs.set_truth": lambda shelf: shelf.store.runs.set_truth(shelf.run, ""),
    "Runs.set_cap": lambda shelf: shelf.store.runs.set_cap(shelf.run, 5.0),
    "Runs.set_stats": lambda shelf: shelf.store.runs.set_stats(shelf.run, {"label": StepStats(items=2)}),
    "Runs.set_estimate": lambda shelf: shelf.store.runs.set_estimate(shelf.run, "{}"),
    "Runs.set_left_out": lambda shelf: shelf.store.runs.set_left_out(shelf.run, "[]"),
    "Catalogue.set_name": lambda shelf: shelf.store.catalogue.set_name(shelf.run, "mine"),
    "Catalogue.purge": purge,
    "Runs.add_edit": add_edit,
    "Runs.keep_for_undo": keep_for_undo,
    "Runs.undo_edit": undo_edit,
    "Placements.refresh": refresh,
    "Suggestions.set": lambda shelf: shelf.store.suggestions.set("d1", "builtin", "x", "{}"),
    "Explorations.set": lambda shelf: shelf.store.explorations.set("d1", MAP, "x", b"1"),
    "Explorations.keep": lambda shelf: shelf.store.explorations.keep("d1", ["i1"]),
    "Explorations.let_go": let_go,
    "Readings.keep": lambda shelf: shelf.store.readings.keep("r/1", {"i1": (Line("Sale", CORNERS, 0.9),)}),
    "TextVectors.keep": lambda shelf: shelf.store.text_vectors.keep("e/1", {"a car": np.ones(4, dtype=np.float16)}),
    "Restorations.mark_read": lambda shelf: shelf.store.restorations.mark_read(),
    "Preferences.set": lambda shelf: shelf.store.preferences.set("vision", "openai"),
}

UNSEEN = (
    "Datasets.include", "Catalogue.purge", "Runs.keep_for_undo", "Runs.undo_edit", "TextVectors.keep", "Readings.keep",
    "Explorations.let_go",
)  # fmt: skip
"""Those after which pages read what they read before."""


@pytest.mark.parametrize("writer", WRITERS)
def test_what_was_kept_is_never_older_than_what_was_written(writer: str, shelf: Shelf) -> None:
    before = shelf.all_that_pages_read()
    WRITERS[writer](shelf)
    after = shelf.all_that_pages_read()
    shelf.store.answers._db._kept = KeptRows()  # all is read anew
    assert after == shelf.all_that_pages_read()
    assert (after != before) == (writer not in UNSEEN)


def test_every_method_that_writes_is_among_these() -> None:
    writers = set()
    for part in Store.__init__.__globals__.values():
        for key, method in inspect.getmembers(part, inspect.isfunction) if inspect.isclass(part) else ():
            if "_db.write(" in inspect.getsource(method) or "_db.insert(" in inspect.getsource(method):
                writers.add(f"{part.__name__}.{key}")
    called = {
        "Placements._is_made": "Placements.refresh",
        "Runs._set": "Runs.set_cap",
        "Catalogue._set": "Catalogue.set_name",
    }
    assert {called.get(writer, writer) for writer in writers} | {"Runs.set_truth"} == set(WRITERS)


def test_nothing_is_asked_twice_until_something_is_written_about_it(shelf: Shelf) -> None:
    shelf.all_that_pages_read()
    shelf.all_that_pages_read()  # the first time, the placements were made
    asked = shelf.asked
    shelf.all_that_pages_read()
    shelf.store.answers.save(None, "label", "m", None, [Outcome(Work("i9", "k9"), Answer('"car"'))])
    shelf.all_that_pages_read()
    assert shelf.asked == asked
    save(shelf.store, shelf.other, "c2")
    View(shelf.store, shelf.run).labels()
    assert shelf.asked == asked  # another run at work costs this one nothing
    assert View(shelf.store, shelf.other).sizes() == {"c2": 1}


def test_a_session_that_read_the_edits_a_moment_earlier_does_not_keep_its_placements(shelf: Shelf) -> None:
    early = View(shelf.store, shelf.run)
    add_edit(shelf)
    placed = {cluster.id: cluster.id for cluster in CLUSTERS}
    shelf.store.placements.refresh(shelf.run, "d1", "", Decisions(placed))  # as `early` would, had it been slower
    assert View(shelf.store, shelf.run).sizes() == {"c2": 1}
    assert early.edited.moved == {}


def test_of_many_sessions_one_makes_the_placements(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    made, entered = [], threading.Barrier(4)
    insert = shelf.store.placements._is_made
    monkeypatch.setattr(shelf.store.placements, "_is_made", lambda *args: made.append(insert(*args)) or made[-1])

    def open_page() -> None:
        entered.wait()
        View(shelf.store, shelf.run)

    threads = [threading.Thread(target=open_page) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [False, True]  # made, then found right


def test_kept_rows_have_a_bound() -> None:
    kept = KeptRows(most=100)
    for number in range(30):
        kept.keep(str(number), (1,), [(number,)] * 4)
        kept.get("0", (1,))
    assert [query for query in map(str, range(30)) if kept.get(query, (1,))] == ["0", *map(str, range(11, 30))]
    kept.keep("large", (1,), [(0,)] * 10)
    assert kept.get("large", (1,)) is None
    assert kept.get("0", (2,)) is None
    kept.keep("0", (2,), [(7,)])
    assert (kept.get("0", (1,)), kept.get("0", (2,))) == (None, [(7,)])
