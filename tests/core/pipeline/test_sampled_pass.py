"""Models look at a share: what fails there stays failed and is asked again, and no image is lost or counted twice."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest
from fakes import COLOURS
from house import House, draw
from painter import Painter, install, step_of

from core.domain import Asking, Failed, Step
from core.errors import FacetryError
from core.models.chat.backend import Request
from core.results import run_view

EACH = 25
TOTAL = EACH * len(COLOURS)
FIRST, BUDGET = 32, 50
"""Eight images a group at first; the rest of the share in three rounds."""
SHARED = {"vision": "painter", "text": "painter", "share": BUDGET / TOTAL}


@pytest.fixture
def painter(house: House, monkeypatch: pytest.MonkeyPatch) -> Painter:
    painter = Painter()
    install(monkeypatch, painter)
    draw(house.images, EACH)
    return painter


def fail_after(painter: Painter, step: Step, number: int) -> None:
    """Answer so many requests of a step and then no more."""
    asked = iter(range(number))
    painter.fail = lambda request: (
        Failed("The model did not answer.") if step_of(request) == step and next(asked, None) is None else None
    )


def never(_: Request) -> Failed | None:
    return None


def states(house: House, run_id: str) -> Counter[tuple[str, str, str]]:
    return Counter((row.state, row.source, row.reason) for row in run_view.rows(house.store, run_id))


def test_failures_of_later_rounds_stay_failed_and_are_asked_again_first(house: House, painter: Painter) -> None:
    fail_after(painter, "describe", FIRST + 5)
    run_id = house.start(**SHARED)
    house.run(run_id)
    failed = BUDGET - FIRST - 5
    assert states(house, run_id) == {
        ("assigned", "model", ""): FIRST + 5,
        ("assigned", "propagated", ""): TOTAL - BUDGET,
        ("failed", "none", "The model did not answer."): failed,
    }
    view = run_view.View(house.store, run_id)
    assert view.run.stats["describe"].failures == failed
    painter.fail = never
    before = painter.asked("describe")
    house.run(run_id)
    assert painter.asked("describe") - before == failed
    assert states(house, run_id) == {
        ("assigned", "model", ""): BUDGET,
        ("assigned", "propagated", ""): TOTAL - BUDGET,
    }
    assert run_view.View(house.store, run_id).run.stats["describe"].failures == 0
    before = len(painter.history)
    house.run(run_id)
    assert len(painter.history) == before


def test_assignments_that_fail_in_a_later_round_are_asked_again(house: House, painter: Painter) -> None:
    fail_after(painter, "assign", 1)
    run_id = house.start(**SHARED, asking=Asking(exact=True))
    house.run(run_id)
    assert states(house, run_id)["failed", "none", "The model did not answer."] == BUDGET - FIRST
    painter.fail = never
    house.run(run_id)
    assert Counter(row.source for row in run_view.rows(house.store, run_id)) == {
        "model": BUDGET,
        "propagated": TOTAL - BUDGET,
    }


def test_where_no_image_could_be_placed_the_run_says_so_and_goes_on_later(house: House, painter: Painter) -> None:
    fail_after(painter, "assign", 0)
    run_id = house.start(**SHARED)
    with pytest.raises(FacetryError, match=f"None of the {FIRST} images that models looked at could be placed"):
        house.run(run_id)
    run = house.store.runs.get(run_id)
    assert run is not None
    assert run.status == "failed"
    assert house.sizes(run_id) == {"failed": FIRST, "pending": TOTAL - FIRST}
    painter.fail = never
    house.run(run_id)
    assert house.sizes(run_id) == dict.fromkeys(COLOURS, EACH)


def test_everything_given_is_somewhere_once(house: House, painter: Painter) -> None:
    (house.images / "broken.jpg").write_text("not an image")
    shutil.copy(house.images / "red" / "0.png", house.images / "red" / "again.png")
    fail_after(painter, "describe", FIRST + 5)
    run_id = house.start(**SHARED)
    house.run(run_id, "name")
    dataset_id = run_view.get_run(house.store, run_id).settings.dataset_id
    left_out = house.store.datasets.items(dataset_id)[-1].item_id
    house.store.datasets.exclude(dataset_id, {left_out: "Left out."})
    for fail in (painter.fail, never):
        painter.fail = fail
        house.run(run_id)
        dataset = house.store.datasets.get(dataset_id)
        assert dataset is not None
        assert dataset.given == TOTAL + 2
        assert dataset.not_grouped == 3
        view = run_view.View(house.store, run_id)
        assert sum(view.states().values()) == TOTAL - 1
        assert sum(view.sizes().values()) == view.states()["assigned"]
        failures = sum(stat.failures for stat in view.run.stats.values())
        assert view.states()["failed"] == failures
