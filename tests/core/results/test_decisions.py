"""Whatever a person decides, in whatever order: no image is lost, and undoing all of it gives back the start."""

from __future__ import annotations

import pytest
from desk import STEPS, Desk
from house import House
from hypothesis import HealthCheck, Phase, given, settings

from core.results import decisions
from core.results.edits import Learn, Move, MoveLabels, Part, Rename, Several, Split
from core.results.run_view import View
from core.store.query import Query


@given(steps=STEPS)
@settings(
    max_examples=8, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_every_image_is_in_one_place_and_undoing_all_gives_back_the_start(
    desk: Desk, steps: list[tuple[int, int, int]]
) -> None:
    start = desk.seen()
    for what, first, second in steps:
        desk.act(what, first, second)
        assert desk.balances()
    while decisions.undo(desk.store, desk.run):
        assert desk.balances()
    assert desk.seen() == start
    desk.undone.clear()


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


def test_history_says_what_became_of_an_image(desk: Desk) -> None:
    blue, green = desk.house.id_of(desk.run, "blue"), desk.house.id_of(desk.run, "green")
    item = View(desk.store, desk.run).rows()[0]
    assert decisions.history(desk.store, desk.run, item.item_id) == []
    own = item.cluster
    assert own is not None
    decisions.add(desk.store, desk.run, Learn((item.item_id,), (green,), (0.7,)))
    decisions.add(desk.store, desk.run, Rename(green, "leaf"))
    decisions.add(desk.store, desk.run, Several((Move((item.item_id,), blue), Rename(blue, "sky"))))
    decisions.add(desk.store, desk.run, Move((item.item_id,), None))
    told = [
        (event.by, event.cluster, event.confidence) for event in decisions.history(desk.store, desk.run, item.item_id)
    ]
    assert told == [("learnt", "green", 0.7), ("person", "blue", None), ("person", "", None)]


def test_what_a_split_took_is_not_said_to_be_moved_image_by_image_nor_to_be_sure(desk: Desk) -> None:
    row = next(row for row in View(desk.store, desk.run).rows() if row.cluster and row.cluster.name == "blue")
    blue = desk.house.id_of(desk.run, "blue")
    decisions.add(desk.store, desk.run, Split(blue, (Part("p1", "sky", items=(row.item_id,)),)))
    view = View(desk.store, desk.run)
    after = next(found for found in view.rows() if found.item_id == row.item_id)
    assert after.cluster is not None
    assert (after.cluster.name, after.source, after.confidence) == ("sky", "split", None)
    assert [found.item_id for found in view.rows(Query(sources=("split",)))] == [row.item_id]
    assert [event.by for event in decisions.history(desk.store, desk.run, row.item_id)] == ["split"]


def test_history_says_which_label_was_moved(desk: Desk) -> None:
    item = next(row for row in View(desk.store, desk.run).rows() if row.cluster and row.cluster.name == "blue")
    blue, green = desk.house.id_of(desk.run, "blue"), desk.house.id_of(desk.run, "green")
    decisions.add(desk.store, desk.run, MoveLabels(blue, ("blue",), green))
    assert [event.cluster for event in decisions.history(desk.store, desk.run, item.item_id)] == ["green"]
    assert {row.source for row in View(desk.store, desk.run).rows() if row.label == "blue"} == {"person"}
