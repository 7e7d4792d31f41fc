"""The walks of docs/guide.md as the guide tells them, and its pictures (SCREENSHOTS=docs/images makes them anew)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import chromium as kit
import pytest
from playwright.sync_api import Page, expect

from ui import text

browser, page = kit.browser, kit.page
pytestmark = kit.marks
_EACH = 9
"""One photo in so many: a walk shows how it goes, not how good it gets."""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[kit.Server]:
    """The app on a computer with a shop's photos, which are the only ones that it may read."""
    photos = tmp_path / "Photos" / "new in spring"
    photos.mkdir(parents=True)
    for photo in sorted((kit.DATASETS / "clothing" / "images").iterdir())[::_EACH]:
        shutil.copy(photo, photos)
    monkeypatch.setenv("FACETRY_IMAGE_ROOTS", str(tmp_path / "Photos"))
    with kit.running(tmp_path / "workspace") as server:
        yield server


def test_a_shops_photos(shop: kit.Server, page: Page) -> None:
    # 1. The folder, without typing where it is.
    page.goto(shop.url)
    page.get_by_role("button", name=text.CHOOSE).nth(1).click()
    kit.go(page, text.FOLDERS_OPEN)
    dialog = page.get_by_role("dialog", name=text.FOLDERS_TITLE)
    dialog.get_by_role("button", name="Photos").click()
    dialog.get_by_role("button", name="new in spring").click()
    expect(dialog.get_by_role("button", name=text.FOLDERS_USE)).to_be_enabled()
    kit.picture(page, "shop-folder", loaded=False)
    dialog.get_by_role("button", name=text.FOLDERS_USE).click()
    expect(page.get_by_role("button", name=text.TO_GROUP)).to_be_visible(timeout=kit.SLOW)
    expect(page).to_have_url(re.compile(r"/images\?dataset=\w+$"))
    kit.pictures_loaded(page)
    kit.picture(page, "shop-images")
    # 2. What to group by.
    kit.go(page, text.TO_GROUP)
    kit.fill(page, "garment", 8)
    kit.settled(page)
    kit.picture(page, "shop-group", loaded=False)
    kit.go(page, text.START)
    # 3. Names: the page leads there by itself; one is put right, then everything is sorted.
    kit.named(page)
    name = page.get_by_role("textbox", name=text.NAME, exact=True).first
    kit.enter(page, name, "summer tops")
    expect(page.get_by_role("button", name=text.UNDO)).to_be_enabled()
    kit.settled(page)
    kit.pictures_loaded(page)
    kit.picture(page, "shop-names")
    kit.go(page, text.ASSIGN)
    # 4. The groups.
    expect(page.get_by_role("heading", name="summer tops")).to_be_visible(timeout=kit.SLOW)
    expect(page.get_by_role("button", name=text.SEE_ALL).first).to_be_visible(timeout=kit.SLOW)
    kit.settled(page)
    kit.pictures_loaded(page)
    kit.picture(page, "shop-browse")
    # 5. Out of the house.
    kit.turn_to(page, "export")
    expect(page.get_by_role("link", name=text.EXPORT_FOLDERS_GET)).to_be_visible(timeout=kit.SLOW)
    kit.settled(page)
    kit.picture(page, "shop-export", loaded=False)
