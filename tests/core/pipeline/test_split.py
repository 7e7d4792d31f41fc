"""Into what a group may be split: each image is in one part, and names are such as nothing else has."""

from __future__ import annotations

from pathlib import Path

import pytest
from house import EACH, House

from core.pipeline import split
from core.pipeline.split import Proposed
from core.results import decisions, run_view
from core.results.edits import Merge, Split
from core.store import Store


@pytest.fixture
def merged(house: House) -> tuple[House, str, str]:
    """Images of two colours in one group."""
    run_id = house.start(k=3)
    house.run(run_id, "name")
    blue, green = house.id_of(run_id, "blue"), house.id_of(run_id, "green")
    decisions.add(house.store, run_id, Merge(green, blue))
    return house, run_id, blue


@pytest.mark.parametrize("is_sorted", [False, True])
def test_parts_by_labels_and_by_pictures_hold_each_image_once(merged: tuple[House, str, str], is_sorted: bool) -> None:
    house, run_id, blue = merged
    if is_sorted:
        house.run(run_id)
    run = run_view.get_run(house.store, run_id)
    own = split.members(house.store, run, blue)
    assert len(own) == 2 * EACH
    ways = (split.by_labels(house.store, own, 2, ["Blue"]), split.by_pictures(house.store, run, own, 2, ["Blue"]))
    for parts in ways:
        assert [part.name for part in parts] == ["blue 2", "green"]
        assert sorted(item for part in parts for item in part.items) == sorted(item for item, _ in own)
        assert [sum(part.inside.values()) for part in parts] == [EACH, EACH]
    for parts in ways:
        decisions.add(house.store, run_id, Split(blue, (parts[1].part("p1", "grass"),)))
        house.run(run_id)
        assert house.sizes(run_id)["grass"] == EACH
        decisions.undo(house.store, run_id)


def test_labels_join_the_one_that_they_lie_nearest_to(tmp_path: Path) -> None:
    labels = ["sneaker", "sneaker", "red dress", "red dress", "red dress", "running shoe", "blue gown"]
    store = Store(tmp_path)
    parts = split.by_labels(store, [(str(place), label) for place, label in enumerate(labels)], 2)
    store.close()
    assert [(part.name, part.labels) for part in parts] == [
        ("red dress", ("red dress", "blue gown")), ("sneaker", ("sneaker", "running shoe")),
    ]  # fmt: skip
    assert [part.inside for part in parts] == [{"red dress": 3, "blue gown": 1}, {"sneaker": 2, "running shoe": 1}]


def test_an_edit_takes_labels_where_a_part_is_made_of_them() -> None:
    by_labels, by_items = Proposed("a", ("i",), ("l",), {"l": 1}), Proposed("a", ("i",), (), {"l": 1})
    assert (by_labels.part("p", "b").labels, by_labels.part("p", "b").items) == (("l",), ())
    assert (by_items.part("p", "b").labels, by_items.part("p", "b").items) == ((), ("i",))


def test_nothing_to_split_gives_no_parts(house: House) -> None:
    run_id = house.start(k=3)
    house.run(run_id, "name")
    assert split.by_pictures(house.store, run_view.get_run(house.store, run_id), [], 2) == []
    assert split.by_labels(house.store, [("i", "")], 2) == []
