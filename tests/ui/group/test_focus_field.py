"""*Look only at* on the form: nothing begins before the part is said; the run is over parts, and says so."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from app import ALL_IMAGES, BLUE, GREEN, RED, button, component, fresh_server, images, models, open_app, shown  # noqa: F401
from waiting import wait_for

from core.config import config
from core.domain import DatasetRow, RunSettings, SourceAddress
from core.ingest import source
from core.pipeline import intake, runs
from core.store.runs import RunRow
from ui import text
from ui.group import focus as field
from ui.session import run_options, state
from ui.session.run_options import key


@pytest.fixture
def given(images: Path) -> str:
    """The id of the images, looked at."""
    origin = source.find(str(images), "", config())
    place = state.workspace()
    intake.look(place.store, place.copies, place.config, origin, threading.Event(), lambda _: None)
    return origin.dataset_id


def newest() -> RunRow:
    [run] = state.workspace().store.runs.recent(1)
    return run


def test_a_drawn_part_is_what_the_run_is_about(given: str) -> None:
    at = open_app("group", dataset=given)
    at.text_input(key="criterion").set_value("colour")
    at.selectbox(key=key("focus")).select("box").run()
    assert text.FOCUS_DRAW_FIRST in shown(at)
    assert button(at, text.START).disabled
    assert component(at, "box_drawing")["box"] is None
    at.session_state[key("focus-box")] = "0,0,50,100"
    at.run()
    assert component(at, "box_drawing")["box"] == [0.0, 0.0, 0.5, 1.0]
    button(at, text.START).click().run()
    wait_for(lambda: not state.jobs().active())
    run = newest()
    dataset = state.workspace().store.datasets.get(run.settings.dataset_id)
    assert dataset is not None
    assert dataset.source.focus == "box:0,0,50,100"
    assert dataset.counts["ready"] == ALL_IMAGES
    assert "Only a part of each image was looked at" in shown(at.run())
    assert text.only_focus("box:0,0,50,100") in shown(open_app("browse", run=run.id))


def test_what_was_drawn_is_kept_as_per_cent(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, str] = {}
    monkeypatch.setattr(field, "put", kept.__setitem__)
    field._drawn((0.1, 0.2, 0.5, 0.6))
    field._drawn((0.1, 0.2, 0.101, 0.6))  # a click
    assert kept == {"focus-box": "10,20,50,60"}


@pytest.mark.parametrize(
    "spec", ["", "subject", "line:Total due", "block:From", "box:10,20,50,60", "find:logo@a/b@main"]
)
def test_the_form_takes_over_what_a_run_looked_at(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = dict(run_options.DEFAULTS) | run_options._of_focus(spec)
    monkeypatch.setattr(run_options, "get", chosen.__getitem__)
    assert run_options.focused(DatasetRow("", "", SourceAddress(), 0, {})) == spec


def test_parts_at_hand_stay_parts_until_another_part_is_chosen(given: str) -> None:
    whole = state.workspace().store.datasets.get(given)
    assert whole is not None
    part = field.only(whole, "box:0,0,50,100")
    assert part.source.focus == "box:0,0,50,100"
    assert field.only(part, "box:0,0,50,100") is part
    assert field.only(part, "") == whole
    assert field.only(part, "subject").source == field.only(whole, "subject").source


def test_words_are_asked_for_and_the_form_comes_back_as_it_was(given: str) -> None:
    at = open_app("group", dataset=given)
    at.text_input(key="criterion").set_value("colour")
    at.selectbox(key=key("focus")).select("line").run()
    assert text.FOCUS_SAY_WORDS in shown(at)
    at.selectbox(key=key("focus")).select("find").run()
    at.text_input(key=key("focus-thing")).set_value("logo").run()
    assert text.FOCUS_SAY_THING in shown(at)
    at.text_input(key=key("focus-model")).set_value("some/detector").run()
    assert text.FOCUS_SAY_THING not in shown(at)
    place = state.workspace()
    origin = source.find(str(Path(place.store.datasets.get(given).source.path)), "", config(), focus="box:50,0,100,100")  # type: ignore[union-attr]
    run_id = runs.start(place, origin, RunSettings("", "colour", 3))
    runs.run(place, run_id, "assign", origin=origin)
    at = open_app("group", run=run_id)
    button(at, text.NEW_RUN).click().run()
    assert at.selectbox(key=key("focus")).value == "box"
    assert component(at, "box_drawing")["box"] == [0.5, 0.0, 1.0, 1.0]


def test_the_large_view_shows_the_whole_image_with_its_part(given: str) -> None:
    place = state.workspace()
    origin = source.find(place.store.datasets.get(given).source.path, "", config(), focus="box:50,0,100,100")  # type: ignore[union-attr]
    run_id = runs.start(place, origin, RunSettings("", "colour", 3))
    runs.run(place, run_id, "assign", origin=origin)
    item, name = next(iter(place.store.datasets.names(origin.dataset_id).items()))
    at = open_app("browse", run=run_id, group="all", image=item)
    assert component(at, "large_picture")["picture"] == ""
    at.toggle(key="whole-image").set_value(True).run()
    shown_now = component(at, "large_picture")
    whole = {known: each for each, known in place.store.datasets.names(given).items()}
    assert shown_now["picture"] == whole[name]
    assert [line["corners"] for line in shown_now["lines"]] == [[[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]]]
