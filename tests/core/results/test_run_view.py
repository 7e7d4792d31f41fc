"""Looking through a run: search, order, paging from both ends, counts, and that all of it follows every change."""

from __future__ import annotations

import pytest
from fakes import COLOURS
from house import EACH, House

from core.pipeline import runs
from core.results import run_view
from core.results.edits import Delete, Merge, Move, Rename
from core.results.run_view import Order, Query, View

ALL = EACH * len(COLOURS)


@pytest.fixture
def done(house: House) -> str:
    """A run in three groups, so that one colour is in none; one image was moved by hand."""
    run_id = house.start(k=3, truth="folder")
    house.run(run_id)
    view = View(house.store, run_id)
    blue, green = house.id_of(run_id, "blue"), house.id_of(run_id, "green")
    moved = view.rows(Query(cluster_id=blue), 1)[0].item_id
    run_view.add_edit(house.store, run_id, Move((moved,), green))
    return run_id


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
def test_what_is_found(query: Query, found: int, done: str, house: House) -> None:
    view = View(house.store, done)
    assert view.count(query) == found == len(view.rows(query))


@pytest.mark.parametrize("order", ["sure", "unsure", "given"])
def test_pages_are_parts_of_the_whole_from_either_end(order: Order, done: str, house: House) -> None:
    view = View(house.store, done)
    query = Query(order=order)
    whole = names(view, query)
    assert len(set(whole)) == ALL
    for size in (1, 3, 5):
        for start in range(0, ALL + 2 * size, size):
            assert [row.name for row in view.rows(query, size, start)] == whole[start : start + size]
    ids = [row.item_id for row in view.rows(query)]
    assert [view.place(query, item) for item in ids] == list(range(ALL))
    assert view.place(query, "nope") is None


def test_orders(done: str, house: House) -> None:
    view = View(house.store, done)
    given, sure, unsure = (names(view, Query(order=order)) for order in ("given", "sure", "unsure"))
    assert given == [item.name for item in house.store.datasets.items(view.run.settings.dataset_id)]
    assert unsure == sure[::-1]
    rows = view.rows(Query(order="sure"))
    assert rows[0].source == "person"
    assert [row.confidence for row in rows[1:]] == [0.9] * (3 * EACH - 1) + [None] * EACH


def test_counts_add_up_and_examples_are_the_surest(done: str, house: House) -> None:
    view = View(house.store, done)
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
    run_view.add_edit(house.store, done, Rename(green, "leaf"))
    assert {row.cluster.name for row in View(house.store, done).rows(Query(cluster_id=green)) if row.cluster} == {
        "leaf"
    }
    run_view.add_edit(house.store, done, Merge(blue, green))
    assert View(house.store, done).sizes()[green] == 2 * EACH
    run_view.add_edit(house.store, done, Delete(green))
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
    house.run(house.start(k=3))
    assert runs.compare_with(house.workspace, done, "folder") == ALL
