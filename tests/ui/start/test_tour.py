"""The tour of the demo: on its pages alone, until it was ended once; and the sheet of keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app import button, fresh_server, images, make, models, open_app, shown
from streamlit.testing.v1 import AppTest

from ui import text
from ui.session import state
from ui.start import demo

__all__ = ["fresh_server", "images", "make", "models"]  # fixtures


@pytest.fixture
def demo_run(make: Callable[..., str], images: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(demo, "IMAGES", images)
    return make()


def step(at: AppTest) -> int:
    """The step that is shown, 0 for none."""
    return next((number for number, (_, said) in enumerate(text.TOUR, 1) if said in shown(at)), 0)


def test_the_tour_goes_through_its_pages_and_never_comes_again(demo_run: str) -> None:
    at = open_app("browse", run=demo_run)
    assert step(at) == 1
    for number in range(2, len(text.TOUR) + 1):
        at.button(key="tour-next").click().run()
        assert step(at) == number
    at.button(key="tour-back").click().run()
    assert step(at) == len(text.TOUR) - 1
    at.button(key="tour-next").click().run()
    button(at, text.TOUR_DONE).click().run()
    assert not step(at)
    assert not step(open_app("browse", run=demo_run))  # nor in another window


def test_it_can_be_ended_at_once_and_asked_for_again(demo_run: str) -> None:
    at = open_app("names", run=demo_run)
    button(at, text.TOUR_END).click().run()
    assert not step(at)
    state.workspace().store.preferences.set("tour ended", "")
    assert step(at.run()) == 2


def test_other_runs_have_no_tour(make: Callable[..., str]) -> None:
    assert not step(open_app("browse", run=make()))


def test_every_step_is_about_a_page_that_is_there() -> None:
    assert all((state.ROOT / "pages" / f"{page}.py").is_file() for page, _ in text.TOUR)
