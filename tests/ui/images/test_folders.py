"""The folder chooser on Images: for the owner alone, by clicks, without a path in any field or address."""

from __future__ import annotations

from pathlib import Path

import pytest
from app import ALL_IMAGES, button, fresh_server, images, models, open_app, shown
from waiting import wait_for

from core.ingest.sources import local_folders
from ui import text
from ui.routes import owner
from ui.session import state

__all__ = ["fresh_server", "images", "models"]  # fixtures


@pytest.fixture
def at_home(images: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(owner, "is_here", lambda: True)
    monkeypatch.setattr(local_folders, "roots", lambda _: [images.parent])
    return images


def test_a_folder_is_chosen_by_clicks(at_home: Path) -> None:
    at = open_app("images", way="path")
    button(at, text.FOLDERS_OPEN).click().run()
    at.button(key=f"folder-{at_home.parent}").click().run()
    assert text.images(ALL_IMAGES) in shown(at)
    at.button(key=f"folder-{at_home}").click().run()
    assert text.FOLDERS_HERE.format(images=text.images(ALL_IMAGES)) in shown(at)
    at.button(key="folder-use").click().run()
    wait_for(lambda: (look := state.jobs().look_at(at.query_params["dataset"])) is None or not look.alive)
    at.run()
    assert at.title[0].value.endswith("shop")
    assert not [value for value in at.query_params.values() if "/" in value]
    assert not [field for field in at.text_input if str(at_home) in str(field.value)]


def test_visitors_are_shown_no_folders(images: Path) -> None:
    at = open_app("images", way="path")
    assert text.FOLDERS_OPEN not in [found.label for found in at.button]
    assert at.text_input(key="folder")


def test_a_folder_that_went_away_is_said_and_the_next_time_begins_anew(at_home: Path) -> None:
    at = open_app("images", way="path")
    at.session_state["folder-place"] = str(at_home / "gone")
    button(at, text.FOLDERS_OPEN).click().run()
    assert "could not be read" in shown(at)
    at.run()
    button(at, text.FOLDERS_OPEN).click().run()
    assert at.button(key=f"folder-{at_home.parent}")
