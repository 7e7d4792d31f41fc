"""Browse in a real browser: selecting by mouse, range and keys, moving and taking back, filters, Back, and the head."""

from __future__ import annotations

import re
from pathlib import Path

import chromium as kit
import pytest
from finished_runs import Finished
from playwright.sync_api import Page, expect

from ui import text

browser, page = kit.browser, kit.page
pytestmark = kit.marks
HEAD = 190
"""Pixels that may stand above the first picture at 1280 x 720."""


@pytest.fixture
def done(finished: Finished) -> tuple[kit.Server, str]:
    return finished.server, finished.runs["species"]


def open_browse(page: Page, done: tuple[kit.Server, str], query: str) -> None:
    server, run_id = done
    page.goto(f"{server.url}/browse?run={run_id}{query}")
    expect(page.locator("button.tile").nth(4)).to_be_visible(timeout=kit.SLOW)
    kit.settled(page)


def count(page: Page) -> str:
    return page.locator(".bar .count").inner_text()


def total(page: Page) -> int:
    found = re.match(r"[\d,]+", count(page))
    assert found
    return int(found[0].replace(",", ""))


def top_of_pictures(page: Page) -> float:
    box = page.locator(".tile img").first.bounding_box()
    assert box
    return box["y"]


def test_select_by_mouse(done: tuple[kit.Server, str], page: Page) -> None:
    open_browse(page, done, "&group=c1")
    tiles, ticks, counted = page.locator("button.tile"), page.locator("input.tick"), page.locator(".bar .count")
    ticks.nth(1).check()
    expect(counted).to_have_text("1 selected")
    tiles.nth(4).click(modifiers=["Shift"])
    expect(counted).to_have_text("4 selected")
    tiles.nth(2).click()  # while some are selected, a click selects too
    expect(counted).to_have_text("3 selected")
    tiles.nth(0).click(modifiers=["Control"])
    expect(counted).to_have_text("4 selected")
    expect(page).to_have_url(re.compile("group=c1$"))
    kit.pictures_loaded(page)
    kit.picture(page, "select")
    # The bar stays in sight.
    page.mouse.wheel(0, 400)
    expect(page.locator(".bar .clear")).to_be_in_viewport()
    page.locator(".bar .clear").click()
    expect(counted).not_to_contain_text("selected")
    # All here are those of all pages; one can be taken out.
    number = total(page)
    page.locator(".bar .all").click()
    expect(counted).to_have_text(f"{number} selected")
    ticks.nth(0).uncheck()
    expect(counted).to_have_text(f"{number - 1} selected")
    page.keyboard.press("Escape")
    expect(counted).not_to_contain_text("selected")
    tiles.nth(0).click()
    expect(page).to_have_url(re.compile("image="))


def test_by_keys_and_back_again(done: tuple[kit.Server, str], page: Page) -> None:
    open_browse(page, done, "&group=c1")
    tiles, counted, said = page.locator("button.tile"), page.locator(".bar .count"), page.locator(".bar .said")
    number = total(page)
    tiles.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tiles.nth(1)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(counted).to_have_text("3 selected")
    page.keyboard.press("2")
    expect(said).to_contain_text("Moved 3 images to")
    expect(tiles.nth(1)).to_be_focused()  # the next ones have come up, and the hand stays where it was
    assert total(page) == number - 3
    page.get_by_role("button", name=text.UNDO).click()
    expect(counted).to_have_text(f"{number} images")
    page.get_by_role("button", name=text.REDO).click()
    expect(counted).to_have_text(f"{number - 3} images")
    page.get_by_role("button", name=text.UNDO).click()
    expect(counted).to_have_text(f"{number} images")
    # All of them, to Not sure and back, from a wall that is then empty.
    tiles.first.focus()
    page.keyboard.press("Control+a")
    expect(counted).to_have_text(f"{number} selected")
    page.locator(".bar .unsure").click()
    expect(said).to_contain_text(f"Moved {number} images to {text.UNASSIGNED}")
    expect(tiles).to_have_count(0)
    page.get_by_role("button", name=text.UNDO).click()
    expect(counted).to_have_text(f"{number} images")


def test_a_new_group_and_a_refusal(done: tuple[kit.Server, str], page: Page) -> None:
    open_browse(page, done, "&group=c1")
    counted, said = page.locator(".bar .count"), page.locator(".bar .said")
    number = total(page)
    taken = page.locator(".bar .target").first
    page.locator("input.tick").first.check()
    name = (taken.inner_text()).split("\n")[-1].lstrip("0123456789 ")
    page.locator(".bar .new").click()
    page.get_by_role("textbox", name=text.SELECTING["name"]).fill(name)
    page.keyboard.press("Enter")
    expect(said).to_contain_text("There is already a group called")
    expect(counted).to_have_text("1 selected")  # nothing is lost
    page.locator(".bar .new").click()
    page.get_by_role("textbox", name=text.SELECTING["name"]).fill("a group of its own")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("to a group of its own")
    assert total(page) == number - 1
    page.get_by_role("button", name=text.UNDO).click()
    expect(counted).to_have_text(f"{number} images")


def test_filters_and_the_way_back(done: tuple[kit.Server, str], page: Page) -> None:
    server, run_id = done
    open_browse(page, done, "&group=all")
    number = total(page)
    page.get_by_role("button", name=text.FILTER).click()
    page.get_by_text(text.RIGHTS["yes"], exact=True).click()
    expect(page).to_have_url(re.compile("right=yes"))
    expect(page.get_by_role("button", name=f"{text.FILTER} (1)")).to_be_visible()
    kit.fits(page)
    page.keyboard.press("Escape")
    field = page.get_by_role("textbox", name=text.FIND)
    kit.enter(page, field, "nothing like this")
    expect(page.get_by_text(text.NOTHING_FOUND)).to_be_visible()
    kit.fits(page)
    page.get_by_role("button", name=text.CLEAR_FILTERS).first.click()
    expect(page.locator(".bar .count")).to_have_text(f"{number} images")
    # Through several images by arrow keys, and out of the large view in one step.
    tiles = page.locator("button.tile")
    kit.settled(page)
    here = page.url
    fifth = page.locator(".cell").nth(4).get_attribute("data-id")
    tiles.nth(1).click()
    expect(page.get_by_text(f"2 of {number}", exact=True)).to_be_visible()
    kit.settled(page)
    for place in (3, 4, 5):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text(f"{place} of {number}", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(f"image={fifth}"))  # the server, which is behind the picture, knows it too
    kit.settled(page)
    opened = page.url
    page.reload()
    expect(page.get_by_text(f"5 of {number}", exact=True)).to_be_visible(timeout=kit.SLOW)
    assert page.url == opened
    kit.settled(page)
    page.go_back()
    expect(tiles.nth(4)).to_be_visible()
    assert page.url == here
    # The image that others are like comes first.
    tiles.nth(2).click()
    page.get_by_role("button", name=text.FIND_SIMILAR).click()
    expect(page).to_have_url(re.compile("like=[0-9a-f]{64}"))
    expect(tiles.nth(4)).to_be_visible(timeout=kit.SLOW)
    own = re.search("like=([0-9a-f]{64})", page.url)
    assert own
    expect(page.locator(".cell").first).to_have_attribute("data-id", own[1])
    kit.photograph(page, server, {"between": f"/browse?run={run_id}&between=c1,c2"})


def test_pictures_begin_near_the_top(done: tuple[kit.Server, str], page: Page) -> None:
    for query in ("", "&group=c1", "&group=all"):
        open_browse(page, done, query)
        assert top_of_pictures(page) <= HEAD, query
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("input.tick").first.check()
    kit.fits(page)


def test_the_server_keeps_no_image_that_was_moved(done: tuple[kit.Server, str], page: Page, tmp_path: Path) -> None:
    """The tests before have taken everything back: all images are where they were."""
    server, run_id = done
    page.goto(f"{server.url}/browse?run={run_id}&group=all&by=person")
    expect(page.get_by_text(text.NOTHING_FOUND)).to_be_visible(timeout=kit.SLOW)
