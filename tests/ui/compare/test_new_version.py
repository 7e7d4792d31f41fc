"""From a result to its next version: the form filled in, what is kept, and both side by side in the end."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

from collections.abc import Callable

from app import ROOT, button, fresh_server, images, make, models, open_app, shown, wait_for  # noqa: F401
from fakes import FakeText, FakeVision
from streamlit.testing.v1 import AppTest

from core.results import decisions, run_view
from core.results.edits import Merge, Move, Rename
from core.results.run_view import Query, View
from core.store.runs import RunRow
from ui import text
from ui.session import run_options, state


def new_version(at: AppTest) -> None:
    """Click the button; AppTest does not follow to the page that it leads to."""
    button(at, text.NEW_VERSION).click().run()
    at.switch_page(str(ROOT / "pages" / "group.py")).run()


def test_the_whole_way(make: Callable[..., str], models: tuple[FakeVision, FakeText]) -> None:
    old = make()
    store = state.workspace().store
    moved = View(store, old).rows(Query(cluster_id="c2"), 1)[0].item_id
    decisions.add(store, old, Move((moved,), "c1"))
    at = open_app("browse", run=old)
    new_version(at)
    said = shown(at)
    assert text.version_of("")[:-2] in said
    assert text.VERSION_NAMES not in said  # nobody gave any
    assert (at.text_input(key="criterion").value, at.number_input(key="k").value) == ("colour", 3)
    looked = len(models[0].history)
    at.number_input(key="k").set_value(2).run()
    button(at, text.START).click().run()
    new = at.query_params["run"]
    assert new != old
    wait_for(lambda: state.jobs().get(new) is None)
    at.run()
    # Side by side with the one before, by itself; no image was looked at again, and the move is there.
    assert (at.query_params["run"], at.query_params["with"]) == (new, old)
    assert len(models[0].history) == looked
    run = store.runs.get(new)
    assert run is not None
    assert run.parent == old
    assert "1 image that you had moved by hand was moved again." in shown(at)
    assert [row.item_id for row in run_view.rows(store, new) if row.source == "person"] == [moved]


def test_names_of_today_are_kept_where_a_person_gave_them(make: Callable[..., str]) -> None:
    old = make()
    store = state.workspace().store
    decisions.add(store, old, Rename("c1", "crimson"))
    decisions.add(store, old, Merge("c3", "c2"))
    at = open_app("browse", run=old)
    new_version(at)
    assert text.VERSION_NAMES in shown(at)
    assert run_options.listed(at.session_state[run_options.key("names")]) == ["crimson", "green"]
    assert at.number_input(key="k").value == 3
    button(at, text.VERSION_NAMES_ANEW).click().run()
    assert at.session_state[run_options.key("names")] == ""
    assert text.VERSION_NAMES not in shown(at)


def test_a_run_that_is_to_stand_for_itself(make: Callable[..., str]) -> None:
    old = make()
    at = open_app("browse", run=old)
    new_version(at)
    button(at, text.VERSION_NO).click().run()
    button(at, text.START).click().run()
    new = at.query_params["run"]
    wait_for(lambda: state.jobs().get(new) is None)
    run = state.workspace().store.runs.get(new)
    assert run is not None
    assert (run.parent, run.status) == ("", "waiting")  # it waits for the names to be checked


def test_several_criteria_at_once(make: Callable[..., str], models: tuple[FakeVision, FakeText]) -> None:
    old = make()  # so that the images are at hand
    at = open_app("group", run=old)
    button(at, text.NEW_RUN).click().run()
    at.multiselect[0].set_value(["kind", "Colour"]).run()  # the second is the criterion itself
    assert [field.label for field in at.number_input] == [text.K, text.groups_by("kind")]
    at.number_input[1].set_value(2).run()
    looked = len(models[0].history)
    button(at, text.START).click().run()
    wait_for(lambda: not state.jobs().active())
    first, second = (state.workspace().store.runs.get(at.query_params["run"]), newest("kind"))
    assert first is not None
    assert [(run.settings.criterion, run.settings.k, run.status) for run in (first, second)] == [
        ("colour", 3, "done"),
        ("kind", 2, "done"),
    ]
    assert len(models[0].history) == looked  # what was measured once is enough for both
    at.run()
    assert text.cross_with("kind") in [button.label for button in at.button]


def test_a_further_criterion_beyond_the_engine_waits(make: Callable[..., str]) -> None:
    at = open_app("group", run=make())
    button(at, text.NEW_RUN).click().run()
    at.multiselect[0].set_value(["mood"]).run()
    assert "the fake engine cannot see mood. Leave it out here" in shown(at)
    assert button(at, text.START).disabled


def newest(criterion: str) -> RunRow:
    return next(run for run in state.workspace().store.runs.recent() if run.settings.criterion == criterion)
