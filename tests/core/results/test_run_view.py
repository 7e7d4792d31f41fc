"""Looking through a run: search, order, paging from both ends, counts, and that all of it follows every change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from fakes import COLOURS
from house import EACH, House, furnished_once

from core.domain import Cluster
from core.errors import BadInput
from core.pipeline import runs
from core.results import decisions, run_view
from core.results.edits import Delete, Edit, Merge, Move, Rename
from core.results.run_view import Order, Query, View

ALL = EACH * len(COLOURS)


def made(house: House) -> str:
    """A run in three groups, so that one colour is in none; one image was moved by hand."""
    run_id = house.start(k=3, truth="folder")
    house.run(run_id)
    view = View(house.store, run_id)
    blue, green = house.id_of(run_id, "blue"), house.id_of(run_id, "green")
    moved = view.rows(Query(cluster_id=blue), 1)[0].item_id
    decisions.add(house.store, run_id, Move((moved,), green))
    return run_id


house, done = furnished_once("done", made)  # for a test that changes it


@pytest.fixture(scope="module")
def view(lasting_house: House) -> View:
    """A run that tests only look through."""
    return View(lasting_house.store, made(lasting_house))


def names(view: View, query: Query) -> list[str]:
    return [row.name for row in view.rows(query)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(), ALL),
        (Query(("RED",)), EACH),
        (Query(("picture", "green")), EACH),  # all words, wherever they are
        (Query(("green/1.png",)), 1),  # in the name
        (Query(("%",)), 0),  # letters, not patterns
        (Query(("_",)), 0),
        (Query(("\\",)), 0),
        (Query(("'; DROP TABLE placement; --",)), 0),
        (Query(state="unassigned"), EACH),
        (Query(truth="blue", labels=("blue",)), EACH),
        (Query(labels=()), 0),
        (Query(ids=("nope",)), 0),
    ],
)
def test_what_is_found(query: Query, found: int, view: View) -> None:
    assert view.count(query) == found == len(view.rows(query))


@pytest.mark.parametrize("order", ["sure", "unsure", "given"])
def test_pages_are_parts_of_the_whole_from_either_end(order: Order, view: View) -> None:
    query = Query(order=order)
    whole = names(view, query)
    assert len(set(whole)) == ALL
    for size in (1, 3, 5):
        for start in range(0, ALL + 2 * size, size):
            assert [row.name for row in view.rows(query, size, start)] == whole[start : start + size]
    ids = [row.item_id for row in view.rows(query)]
    assert [view.place(query, item) for item in ids] == list(range(ALL))
    assert view.place(query, "nope") is None


def test_orders(view: View, lasting_house: House) -> None:
    given, sure, unsure = (names(view, Query(order=order)) for order in ("given", "sure", "unsure"))
    assert given == [item.name for item in lasting_house.store.datasets.items(view.run.settings.dataset_id)]
    assert unsure == sure[::-1]
    rows = view.rows(Query(order="sure"))
    assert rows[0].source == "person"
    assert [row.confidence for row in rows[1:]] == [0.9] * (3 * EACH - 1) + [None] * EACH


def test_counts_add_up_and_examples_are_the_surest(view: View) -> None:
    assert view.states() == {"assigned": 3 * EACH, "unassigned": EACH}
    assert sum(view.sizes().values()) + view.states()["unassigned"] == ALL
    grey = {row.label for row in view.rows(Query(state="unassigned"))}
    assert view.answers() == [(label, EACH) for label in grey]
    assert sum(number for _, _, number in view.labels()) == ALL
    examples = view.examples(2)
    assert len(examples) == 2 * 4
    for cluster in view.edited.clusters:
        best = view.rows(Query(cluster_id=cluster.id, order="sure"), 2)
        assert [row for row in examples if row.cluster == cluster] == best


def test_every_change_shows(done: str, house: House) -> None:
    before = View(house.store, done)
    green, blue = house.id_of(done, "green"), house.id_of(done, "blue")
    decisions.add(house.store, done, Rename(green, "leaf"))
    assert {row.cluster.name for row in View(house.store, done).rows(Query(cluster_id=green)) if row.cluster} == {
        "leaf"
    }
    decisions.add(house.store, done, Merge(blue, green))
    assert View(house.store, done).sizes()[green] == 2 * EACH
    decisions.add(house.store, done, Delete(green))
    after = View(house.store, done)
    assert after.states()["unassigned"] == 3 * EACH
    assert after.earlier() == 2 * EACH
    for _ in range(3):
        house.store.runs.undo_edit(done)
    again = View(house.store, done)
    assert again.rows() == before.rows()
    house.store.datasets.set_truth(before.run.settings.dataset_id, "folder", {})
    assert View(house.store, done).count(Query(truth="red")) == 0


def test_scores_are_counted_not_listed(done: str, house: House) -> None:
    scores = View(house.store, done).metrics()
    assert scores is not None
    assert (scores["n"], scores["n_unassigned"]) == (ALL, EACH)
    assert scores["acc"] == (3 * EACH - 1) / ALL
    assert scores["chance"] == EACH / ALL
    house.run(house.start(k=3))
    assert runs.compare_with(house.workspace, done, "folder") == ALL


def test_a_name_that_is_a_hint_counts_once_a_person_gave_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    name = house.text.name

    def hints(*asked: Any) -> list[Cluster]:
        return [replace(cluster, needs_name=cluster.name == "blue") for cluster in name(*asked)]

    monkeypatch.setattr(house.text, "name", hints)
    run_id = house.start(truth="folder")
    house.run(run_id)
    before = View(house.store, run_id).metrics()
    decisions.add(house.store, run_id, Rename(house.id_of(run_id, "blue"), "Navy"))
    after = View(house.store, run_id).metrics()
    assert before is not None
    assert after is not None
    assert (before["name_acc"], after["name_acc"]) == ((ALL - EACH) / ALL, 1.0)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do these at the same moment; the sentence with which each was refused, or "" where it was done."""
    ready = threading.Barrier(len(acts))

    def act(do: Callable[[], object]) -> str:
        ready.wait()
        try:
            do()
        except BadInput as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def test_two_deletions_at_once_leave_a_group_and_one_is_told(done: str, house: House) -> None:
    for _ in range(20):
        for cluster in View(house.store, done).edited.clusters[2:]:
            decisions.add(house.store, done, Delete(cluster.id))
        both = [cluster.id for cluster in View(house.store, done).edited.clusters]
        assert len(both) == 2
        told = at_once(*(partial(decisions.add, house.store, done, Delete(cluster)) for cluster in both))
        assert sorted(told) == ["", "The last group cannot be removed."]
        view = View(house.store, done)
        assert len(view.edited.clusters) == 1
        assert view.edited.skipped == ()
        while decisions.undo(house.store, done):
            pass


@pytest.mark.parametrize("second", [Delete("c1"), Merge("c1", "c2"), Rename("c1", "scarlet"), Merge("c2", "c1")])
def test_of_two_edits_of_one_group_at_once_one_is_done_and_one_is_told(second: Edit, done: str, house: House) -> None:
    for _ in range(5):
        seen = decisions.version(house.store, done)
        edits: list[Edit] = [Rename("c1", "crimson"), second]
        told = at_once(*(partial(decisions.add, house.store, done, edit, seen) for edit in edits))
        assert told.count("") == 1
        assert "changed in another window meanwhile, so this was not done" in max(told)
        assert View(house.store, done).edited.skipped == ()
        assert decisions.undo(house.store, done) in edits


def test_edits_of_different_groups_do_not_hinder_each_other(done: str, house: House) -> None:
    seen = decisions.version(house.store, done)
    decisions.add(house.store, done, Rename("c1", "scarlet"), seen)
    decisions.add(house.store, done, Rename("c2", "lime"), seen)
    assert decisions.since(house.store, done, seen) == [Rename("c1", "scarlet"), Rename("c2", "lime")]


def test_an_undo_takes_back_only_what_was_seen(done: str, house: House) -> None:
    decisions.add(house.store, done, Rename("c1", "scarlet"))
    seen = decisions.version(house.store, done)
    assert decisions.undo(house.store, done, seen) == Rename("c1", "scarlet")
    decisions.add(house.store, done, Rename("c2", "lime"))  # gets the same number
    with pytest.raises(BadInput, match="changed in another window"):
        decisions.undo(house.store, done, seen)
    with pytest.raises(BadInput, match="changed in another window"):
        decisions.add(house.store, done, Rename("c3", "navy"), seen)
    assert decisions.since(house.store, done, seen) is None


def test_edits_that_no_longer_apply_are_skipped_and_said(done: str, house: House) -> None:
    """As a version without the check left them, and as a version that knows other edits would."""
    for value in ('{"cluster_id":"c1","kind":"delete"}', '{"cluster_id":"c1","name":"x","kind":"rename"}'):
        house.store.runs.add_edit(done, value)
    house.store.runs.add_edit(done, '{"kind":"of another version"}')
    view = View(house.store, done)
    assert [reason.split(".")[0] for _, reason in view.edited.skipped] == ["That group does not exist any more"]
    assert len(view.edited.clusters) == 2
    assert len(view.rows()) == ALL


def test_settings_changed_at_once_are_all_kept(done: str, house: House) -> None:
    for number in range(10):
        house.store.runs.set_cap(done, 0)
        house.store.runs.set_truth(done, "")
        at_once(
            partial(house.store.runs.set_cap, done, float(number + 1)),
            partial(house.store.runs.set_truth, done, "folder"),
        )
        settings = run_view.get_run(house.store, done).settings
        assert (settings.cap, settings.truth) == (number + 1, "folder")
