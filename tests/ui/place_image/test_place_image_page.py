"""The page for one image: it is placed for every criterion, joins only when asked, and a bad file gets a sentence."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import io
from collections.abc import Callable

from app import fresh_server, images, make, models, open_app, shown  # noqa: F401
from fakes import COLOURS, FakeText, FakeVision
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.results import run_view
from ui import text
from ui.session import state


def picture(colour: str) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (50, 30), COLOURS[colour]).save(sink, "PNG")
    return sink.getvalue()


def dropped(run: str, name: str, content: bytes) -> AppTest:
    at = open_app("where", run=run)
    return at.file_uploader(key="where-file").set_value((name, content, "image/png")).run()


def test_an_image_is_placed_and_joins_when_asked(make: Callable[..., str], models: tuple[FakeVision, FakeText]) -> None:
    run = make("assign")
    store = state.workspace().store
    before = len(run_view.rows(store, run))
    at = dropped(run, "my <b>blue</b> one.png", picture("blue"))
    assert not at.exception
    assert text.where_by(run_view.get_run(store, run).settings.criterion) in shown(at)
    assert "blue" in [subheader.value for subheader in at.header]
    assert len(run_view.rows(store, run)) == before
    asked = len(models[0].history)
    at.button(key="where-add").click().run()
    assert not at.error
    rows = run_view.rows(store, run)
    assert len(rows) == before + 1
    assert (rows[-1].cluster.name if rows[-1].cluster else "") == "blue"
    assert len(models[0].history) == asked
    at.button(key="where-add").click().run()
    assert len(run_view.rows(store, run)) == before + 1


def test_what_is_no_image_gets_a_sentence(make: Callable[..., str]) -> None:
    at = dropped(make("assign"), "x.png", b"no image")
    assert len(at.error) == 1
    assert "not an image" in at.error[0].value


def test_a_file_of_any_name_is_placed_and_what_is_not_shown_is_said(make: Callable[..., str]) -> None:
    run = make("assign")
    sink, frames = io.BytesIO(), [Image.new("RGB", (50, 30), COLOURS[colour]) for colour in ("blue", "red")]
    frames[0].putpixel((0, 0), (255, 255, 255))
    frames[0].save(sink, "PNG", save_all=True, append_images=frames[1:])
    at = dropped(run, "saved?width=800", sink.getvalue())
    assert not at.error
    assert "blue" in [subheader.value for subheader in at.header]
    assert f"{text.NOTE}: first of 2 frames" in shown(at)
    before = len(run_view.rows(state.workspace().store, run))
    at.button(key="where-add").click().run()
    assert not at.error
    assert len(run_view.rows(state.workspace().store, run)) == before + 1


def test_each_card_says_what_the_engine_could_not_see(make: Callable[..., str]) -> None:
    make("assign")
    run = make("assign", criterion="mood")
    said = "Grouped by appearance, because the fake engine cannot see mood."
    assert said in shown(open_app("where", run=run))
    at = dropped(run, "blue.png", picture("blue"))
    assert [text.where_by("mood") in shown(at), text.where_by("colour") in shown(at)] == [True, True]
    assert shown(at).count(said) == 1


def test_the_open_run_answers_first(make: Callable[..., str]) -> None:
    older = make("assign")
    newer, other = make("assign", k=2), make("assign", criterion="mood")
    at = dropped(older, "one.png", picture("blue"))
    assert not at.error
    places = at.session_state["where-found"][1].places
    assert [place.run_id for place in places] == [older, other]  # also before a newer run by the same criterion
    assert shown(at).index(text.where_by("colour")) < shown(at).index(text.where_by("mood"))
    places = dropped(newer, "one.png", picture("blue")).session_state["where-found"][1].places
    assert [place.run_id for place in places] == [newer, other]
