"""The map in a real browser: what is drawn around is shown below and moved, the picture is saved, keys move the map."""

from __future__ import annotations

import re
from pathlib import Path

import chromium as kit
from finished_runs import Finished
from playwright.sync_api import Page, expect

from ui import text

browser, page = kit.browser, kit.page
pytestmark = kit.marks


def test_drawn_around_shown_and_moved(finished: Finished, page: Page) -> None:
    total = len(list(finished.images.iterdir()))
    page.goto(f"{finished.server.url}/map?run={finished.runs['species']}&method=pca")
    canvas = page.locator(".field canvas")
    expect(canvas).to_have_attribute("data-milliseconds", re.compile(r"[\d.]+"), timeout=kit.SLOW)
    kit.settled(page)
    expect(canvas).to_have_attribute("aria-label", re.compile(f"A map of {total} images"))
    kit.picture(page, "map")
    # A box around everything, then a lasso around a part of it.
    page.get_by_role("button", name=text.MAP_TOOLS["box"], exact=True).click()
    draw(page, [(0.01, 0.01), (0.99, 0.99)])
    expect(page.locator(".bar .count")).to_have_text(text.map_count(total))
    page.get_by_role("button", name=text.MAP_TOOLS["lasso"], exact=True).click()
    draw(page, [(0.01, 0.01), (0.5, 0.01), (0.5, 0.99), (0.01, 0.99), (0.01, 0.1)])
    expect(page.locator(".bar .count")).not_to_have_text(text.map_count(total))
    kit.settled(page)
    # What is shown below is moved as on Browse, and comes back.
    page.locator("input.tick").first.check()
    page.locator(".bar .new").click()
    page.locator(".bar .naming input").fill("mine")
    page.locator(".bar .naming button").click()
    expect(page.locator(".bar .said")).to_contain_text("Moved 1 image to")
    expect(page.locator(".legend")).to_contain_text("mine (1)")
    page.locator(".bar .back").click()
    expect(page.locator(".legend")).not_to_contain_text("mine")
    kit.settled(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name=text.MAP_TOOLS["png"], exact=True).click()
    assert saved.value.suggested_filename == "map-pca-seen.png"
    assert Path(saved.value.path()).read_bytes()[:4] == b"\x89PNG"
    canvas.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_text(text.MAP_CHOOSE_HINT)).to_be_visible()


def draw(page: Page, path: list[tuple[float, float]]) -> None:
    """Draw with the mouse along places of the map, each as shares of its width and height."""
    box = page.locator(".field canvas").bounding_box()
    assert box
    for place, (x, y) in enumerate(path):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=3)
        if not place:
            page.mouse.down()
    page.mouse.up()
