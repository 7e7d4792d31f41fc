"""Groups that a person makes by showing examples: nothing is sorted before, and what follows is learnt and said so."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from fakes import COLOURS
from house import House, draw, furnished_once

from core.errors import BadInput
from core.export import downloads
from core.models.supplied.examples import KIND
from core.pipeline import runs
from core.pipeline.checking import FIRST_EXAMPLES, Lesson
from core.pipeline.sight import said_of_sight
from core.results import decisions
from core.results.edits import Move
from core.results.run_view import View, rows

NAMES = ("mine", "yours", "theirs")
EACH = 8


def _run(house: House) -> str:
    draw(house.images, EACH)
    run_id = house.start(criterion="whose it is", k=3, names=NAMES, text=KIND)
    house.run(run_id)
    return run_id


house, run = furnished_once("run", _run)


def colour_of(row: object) -> str:
    return Path(row.name).parts[-2]  # type: ignore[attr-defined]


def show(house: House, run: str, number: int) -> dict[str, str]:
    """Show so many pictures of each group, which are colours; cluster id -> colour."""
    clusters = decisions.clusters(house.store, run).clusters
    meant = dict(zip((cluster.id for cluster in clusters), COLOURS, strict=False))
    for cluster, colour in meant.items():
        items = [row.item_id for row in rows(house.store, run) if colour_of(row) == colour][:number]
        decisions.add(house.store, run, Move(tuple(items), cluster))
    return meant


def test_nothing_is_in_a_group_before_examples_are_shown(house: House, run: str) -> None:
    assert [cluster.name for cluster in decisions.clusters(house.store, run).clusters] == list(NAMES)
    assert house.sizes(run) == {"unassigned": EACH * len(COLOURS)}
    lesson = Lesson(house.store, run)
    assert lesson.from_nothing
    assert lesson.waits
    assert lesson.accuracy() is None
    assert len(set(lesson.next_items())) == 10  # useful ones can be asked about at once
    with pytest.raises(BadInput, match="nothing to learn"):
        lesson.change()


def test_three_pictures_of_each_group_sort_the_rest(house: House, run: str) -> None:
    meant = show(house, run, FIRST_EXAMPLES)
    lesson = Lesson(house.store, run)
    assert not lesson.waits
    change = lesson.change()
    assert change.edit
    decisions.add(house.store, run, change.edit)
    found = rows(house.store, run)
    assert sum(house.sizes(run).values()) == EACH * len(COLOURS)
    for row in found:
        assert row.source in ("person", "learnt", "model", "none")
        if colour_of(row) in meant.values():
            assert row.cluster
            assert meant[row.cluster.id] == colour_of(row)
    assert Counter(row.source for row in found)["person"] == FIRST_EXAMPLES * len(NAMES)
    decisions.undo(house.store, run)
    assert house.sizes(run)["unassigned"] == EACH * len(COLOURS) - FIRST_EXAMPLES * len(NAMES)


def test_after_what_was_learnt_the_estimate_is_of_that(house: House, run: str) -> None:
    show(house, run, FIRST_EXAMPLES)
    edit = Lesson(house.store, run).change().edit
    assert edit
    decisions.add(house.store, run, edit)
    lesson = Lesson(house.store, run)
    first = lesson.next_items(count=1)[0]
    place = next(row for row in rows(house.store, run) if row.item_id == first)
    decisions.add(house.store, run, Move((first,), place.cluster.id if place.cluster else None))
    assert Lesson(house.store, run).accuracy() is not None


def test_what_it_went_by_is_said_wherever_the_result_is(house: House, run: str) -> None:
    settings = View(house.store, run).run.settings
    [said] = said_of_sight(settings)
    assert said.startswith("Sorted by what a person showed")
    assert b"Sorted by what a person showed" in b"".join(downloads.page(house.workspace, run))


@pytest.mark.parametrize(
    ("names", "said"),
    [((), "need names"), (("only one",), "need names"), (("a", "a"), "differ"), (("a", " "), "must not be empty")],
)
def test_groups_by_examples_need_two_names(house: House, names: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        house.start(k=len(names), names=names, text=KIND)


def test_images_that_are_like_no_example_stay_unsure(house: House, run: str) -> None:
    show(house, run, FIRST_EXAMPLES)
    lesson = Lesson(house.store, run)
    flat = np.full((len(lesson.items), len(lesson.columns)), 1 / len(lesson.columns))
    object.__setattr__(lesson.learnt, "probabilities", flat)
    assert lesson.change().edit is None


def test_a_run_by_examples_is_continued_like_any_other(house: House) -> None:
    run_id = house.start(criterion="whose it is", k=2, names=NAMES[:2], text=KIND)
    runs.run(house.workspace, run_id, "name")
    assert house.store.runs.get(run_id).status == "waiting"  # type: ignore[union-attr]
    house.run(run_id)
    assert house.sizes(run_id) == {"unassigned": 4 * len(COLOURS)}
