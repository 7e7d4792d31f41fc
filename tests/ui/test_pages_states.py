"""Every page in every state of a run: what it must say, and the next step that it must offer."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app import fresh_server, images, make, matches, models, open_app, shown, wait_for, working  # noqa: F401
from fakes import FakeText, FakeVision

from core.errors import ModelUnavailable
from core.pipeline.import_results import bring_in
from ui import text
from ui.session import state

WHY = "The model server does not answer. Start it."
# Page -> what is said, and the label of a button that leads on (None: the page is the end of its way).
Expected = dict[str, tuple[str, str | None]]
EMPTY: Expected = {
    "start": (text.NO_RECENT, text.SHOW_DEMO),
    "images": (text.IMAGES_TITLE, None),
    "group": (text.NO_IMAGES, text.TO_IMAGES),
    "names": (text.NO_RUN, text.TO_RUN),
    "browse": (text.NO_RUN, text.TO_RUN),
    "evaluate": (text.NO_RUN, text.TO_RUN),
    "where": (text.NO_RUN, text.TO_RUN),
    "export": (text.NO_RUN, text.TO_RUN),
    "connect": (text.CONNECT_NOTE, text.CONNECT_TEST),
}
RUNNING: Expected = {
    "start": (text.STATUS["running"], text.SHOW),
    "images": ("shop", text.SHOW),
    "group": (text.STATUS["running"], text.STOP),
    "names": (text.NAMES_EMPTY, text.SHOW),
    "browse": (text.BROWSE_SOON, text.SHOW),
    "evaluate": (text.BROWSE_SOON, text.SHOW),
    "where": (text.BROWSE_SOON, text.SHOW),
    "export": (text.BROWSE_SOON, text.SHOW),
    "connect": (text.CONNECT_NOTE, text.SHOW),
}
FAILED: Expected = {
    "start": (text.STATUS["failed"], text.OPEN),
    "images": ("shop", text.TO_GROUP),
    "group": (WHY, text.AGAIN),
    "names": (text.NAMES_EMPTY, text.SHOW),
    "browse": (text.BROWSE_EMPTY_TITLE, text.SHOW),
    "evaluate": (text.EVALUATE_EMPTY, text.SHOW),
    "where": (text.WHERE_EMPTY, text.SHOW),
    "export": (text.EXPORT_EMPTY, text.SHOW),
    "connect": (text.CONNECT_NOTE, text.CONNECT_TEST),
}
FINISHED: Expected = {
    "start": (text.STATUS["done"], text.OPEN),
    "images": (text.USABLE, text.TO_GROUP),
    "group": (text.DONE, text.TO_BROWSE),
    "names": (text.NAMES_TITLE, text.TO_BROWSE),
    "browse": (text.UNASSIGNED, text.SEE_ALL),
    "evaluate": (matches(1.0, 5 / 12, 12), None),
    "where": (text.WHERE_NOTE, None),
    "export": (text.EXPORT_TABLE_NOTE, None),
    "connect": (text.CONNECT_NOTE, text.CONNECT_TEST),
}


def check(page: str, expected: Expected, **params: str) -> None:
    at = open_app(page, **params)
    said, leads_on = expected[page]
    assert said in shown(at)
    if leads_on:
        assert leads_on in [button.label for button in at.button]
    if expected is not FAILED:
        assert not at.error


@pytest.mark.parametrize("page", EMPTY)
def test_empty(page: str) -> None:
    check(page, EMPTY)


@pytest.mark.parametrize("page", RUNNING)
def test_running(page: str, working: str) -> None:
    check(page, RUNNING, run=working)


@pytest.mark.parametrize("page", FAILED)
def test_failed(
    page: str, make: Callable[..., str], models: tuple[FakeVision, FakeText], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ModelUnavailable(WHY)

    monkeypatch.setattr(models[1], "label", fail)
    run_id = make(until="")
    state.jobs().start(run_id, "name")
    wait_for(lambda: state.jobs().get(run_id) is None)
    check(page, FAILED, run=run_id)


@pytest.mark.parametrize("page", FINISHED)
def test_finished(page: str, make: Callable[..., str]) -> None:
    check(page, FINISHED, run=make())


@pytest.mark.parametrize("with_images", [True, False])
def test_results_that_were_brought_in_show_on_every_page(
    images: Path, tmp_path: Path, make: Callable[..., str], with_images: bool
) -> None:
    table = tmp_path / "elsewhere.csv"
    names = sorted(path.relative_to(images).as_posix() for path in images.rglob("*.png"))
    rows = [f"{name},{name.split('/')[0]},{name.split('_')[1]}" for name in names]
    table.write_text("\n".join(["image,cluster,truth", *rows]), encoding="utf-8")
    brought = bring_in(state.workspace(), table, images=str(images) if with_images else "")
    for page in ("start", "images", "group", "names", "browse", "evaluate", "where", "export", "connect"):
        at = open_app(page, run=brought.run_id)
        assert not at.exception
        assert not at.error, page
    assert matches(1.0, 5 / 12, 12) in shown(open_app("evaluate", run=brought.run_id))
