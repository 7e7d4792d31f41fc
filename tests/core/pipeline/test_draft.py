"""What the page Names shows before sorting is what sorting gives, whatever a person did to the names."""

from __future__ import annotations

import pytest
from desk import STEPS, Desk
from house import House
from hypothesis import HealthCheck, Phase, given, settings

from core.errors import BadInput
from core.pipeline import draft as drafts
from core.pipeline import suggest_names
from core.pipeline.draft import Draft
from core.pipeline.suggest_names import Wanted
from core.results import decisions, run_view
from core.results.edits import Merge, MoveLabels, Part, Rename, Several, Split
from core.results.run_view import View


def drafted(desk: Desk) -> Draft:
    edited, run = decisions.clusters(desk.store, desk.run), run_view.get_run(desk.store, desk.run)
    return drafts.draft(desk.store, run, edited, drafts.chosen(desk.store, run, edited.asked))


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house, "name")


@given(steps=STEPS)
@settings(
    max_examples=6, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_what_is_shown_before_sorting_adds_up_and_is_what_sorting_gives(
    house: House, steps: list[tuple[int, int, int]]
) -> None:
    desk = Desk(house, "name")
    for what, first, second in steps:
        desk.act(what, first, second)
        now = drafted(desk)
        clusters = now.counted(decisions.clusters(desk.store, desk.run).clusters)
        assert sum(cluster.size or 0 for cluster in clusters) + now.places.count("") == len(now.items)
        assert all(sum(cluster.inside.values()) == cluster.size for cluster in clusters)
    now = drafted(desk)
    house.run(desk.run)
    placed = {row.item_id: row.cluster.id if row.cluster else "" for row in run_view.rows(desk.store, desk.run)}
    assert placed == dict(zip(now.items, now.places, strict=True))


def test_merge_split_and_moved_labels_show_at_once_in_sizes_and_labels(desk: Desk) -> None:
    grey, green, blue = (desk.house.id_of(desk.run, name) for name in ("grey", "green", "blue"))
    decisions.add(desk.store, desk.run, Several((Merge(grey, green), Rename(green, "warm"))))
    decisions.add(desk.store, desk.run, Split(green, (Part("p1", "grass", ("green",)),)))
    decisions.add(desk.store, desk.run, MoveLabels(green, ("grey",), blue))
    counted = drafted(desk).counted(decisions.clusters(desk.store, desk.run).clusters)
    assert {cluster.name: dict(cluster.inside) for cluster in counted} == {
        "warm": {}, "blue": {"blue": 4, "grey": 4}, "grass": {"green": 4},
    }  # fmt: skip
    desk.house.run(desk.run)
    assert View(desk.store, desk.run).sizes() == {blue: 8, "p1": 4}


def test_images_split_off_by_their_pictures_stay_split_off(desk: Desk) -> None:
    blue = desk.house.id_of(desk.run, "blue")
    items = tuple(item for item, _ in drafted(desk).members(blue)[:3])
    decisions.add(desk.store, desk.run, Split(blue, (Part("p1", "sky", items=items),)))
    assert {item for item, _ in drafted(desk).members("p1")} == set(items)
    desk.house.run(desk.run)
    assert View(desk.store, desk.run).sizes()["p1"] == 3


def test_images_that_another_version_measured_are_counted_by_their_labels(desk: Desk) -> None:
    before = drafted(desk)
    desk.house.vision.evidence_id, desk.house.text.knows = "fake-mean/2", frozenset({"fake-mean/2"})
    desk.house.text.history.clear()
    assert drafted(desk).places == before.places
    assert desk.house.text.history == []
    with pytest.raises(BadInput, match="earlier version"):
        suggest_names.suggest_names(desk.house.workspace, desk.run, Wanted(2))
