"""Cards of models on Connect: what each takes, how far it is, what went wrong, and its use once it is here."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from app import button, fresh_server, images, models, open_app, shown  # noqa: F401
from streamlit.testing.v1 import AppTest

from core.errors import BadInput
from core.models import parts, registry
from core.models.catalogue import getting, room
from core.models.catalogue.entries import File, entries
from core.models.catalogue.getting import Getting
from core.models.catalogue.shelf import PART, Expected, Place, Record
from ui import text
from ui.connect import catalogue
from ui.session import model_choice as chosen
from ui.session import state

CONTENT = b"weights"
SMALL = replace(
    entries()["smolvlm-500m"],
    files=tuple(
        File(file.name, len(CONTENT), hashlib.sha256(CONTENT).hexdigest()) for file in entries()["smolvlm-500m"].files
    ),
)


@pytest.fixture(autouse=True)
def able(monkeypatch: pytest.MonkeyPatch, models: object) -> None:
    kinds = dict.fromkeys(registry.LOCAL, lambda *_: None)
    monkeypatch.setattr(registry, "VISION", {**registry.VISION, **kinds})
    monkeypatch.setattr(registry, "TEXT", {**registry.TEXT, **kinds})
    monkeypatch.setattr(parts, "is_here", lambda kind: True)
    monkeypatch.setattr(room, "has_graphics_card", lambda: False)
    monkeypatch.setattr(room, "is_tight", lambda entry: False)
    monkeypatch.setattr(getting, "_work", None)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The one model of a small catalogue."""
    monkeypatch.setattr(catalogue, "entries", lambda: {SMALL.id: SMALL})
    return Place(SMALL, tmp_path / "workspace" / "models")


@pytest.fixture
def at(place: Place, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let this be got."""

    def at(**now: object) -> None:
        found = Getting(**{"place": place, **now})  # type: ignore[arg-type]
        monkeypatch.setattr(getting, "now", lambda: found)

    return at


def put(place: Place, names: list[str], suffix: str = "", **record: object) -> None:
    place.folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (place.folder / f"{name}{suffix}").write_bytes(CONTENT)
    files = {file.name: Expected(file.size, f"sha256:{file.sha256}") for file in SMALL.files}
    place.write(Record(SMALL.revision, files, **record))  # type: ignore[arg-type]


def labels(page: AppTest) -> list[str]:
    return [found.label for found in page.button]


def test_every_model_has_a_card_with_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "is_here", lambda kind: kind != "transformers")
    page = open_app("connect")
    said = shown(page)
    assert labels(page).count(text.CATALOGUE_GET) == len(entries())
    assert all(entry.name in said and entry.good_at in said for entry in entries().values())
    assert "1.7 GB to download, about 3 min at 100 Mbit/s; 3.5 GB of memory; licence Apache-2.0." in said
    assert "10.7 GB of a graphics card's memory" in said
    assert f"With it comes {text.PART_ADDING['transformers']}" in said
    assert entries()["smolvlm-256m"].source in said
    assert text.CATALOGUE_NO_CARD in said


def test_one_click_begins_and_what_is_tried_is_used(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[Place, Callable[[Place], None], str]] = []
    monkeypatch.setattr(getting, "start", lambda *given: begun.append(given))
    page = open_app("connect")
    button(page, text.CATALOGUE_GET).click().run()
    ((given, ready, token),) = begun
    assert (given, token) == (place, "")
    put(place, [file.name for file in SMALL.files], whole=True, said="A *red* circle.", seconds=3.21, right=True)
    ready(given)  # as from the thread that tested it
    page.run()
    assert state.workspace().store.preferences.get("vision", "") == place.spec
    assert page.selectbox(key="role-vision").value == place.spec
    assert page.selectbox(key="role-text").value == chosen.BUILTIN
    assert "Shown a red circle on white: “A *red* circle.” (3.2 s)" in shown(page)
    assert any(r"A \*red\* circle" in found.value for found in page.caption), "what a model says is no Markdown"
    assert "SmolVLM-500M-Instruct-Q8_0.gguf (on this computer)" in shown(page)
    assert text.CATALOGUE_USE not in labels(page)
    button(page, text.CONNECT_RESET).click().run()
    assert page.selectbox(key="role-vision").value == chosen.BUILTIN
    button(page, text.CATALOGUE_USE).click().run()
    assert page.selectbox(key="role-vision").value == place.spec
    button(page, text.CATALOGUE_REMOVE).click().run()
    assert state.workspace().store.preferences.get("vision", "") == chosen.BUILTIN
    assert not place.folder.exists()
    assert text.CATALOGUE_GET in labels(page)


def test_how_far_it_is_shows_in_every_session_and_can_be_cancelled(
    place: Place, at: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled: list[bool] = []
    monkeypatch.setattr(getting, "cancel", lambda: cancelled.append(True))
    monkeypatch.setattr(catalogue, "entries", entries)
    own = Place(entries()[SMALL.id], place.root)
    at(place=own, step="fetching", here=1_200_000_000, total=2_000_000_000, seconds_left=200.0)
    page = open_app("connect")
    (bar,) = page.get("progress")
    assert (bar.proto.value, bar.proto.text) == (60, "1.2 GB of 2.0 GB, 3 min left")
    assert all(found.disabled for found in page.button if found.label == text.CATALOGUE_GET)
    button(page, text.PART_CANCEL).click().run()
    assert cancelled == [True]
    at(place=own, step="testing")
    assert text.CATALOGUE_STEPS["testing"] in shown(open_app("connect"))


def test_what_came_of_it_stays_and_goes_on(place: Place, at: Callable[..., None]) -> None:
    put(place, [SMALL.files[0].name], PART)
    at(over=True, cancelled=True)
    page = open_app("connect")
    assert "0 MB of 0 MB are here." in shown(page)
    assert {text.CATALOGUE_CONTINUE, text.CATALOGUE_REMOVE} <= {*labels(page)}
    put(place, [file.name for file in SMALL.files], whole=True)
    at(over=True, error="It is here, but failed its test.")
    page = open_app("connect")
    assert "failed its test" in shown(page)
    assert text.CATALOGUE_UNTRIED in shown(page)
    assert text.CATALOGUE_TRY in labels(page)
    place.note_trial("A dog.", 1.0, right=False)
    page.run()
    assert text.CATALOGUE_WRONG in shown(page)
    assert text.CATALOGUE_USE in labels(page)


def test_a_token_is_asked_for_only_where_the_hub_does_and_is_never_stored(
    place: Place, at: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(place: Place, ready: object, token: str) -> None:
        given.append(token)
        raise BadInput("The disk is too small.")

    given: list[str] = []
    monkeypatch.setattr(getting, "start", start)
    at(over=True, error="The hub gives it only to those who have agreed.")
    page = open_app("connect")
    assert not [found for found in page.text_input if found.label == text.CATALOGUE_KEY]
    at(over=True, error="The hub gives it only to those who have agreed.", refused=True)
    page = open_app("connect")
    (field,) = [found for found in page.text_input if found.label == text.CATALOGUE_KEY]
    field.set_value("hf_0123456789").run()
    button(page, text.CATALOGUE_GET).click().run()
    assert given == ["hf_0123456789"]
    assert "The disk is too small." in shown(page), "what stands in the way is said before anything is fetched"
    state.workspace().store.runs.recent()
    kept = [path.read_bytes() for path in (tmp_path / "workspace").rglob("*") if path.is_file()]
    assert kept
    assert not any(b"hf_0123456789" in content for content in kept)
