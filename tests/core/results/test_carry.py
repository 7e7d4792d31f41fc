"""What a person moved by hand is moved again in a new version, where the group still exists."""

from __future__ import annotations

from collections.abc import Sequence

from house import House, furnished_once

from core.results import decisions
from core.results.carry import Carried, carried
from core.results.edits import Move, Rename
from core.results.run_view import Query, View


def _old(house: House) -> str:
    """A run in four groups: one of red is in blue by hand, two of green in red, one of grey in none."""
    run_id = house.start(k=4)
    house.run(run_id)
    for source, number, target in (("red", 1, "blue"), ("green", 2, "red"), ("grey", 1, None)):
        rows = View(house.store, run_id).rows(Query(cluster_id=house.id_of(run_id, source), state="assigned"), number)
        move(house, run_id, [row.item_id for row in rows], target)
    return run_id


house, old = furnished_once("old", _old)


def move(house: House, run_id: str, items: Sequence[str], target: str | None) -> None:
    cluster = house.id_of(run_id, target) if target else None
    decisions.add(house.store, run_id, Move(tuple(items), cluster))


def version_of(house: House, old: str, **changes: object) -> str:
    run_id = house.start(**changes)
    house.store.catalogue.set_parent(run_id, old)
    house.run(run_id)
    return run_id


def by_hand(house: House, run_id: str) -> dict[str, str]:
    """Item -> the name of the group that a person put it into."""
    rows = View(house.store, run_id).rows()
    return {row.item_id: row.cluster.name if row.cluster else "" for row in rows if row.source == "person"}


def test_moves_are_carried_where_the_group_is_there(old: str, house: House) -> None:
    new = version_of(house, old, k=3)  # without red
    assert carried(house.store, new) == Carried(2, {"red": 2}, 0)
    before, now = by_hand(house, old), by_hand(house, new)
    assert {item: name for item, name in before.items() if name != "red"} == now
    assert set(now.values()) == {"blue", ""}


def test_a_name_that_differs_in_case_is_the_same_group(old: str, house: House) -> None:
    decisions.add(house.store, old, Rename(house.id_of(old, "red"), " RED"))
    new = version_of(house, old, k=4)
    assert carried(house.store, new) == Carried(4, {}, 0)


def test_what_is_not_in_the_new_run_is_counted(old: str, house: House) -> None:
    new = version_of(house, old, k=2, limit=2)
    found = carried(house.store, new)
    assert found is not None
    assert found.carried + sum(found.lost.values()) + found.not_here == 4
    assert found.not_here > 0
    assert set(by_hand(house, new)) <= {row.item_id for row in View(house.store, new).rows()}


def test_it_is_one_decision_that_is_made_once(old: str, house: House) -> None:
    new = version_of(house, old, k=4)
    assert len(house.store.runs.edits(new)) == 1
    assert by_hand(house, new) == by_hand(house, old)
    decisions.undo(house.store, new)
    assert by_hand(house, new) == {}
    house.run(new)
    assert by_hand(house, new) == {}  # the person took it back


def test_a_run_that_is_no_version_or_whose_parent_is_gone_carries_nothing(old: str, house: House) -> None:
    alone = house.start(k=4)
    house.run(alone)
    assert carried(house.store, alone) is None
    house.store.catalogue.delete(old)
    assert carried(house.store, version_of(house, old, k=4)) is None
