"""The page Odd images: what is found is reviewed; excluded images leave all runs, stay listed and come back."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

from collections.abc import Callable

from app import ALL_IMAGES, component, fresh_server, images, make, models, open_app, shown  # noqa: F401
from streamlit.testing.v1 import AppTest
from waiting import wait_for

from core.explore.outliers import LEAST
from core.pipeline import outliers
from core.pipeline.outliers import Reason
from core.results.run_view import View
from ui import text
from ui.components.selecting_wall import Act
from ui.outliers.decisions import decide
from ui.session import state


def open_odd(run_id: str, **params: str) -> AppTest:
    at = open_app("outliers", run=run_id, **params)
    wait_for(lambda: all(not look.alive for look in state.jobs()._exploring.values()))
    return at.run()


def planted(run_id: str) -> tuple[str, list[str]]:
    """The dataset of a run in which two images were found to be odd."""
    store = state.workspace().store
    run = store.runs.get(run_id)
    assert run
    dataset = run.settings.dataset_id
    items = store.datasets.ids(dataset)
    found = {items[1]: [Reason("alone", 1.44)], items[2]: [Reason("alone", 1.2), Reason("blank", 0.01)]}
    value = {"looked_at": [item for item in items if item not in found], "found": found}
    outliers._keep(state.workspace(), dataset, "", value)
    return dataset, items


def test_nothing_odd_is_said(make: Callable[..., str]) -> None:
    at = open_odd(make())
    assert text.ODD_NONE["review"] in shown(at)
    assert text.too_few(LEAST) in shown(at)  # of so few images none lies apart
    assert component(at, "selecting_wall")["tiles"] == []


def test_each_has_its_reason_the_plainest_first(make: Callable[..., str]) -> None:
    run_id = make()
    _, items = planted(run_id)
    wall = component(open_odd(run_id), "selecting_wall")
    assert [tile["id"] for tile in wall["tiles"]] == [items[2], items[1]]
    assert wall["tiles"][0]["caption"].startswith("Nearly blank")
    assert "its nearest are 1.4 times as far as usual" in wall["tiles"][1]["caption"]
    assert [group["name"] for group in wall["groups"]] == [text.ODD_EXCLUDE, text.ODD_KEEP]
    assert not wall["words"]["new"]


def test_excluded_images_leave_runs_and_come_back(make: Callable[..., str]) -> None:
    run_id = make()
    dataset, items = planted(run_id)
    at = open_odd(run_id)
    reasons = {items[2]: "Nearly blank."}
    done = decide(dataset, Act("move", (items[2],), to="out"), [items[2], items[1]], reasons)
    assert done.said == text.odd_done("out", 1)
    store = state.workspace().store
    listed = [row.reason for row in store.datasets.skipped(dataset) if row.item_id == items[2]]
    assert listed == ["Nearly blank. Excluded by you."]
    assert View(store, run_id).count() == ALL_IMAGES - 1
    given = store.datasets.get(dataset)
    assert given
    assert sum(given.counts.values()) == given.given
    at.run()
    assert [tile["id"] for tile in component(at, "selecting_wall")["tiles"]] == [items[1]]
    at.segmented_control(key="odd-part").set_value("excluded").run()
    wall = component(at, "selecting_wall")
    assert [(tile["id"], tile["caption"]) for tile in wall["tiles"]] == [(items[2], "Nearly blank. Excluded by you.")]
    decide(dataset, Act("move", everything=True, to="back"), [items[2]], {})
    assert View(store, run_id).count() == ALL_IMAGES
    decide(dataset, Act("undo"), [], {})
    assert [row.reason for row in store.datasets.items(dataset, status="excluded")] == [
        "Nearly blank. Excluded by you."
    ]


def test_kept_images_are_not_asked_about_again(make: Callable[..., str]) -> None:
    run_id = make()
    dataset, items = planted(run_id)
    at = open_odd(run_id)
    decide(dataset, Act("move", (items[1],), to="keep"), [items[1]], {})
    assert [tile["id"] for tile in component(at.run(), "selecting_wall")["tiles"]] == [items[2]]
    assert decide(dataset, Act("undo"), [], {}).said == text.ODD_TAKEN_BACK
    assert decide(dataset, Act("undo"), [], {}).said == text.ODD_NOTHING_BACK
    assert len(component(at.run(), "selecting_wall")["tiles"]) == 2


def test_a_word_that_nobody_knows_is_said(make: Callable[..., str]) -> None:
    at = open_odd(make(), subject="qwertz")
    assert "no word for “qwertz”" in shown(at)


def test_without_images_the_way_there_is_shown() -> None:
    at = open_app("outliers")
    assert text.ODD_EMPTY in shown(at)
