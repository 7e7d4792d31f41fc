"""The app in a real browser, on real images with the built-in engine, as a newcomer uses it."""

from __future__ import annotations

import logging
import re
import signal
import time
from pathlib import Path

from chromium import (
    SLOW,
    Server,
    browser,
    choose,
    enter,
    fill,
    fits,
    flowers,
    give,
    go,
    marks,
    named,
    page,
    photograph,
    pictures_loaded,
    server,
    settled,
    turn_to,
)
from conftest import DATASETS
from playwright.sync_api import Page, expect

from ui import text

__all__ = ["browser", "page", "server"]  # fixtures

_log = logging.getLogger(__name__)
pytestmark = marks


def test_from_a_folder_to_checked_groups(shared_server: Server, page: Page, tmp_path: Path) -> None:
    server = shared_server
    images = flowers(tmp_path / "garden", 8)
    give(page, server, images)
    # Labels to compare with; a refresh keeps images and labels.
    page.get_by_text(text.TRUTH_KINDS["table"], exact=True).click()
    table = page.get_by_role("textbox", name=text.TABLE_PATH)
    enter(page, table, str(DATASETS / "flowers" / "labels.csv"))
    expect(page.get_by_text("5 different labels")).to_be_visible()  # colours: the first column
    choose(page, text.COLUMN, "species")
    expect(page.get_by_text("4 different labels")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(page.get_by_text("4 different labels")).to_be_visible()
    pictures_loaded(page)
    fits(page)
    chosen = page.url.removeprefix(server.url)
    go(page, text.TO_GROUP)
    # What the engine cannot see is said before anything starts.
    fill(page, "mood", 4)
    expect(page.get_by_text(text.SIGHT_TITLE)).to_be_visible()
    start = page.get_by_test_id("stMain").get_by_role("button", name=text.START, exact=True)
    expect(start).to_be_disabled()
    fill(page, "species", 4)
    expect(page.get_by_text(text.SIGHT_TITLE)).to_be_hidden()
    expect(start).to_be_enabled()
    fits(page)
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(page.get_by_role("textbox", name=text.CRITERION)).to_have_value("species")
    expect(page.get_by_role("spinbutton", name=text.K)).to_have_value("4")
    go(page, text.START)
    # Progress, through a refresh.
    expect(page).to_have_url(re.compile(r"\?run=\w+"))
    run_id = page.url.split("run=")[1]
    page.wait_for_load_state("networkidle")
    page.reload()
    named(page)  # the page leads on by itself
    # Names: rename and undo, then sort.
    name = page.get_by_role("textbox", name=text.NAME).first
    expect(name).not_to_have_value("")  # a field is there before its text
    proposed = name.input_value()
    expect(page.get_by_role("button", name=text.UNDO)).to_be_disabled()
    enter(page, name, "![x](http://evil.example/x.png) https://evil.example")
    expect(page.get_by_role("button", name=text.UNDO)).to_be_enabled()
    settled(page)
    page.reload()  # an edit outlives a refresh
    expect(name).to_have_value(re.compile("^!"))
    pictures_loaded(page)
    fits(page)
    go(page, text.ASSIGN)
    # Browse: hostile names are shown letter for letter (an outside request would fail this test as well).
    see_all = page.get_by_role("button", name=text.SEE_ALL)
    expect(see_all.first).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("![x](http:").first).to_be_visible()
    assert page.locator("a[href*=evil]").count() == 0
    assert page.locator("img[src*=evil]").count() == 0
    expect(page.get_by_text("Matches your labels for")).to_be_visible()
    go(page, text.UNDO)
    expect(page.get_by_role("heading", name=proposed)).to_be_visible()
    pictures_loaded(page)
    fits(page)
    # One group, one image, arrow keys, a move and its undo.
    see_all.first.click()
    expect(page).to_have_url(re.compile(f"run={run_id}&group=c1"))
    expect(page.get_by_role("combobox", name=text.ORDER)).to_be_visible()
    expect(page.locator(".wall")).to_have_count(1)  # those of the page before are gone
    pictures_loaded(page)
    page.locator("button.tile").first.click()
    expect(page).to_have_url(re.compile("&image=[0-9a-f]{64}"))
    first = page.url
    expect(page.get_by_text(text.DESCRIPTION, exact=True)).to_be_visible()
    settled(page)
    page.keyboard.press("ArrowRight")
    expect(page).not_to_have_url(first)
    expect(page.get_by_text(re.compile("^2 of "))).to_be_visible()
    expect(page.get_by_test_id("stMain").get_by_role("button", name=text.LARGE_PICTURE["previous"])).to_be_enabled()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(first)
    go(page, text.MOVE)
    expect(page.get_by_text(text.BY_PERSON).first).to_be_visible()
    go(page, text.UNDO)
    expect(page.get_by_text(text.BY_PERSON)).to_have_count(0)
    # A closed tab loses nothing, and the menu keeps the run.
    again = page.context.new_page()
    again.goto(first)
    expect(again.get_by_text(text.DESCRIPTION, exact=True)).to_be_visible(timeout=SLOW)
    again.close()
    for name in ("start", "images", "group", "browse"):
        turn_to(page, name)
        there = "" if name == "start" else name
        expect(page).to_have_url(re.compile(rf"/{there}\?run={run_id}$"))
    places = {
        "start": "/", "images": chosen, "group-form": chosen.replace("/images", "/group"),
        "run": f"/group?run={run_id}", "names": f"/names?run={run_id}", "browse": f"/browse?run={run_id}",
        "group": f"/browse?run={run_id}&group=c1", "image": first.removeprefix(server.url),
    }  # fmt: skip
    photograph(page, server, places)


def test_killed_in_the_middle_and_continued(server: Server, page: Page, tmp_path: Path) -> None:
    images = flowers(tmp_path / "garden", 60)
    total = len(list(images.iterdir()))
    give(page, server, images)
    go(page, text.TO_GROUP)
    fill(page, "colour", 4)
    go(page, text.START)
    began = time.monotonic()
    expect(page.locator(".tile").first).to_be_visible(timeout=SLOW)
    _log.info("first described image after %.1f s", time.monotonic() - began)
    run_id = page.url.split("run=")[1]
    # While it works, every page opens from the menu and keeps the run.
    for name in ("names", "browse", "start", "images", "group"):
        turn_to(page, name)
        expect(page.locator("[data-testid=stMain] h1").filter(visible=True).first).to_be_visible()
        expect(page).to_have_url(re.compile(f"run={run_id}"))
    expect(page.get_by_test_id("stMain").get_by_role("button", name=text.STOP)).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.goto("about:blank")  # a page that asks in vain would report errors
    server.stop(signal.SIGKILL)
    server.start()
    page.goto(f"{server.url}/group?run={run_id}")
    expect(page.get_by_text(text.INTERRUPTED)).to_be_visible()
    sentence = page.get_by_text("still to be described").inner_text()
    left = int(re.search(r"(\d+) images? (?:is|are) still", sentence)[1])  # type: ignore[index]
    assert 0 < left < total
    go(page, text.CONTINUE)
    named(page)
    turn_to(page, "group")
    expect(page.get_by_text(f"{total} images").first).to_be_visible()


def test_a_second_process_says_that_the_workspace_is_open_elsewhere(server: Server, page: Page, tmp_path: Path) -> None:
    other = Server(tmp_path / "workspace")
    try:
        page.goto(other.url)
        expect(page.get_by_text(text.BUSY_TITLE)).to_be_visible()
        page.goto("about:blank")  # a page whose server ends while it still loads would report errors
        server.stop()
        page.goto(other.url)  # as soon as the first has gone, the second takes over
        expect(page.get_by_text(text.START_TITLE)).to_be_visible()
    finally:
        page.goto("about:blank")
        other.stop()
