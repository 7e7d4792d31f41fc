"""Folders to choose from: the roots alone, nothing hidden, no links; counts say where there may be more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.config import Config
from core.errors import BadInput
from core.ingest.sources import local_folders
from core.ingest.sources.local_folders import Count


@pytest.fixture
def places(tmp_path: Path) -> Path:
    for name in (
        "shop/10.jpg",
        "shop/2.JPG",
        "shop/notes.txt",
        "shop/shoes/a.png",
        "shop/.hidden/b.png",
        "other/c.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for number in (10, 2):
        (tmp_path / "shop" / f"box {number}").mkdir()
    (tmp_path / "shop" / "away").symlink_to(tmp_path / "other")
    return tmp_path


def config(places: Path, *roots: str) -> Config:
    return replace(Config(places / "workspace"), image_roots=tuple(places / root for root in roots))


def test_a_folder_shows_its_folders_with_their_images(places: Path) -> None:
    found = local_folders.listing(places / "shop", config(places, "shop"))
    assert [(folder.name, count) for folder, count in found.folders] == [
        ("box 2", Count(0, True)), ("box 10", Count(0, True)), ("shoes", Count(1, True)),
    ]  # fmt: skip
    assert (found.here, found.left_out) == (Count(3, True), 0)


def test_what_was_not_counted_to_its_end_is_said(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_folders, "_MOST_EACH", 2)
    monkeypatch.setattr(local_folders, "_MOST_FOLDERS", 1)
    found = local_folders.listing(places / "shop", config(places, "shop"))
    assert not found.here.whole
    assert len(found.folders) == 1
    assert found.left_out == 2


def test_only_the_roots_are_listed(places: Path) -> None:
    only_shop = config(places, "shop", "gone")
    assert local_folders.roots(only_shop) == [(places / "shop").resolve()]
    for place in (places, places / "other", places / "shop" / "..", places / "shop" / "away", Path("/")):
        with pytest.raises(BadInput, match="can be chosen"):
            local_folders.listing(place, only_shop)
        with pytest.raises(BadInput, match="can be chosen"):
            local_folders.trail(place, only_shop)


def test_a_folder_that_is_gone_is_one_sentence(places: Path) -> None:
    with pytest.raises(BadInput, match="could not be read"):
        local_folders.listing(places / "shop" / "gone", config(places, "shop"))


def test_the_way_leads_down_from_the_nearest_root(places: Path) -> None:
    trail = local_folders.trail(places / "shop" / "shoes", config(places, "shop", "."))
    assert [place.name for place in trail] == ["shop", "shoes"]


def test_without_roots_it_begins_at_home(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: places / "shop")
    monkeypatch.setattr(local_folders, "_drives", lambda: [places / "other", places / "unmounted"])
    assert local_folders.roots(config(places)) == [(places / name).resolve() for name in ("shop", "other")]
