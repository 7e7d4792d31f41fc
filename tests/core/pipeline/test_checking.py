"""A run that a person checks and teaches: examples, what would move, what is asked, and the estimate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from fakes import COLOURS
from house import EACH, House, furnished_once

from core.errors import BadInput
from core.models.embedding import kept
from core.pipeline.checking import Lesson, checked
from core.results import decisions
from core.results.edits import Add, Learn, Move, Part, Several, Split
from core.results.run_view import View, rows

ALL = EACH * len(COLOURS)


def _vectors(texts: Sequence[str]) -> np.ndarray:
    return np.stack([np.random.default_rng(sum(map(ord, text))).normal(size=384) for text in texts])


@pytest.fixture(autouse=True)
def quick_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of these tests measure nothing: words are the only evidence."""
    monkeypatch.setattr(kept, "compute", _vectors)


def _run(house: House) -> str:
    run_id = house.start(k=3, truth="folder")
    house.run(run_id)
    return run_id


house, run = furnished_once("run", _run)


def lesson(house: House, run: str) -> Lesson:
    return Lesson(house.store, run)


def test_nothing_sorted_is_a_sentence(house: House) -> None:
    with pytest.raises(BadInput, match="Sort the images first"):
        Lesson(house.store, house.start(k=3))


def test_a_move_is_an_example_and_so_is_a_confirmation(house: House, run: str) -> None:
    first, second = rows(house.store, run)[:2]
    other = next(c for c in lesson(house, run).columns if c and first.cluster and c != first.cluster.id)
    assert first.cluster
    assert second.cluster
    decisions.add(house.store, run, Move((first.item_id,), other))
    decisions.add(house.store, run, Move((second.item_id,), second.cluster.id))
    now = lesson(house, run)
    assert {now.items[row]: now.columns[column] for row, column in now.examples.items()} == {
        first.item_id: other,
        second.item_id: second.cluster.id,
    }
    assert now.checked.said == {first.item_id: first.cluster.id, second.item_id: second.cluster.id}


def test_what_a_split_took_stays_there_until_an_example_says_otherwise(house: House, run: str) -> None:
    mine = [row for row in rows(house.store, run) if row.cluster and row.cluster.id == "c1"]
    part = tuple(row.item_id for row in mine[: len(mine) // 2])
    decisions.add(house.store, run, Split("c1", (Part("p1", "dark", items=part),)))
    other = next(row for row in rows(house.store, run) if row.cluster and row.cluster.id == "c2")
    decisions.add(house.store, run, Move((other.item_id,), "c2"))
    now = lesson(house, run)
    assert {now.likely(item)[0][0] for item in part} == {"p1"}
    assert not set(part) & {item for moved in now.change().moves.values() for item in moved}


def test_without_an_example_there_is_nothing_to_apply(house: House, run: str) -> None:
    with pytest.raises(BadInput, match="nothing to learn"):
        lesson(house, run).change()


def test_every_image_is_asked_about_once(house: House, run: str) -> None:
    asked: list[str] = []
    while batch := lesson(house, run).next_items(asked):
        asked += batch
    assert sorted(asked) == sorted(row.item_id for row in rows(house.store, run))


def test_what_was_learnt_is_applied_counted_and_undone(house: House, run: str) -> None:
    """All red ones belong to a new group: the others of that colour follow, and what a person decided stays."""
    before = {row.item_id: row.cluster and row.cluster.id for row in rows(house.store, run)}
    group = next(iter(before.values()))
    members = [item for item, own in before.items() if own == group]
    stays = members[-1]
    edit = Several((Add("new", "scarlet"), Move(tuple(members[:-2]), "new"), Move((stays,), group)))
    decisions.add(house.store, run, edit)
    change = lesson(house, run).change()
    if change.edit is not None:
        decisions.add(house.store, run, change.edit)
        assert set(change.edit.items).isdisjoint({*members[:-2], stays})
        assert change.number == len(change.edit.items)
    after = {row.item_id: row.cluster and row.cluster.id for row in rows(house.store, run)}
    assert len(after) == ALL
    assert after[stays] == group
    assert all(after[item] == "new" for item in members[:-2])
    while decisions.undo(house.store, run):
        pass
    assert {row.item_id: row.cluster and row.cluster.id for row in rows(house.store, run)} == before


def test_the_estimate_counts_what_was_drawn_and_nothing_else(house: House, run: str) -> None:
    assert lesson(house, run).accuracy() is None
    for _ in range(ALL):
        now = lesson(house, run)
        batch = now.next_items(count=10)
        if not batch:
            break
        for item in batch:
            row = next(row for row in rows(house.store, run) if row.item_id == item)
            decisions.add(house.store, run, Move((item,), row.cluster.id if row.cluster else None))
    found = lesson(house, run).accuracy()
    assert found is not None
    assert (found.drawn, found.right, found.low, found.high) == (ALL, ALL, 1, 1)


def test_images_moved_before_something_was_learnt_are_settled(house: House, run: str) -> None:
    first, second, third = rows(house.store, run)[:3]
    assert first.cluster
    own = first.cluster.id
    decisions.add(house.store, run, Move((first.item_id,), own))
    decisions.add(house.store, run, Learn((second.item_id,), (own,), (0.9,)))
    decisions.add(house.store, run, Move((third.item_id,), own))
    found = checked(house.store, run)
    assert found.settled == {first.item_id}
    assert set(found.said) == {third.item_id}
    assert found.state


def test_a_learnt_image_that_fits_no_more_goes_back(house: House, run: str) -> None:
    first, *others = rows(house.store, run)
    assert first.cluster
    wrong = next(row.cluster.id for row in others if row.cluster and row.cluster.id != first.cluster.id)
    decisions.add(house.store, run, Learn((first.item_id,), (wrong,), (0.9,)))
    for row in others:
        decisions.add(house.store, run, Move((row.item_id,), row.cluster.id if row.cluster else None))
    change = lesson(house, run).change()
    assert list(change.moves) == [(wrong, first.cluster.id)]


def test_likely_groups_come_first_and_are_there(house: House, run: str) -> None:
    now = lesson(house, run)
    for row in rows(house.store, run):
        likely = now.likely(row.item_id)
        assert row.cluster is None or likely[0][0] == row.cluster.id
        assert [chance for _, chance in likely] == sorted((chance for _, chance in likely), reverse=True)
    assert 0 <= now.doubtful <= 1
    assert View(house.store, run).count() == ALL
