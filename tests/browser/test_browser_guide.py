"""The walks of docs/guide.md as the guide tells them, and its pictures (SCREENSHOTS=docs/images makes them anew)."""

from __future__ import annotations

import csv
import logging
import re
import shutil
import time
from pathlib import Path

import accessibility
import chromium as kit
from playwright.sync_api import Page, expect

from core.pipeline.label_check import CORRECTED
from ui import text
from ui.start import demo

_log = logging.getLogger(__name__)
browser, page = kit.browser, kit.page
pytestmark = kit.marks
_EACH = 9
"""One photo in so many: a walk shows how it goes, not how good it gets."""
_WRONG = 24
"""One label in so many is wrong in the table that is checked."""


def test_a_shops_photos(shared_server: kit.Server, page: Page) -> None:
    photos = shared_server.home / "Photos" / "new in spring"
    photos.mkdir(parents=True)
    for photo in sorted((kit.DATASETS / "clothing" / "images").iterdir())[::_EACH]:
        shutil.copy(photo, photos)
    # 1. The folder, without typing where it is.
    page.goto(shared_server.url)
    expect(page.get_by_text(text.START_TITLE)).to_be_visible()
    kit.picture(page, "start")
    page.get_by_role("button", name=text.CHOOSE).nth(1).click()
    kit.go(page, text.FOLDERS_OPEN)
    dialog = page.get_by_role("dialog", name=text.FOLDERS_TITLE)
    for folder in (text.FOLDERS_HOME, "Photos", "new in spring"):
        dialog.get_by_role("button", name=folder).last.click()
    expect(dialog.get_by_role("button", name=text.FOLDERS_USE)).to_be_enabled()
    expect(page).to_have_url(re.compile(r"/images\?way=path$"))  # as it is found again after a refresh
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
    # 5. How good they are.
    kit.turn_to(page, "check")
    _check(page)
    # 6. Out of the house.
    kit.turn_to(page, "export")
    expect(page.get_by_role("link", name=text.EXPORT_FOLDERS_GET)).to_be_visible(timeout=kit.SLOW)
    kit.settled(page)
    kit.picture(page, "shop-export", loaded=False)


def _check(page: Page) -> None:
    """Answer by keys, skip one, read how good the groups are, go away and come back, and see what would follow."""
    large = page.get_by_test_id("stMain").locator("img[src*='/images/view/']")
    for checked, key in enumerate(("1", "1", "ArrowRight", "0", "2", "1")):
        number = checked + 1 if key != "ArrowRight" and checked < 2 else checked
        asked = large.get_attribute("src", timeout=kit.SLOW)
        kit.settled(page)
        page.keyboard.press(key)
        expect(page.get_by_text(re.compile(rf"^{number} checked, about \d+ % of the rest"))).to_be_visible()
        expect(large).not_to_have_attribute("src", asked or "")
    expect(page.get_by_text(re.compile(r"^Of 2 drawn at random [0-2] (was|were) right: \d+ %"))).to_be_visible()
    kit.picture(page, "shop-check")
    asked = large.get_attribute("src") or ""
    kit.turn_to(page, "browse")  # one can stop at any time
    expect(page.get_by_role("button", name=text.SEE_ALL).first).to_be_visible()
    kit.turn_to(page, "check")
    expect(page.get_by_text(re.compile("^5 checked"))).to_be_visible()
    expect(large).to_have_attribute("src", asked)
    kit.settled(page)
    kit.go(page, text.CHECK_APPLY)
    expect(page.get_by_role("button", name=text.CHECK_BACK)).to_be_visible(timeout=kit.SLOW)
    assert not accessibility.grave(page)
    page.emulate_media(color_scheme="light")
    kit.go(page, text.CHECK_BACK)
    expect(large).to_have_attribute("src", asked)


def test_a_demo_for_a_client(shared_server: kit.Server, page: Page, tmp_path: Path) -> None:
    # 1. In one click, from the first page.
    page.goto(shared_server.url)
    began = time.monotonic()
    kit.go(page, text.SHOW_DEMO)
    expect(page).to_have_url(re.compile(r"/group\?run=\w+"))
    expect(page.get_by_role("button", name=text.SEE_ALL).first).to_be_visible(timeout=kit.SLOW)
    _log.info("demo to groups in %.1f s", time.monotonic() - began)
    expect(page).to_have_url(re.compile(r"/browse\?run=\w+"))
    expect(page.get_by_role("heading", name="teapot")).to_be_visible()
    kit.pictures_loaded(page)
    kit.fits(page)
    expect(page.get_by_text(text.tour_step(1))).to_be_visible()
    assert not accessibility.grave(page)
    page.emulate_media(color_scheme="light")
    kit.picture(page, "demo-tour")
    # 2. Why a picture is where it is.
    page.get_by_role("button", name=text.SEE_ALL).first.click()
    page.locator("button.tile").first.click()
    expect(page.get_by_text(text.DESCRIPTION, exact=True)).to_be_visible()
    kit.settled(page)
    kit.picture(page, "demo-picture")
    page.go_back()
    page.get_by_role("button", name=text.ALL_GROUPS).click()
    # 3. By colour too, a moment later, and both crossed.
    cross = page.get_by_role("button", name=text.cross_with(text.DEMO_SECOND_CRITERION))
    expect(cross).to_be_visible(timeout=kit.SLOW)
    kit.settled(page)
    cross.click()
    expect(page.get_by_text(text.crossed(text.DEMO_SECOND_CRITERION, text.DEMO_CRITERION))).to_be_visible(
        timeout=kit.SLOW
    )
    fields = page.locator("[data-testid=stVegaLiteChart] .mark-rect path")
    expect(fields).to_have_count(36)
    kit.fits(page)
    fields.first.click()
    expect(page.locator("button.tile").first).to_be_visible()
    kit.settled(page)
    kit.picture(page, "demo-crossed")
    # 4. The names are the person's; the tour leads there, and ends.
    kit.turn_to(page, "browse")
    kit.settled(page)
    page.get_by_role("button", name=text.TOUR_NEXT).click()
    expect(page.get_by_role("textbox", name=text.NAME).first).to_have_value(
        re.compile("mailbox|teapot|mug|cup|bear|sofa|bank")
    )
    kit.settled(page)
    page.get_by_role("button", name=text.TOUR_END).click()
    expect(page.get_by_text(text.tour_step(2))).to_have_count(0)
    kit.picture(page, "names")
    kit.turn_to(page, "browse")
    kit.settled(page)
    kit.picture(page, "browse")
    # 5. A page to send: it is whole by itself.
    kit.turn_to(page, "export")
    with page.expect_download() as loading:
        page.get_by_role("link", name=text.EXPORT_REPORT_GET).click()
    loading.value.save_as(tmp_path / "demo.html")
    sent, asked = page.context.new_page(), []
    sent.on("request", lambda request: asked.append(request.url))
    sent.goto((tmp_path / "demo.html").as_uri())
    expect(sent.get_by_role("heading", name="teapot")).to_be_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    kit.picture(sent, "demo-report")
    sent.close()
    # 6. A criterion that the engine cannot see, on the recorded descriptions.
    kit.turn_to(page, "group")
    page.get_by_role("button", name=text.NEW_RUN).click()
    kit.fill(page, "mood", 4)
    kit.settled(page)
    page.mouse.move(600, 300)
    page.mouse.wheel(0, -900)  # to the title
    kit.picture(page, "demo-mood", loaded=False)
    kit.go(page, text.SIGHT_RECORDED)
    kit.named(page)
    kit.turn_to(page, "group")
    expect(page.get_by_text(text.RECORDED_NOTE)).to_be_visible()


def test_checking_given_labels(shared_server: kit.Server, page: Page, tmp_path: Path) -> None:
    with demo.TRUTH.open(encoding="utf-8", newline="") as file:
        right = {row["image"]: row["kind"] for row in csv.DictReader(file)}
    kinds = sorted(set(right.values()))
    given = {
        image: kinds[(kinds.index(kind) + 1) % len(kinds)] if place % _WRONG == 5 else kind
        for place, (image, kind) in enumerate(right.items())
    }
    table = tmp_path / "labels.csv"
    table.write_text("\n".join(["image,thing", *map(",".join, given.items())]), encoding="utf-8")
    # 1. The images with their labels.
    kit.give(page, shared_server, demo.IMAGES)
    page.get_by_text(text.TRUTH_KINDS["table"], exact=True).click()
    page.get_by_test_id("stMain").locator("input[type=file]").set_input_files(table)
    fit = page.get_by_text(f"{len(given)} of {len(given)} images have a label")
    expect(fit).to_be_visible()
    fit.scroll_into_view_if_needed()
    kit.settled(page)
    kit.picture(page, "labels-given")
    # 2. Groups, made without a look at the labels.
    kit.go(page, text.TO_GROUP)
    kit.fill(page, "kind of thing", len(kinds))
    kit.go(page, text.START)
    kit.named(page)
    kit.go(page, text.ASSIGN)
    expect(page.get_by_role("button", name=text.SEE_ALL).first).to_be_visible(timeout=kit.SLOW)
    kit.settled(page)
    kit.turn_to(page, "evaluate")
    expect(page.get_by_test_id("stMetric").nth(3)).to_be_visible(timeout=kit.SLOW)
    kit.settled(page)
    kit.picture(page, "labels-scores", loaded=False)
    # 3. Those that look wrong, by keys.
    kit.turn_to(page, "labels")
    said = page.get_by_text(re.compile(r"^\d+ labels? of \d+ images look"))
    expect(said).to_be_visible(timeout=kit.SLOW)
    kit.settled(page)
    kit.picture(page, "labels-question")
    left = int(said.inner_text().split()[0])
    label, checked = dict(given), set()
    for number in range(left):
        kit.settled(page)
        image = page.get_by_text(re.compile(r"^demo-\d+\.jpg$")).inner_text()
        page.keyboard.press("1" if given[image] == right[image] else "2")
        label[image] = right[image]
        checked.add(image)
        expect(page.get_by_text(re.compile(f"; {number + 1} checked"))).to_be_visible()
    expect(page.get_by_text(text.DOUBTS_NONE)).to_be_visible()
    before, after = (len(those.items() - right.items()) for those in (given, label))
    _log.info("%d of %d labels asked about: of %d wrong ones %d are left", left, len(given), before, after)
    assert after < before / 2
    # 4. The table that counts now.
    with page.expect_download() as loading:
        page.get_by_role("button", name=text.DOUBTS_CSV).click()
    loading.value.save_as(tmp_path / "corrected.csv")
    with (tmp_path / "corrected.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == CORRECTED
    assert {row["image"]: row["given"] for row in rows} == given
    assert {row["image"]: row["label"] for row in rows} == label
    assert {row["image"] for row in rows if row["decided_by"] == "person"} == checked
