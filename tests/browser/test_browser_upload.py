"""Giving images to the browser, by every way there is, and going on after the connection or the tab was lost."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from pathlib import Path

import pytest
from chromium import (
    SLOW,
    Server,
    browser,
    fits,
    flowers,
    marks,
    page,
    photograph,
    pictures_loaded,
    settled,
)
from PIL import Image
from playwright.sync_api import Page, Route, expect

from ui import text

__all__ = ["browser", "page"]  # fixtures

pytestmark = marks
WORDS = text.UPLOADER


def drop(page: Page, *paths: Path) -> None:
    """Drag files and folders from the desktop onto the page, as far as a browser can tell."""
    box = page.locator(".uploader").bounding_box()
    assert box
    line = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 20}
        line.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})


@pytest.mark.parametrize("way", ["zip", "files", "folder", "dragged"])
def test_images_given_to_the_browser(way: str, shared_server: Server, page: Page, tmp_path: Path) -> None:
    garden = flowers(tmp_path / "garden", 6)
    total = len(list(garden.iterdir()))
    (garden / "notes.txt").write_text("not an image", encoding="utf-8")
    page.goto(shared_server.url)
    page.get_by_role("button", name=text.CHOOSE).first.click()
    expect(page.get_by_text(WORDS["drop"])).to_be_visible()
    settled(page)
    fits(page)
    if way == "dragged":
        more = garden / "more" / "inside"  # a browser hands a folder's files out a hundred at a time
        more.mkdir(parents=True)
        for number in range(120):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(more / f"{number}.png")
        total += 120
        drop(page, garden)
    elif way == "folder":
        with page.expect_file_chooser() as asked:
            page.get_by_role("button", name=WORDS["folder"]).press("Enter")
        asked.value.set_files(garden)
    else:
        packed = shutil.make_archive(str(tmp_path / "packed"), "zip", garden)
        with page.expect_file_chooser() as asked:
            page.get_by_role("button", name=WORDS["files"]).click()
        asked.value.set_files(packed if way == "zip" else sorted(garden.iterdir()))
    expect(page.get_by_role("button", name=text.TO_GROUP)).to_be_visible(timeout=SLOW)
    expect(page.get_by_test_id("stMetricValue")).to_have_text([str(total), "0", "1"])
    name = {"zip": "packed.zip", "files": text.UPLOADED}.get(way, "garden")
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    pictures_loaded(page)
    fits(page)


def test_files_whose_names_do_not_say_what_they_are(shared_server: Server, page: Page, tmp_path: Path) -> None:
    """The browser looks into them: images of any name are sent, and what is none is not."""
    odd = tmp_path / "saved"
    odd.mkdir()
    for number, name in enumerate(("a.jpg_large", "b.jpeg.download", "no ending", "d.txt", "e.jpg?width=800")):
        Image.new("RGB", (80, 60), (50 * number, 0, 0)).save(odd / name, "JPEG")
    frames = [Image.new("RGB", (80, 60), colour) for colour in ("white", "red", "blue")]
    frames[1].putpixel((0, 0), (255, 255, 255))
    frames[0].save(odd / "blank at first", "GIF", save_all=True, append_images=frames[1:])
    (odd / "notes.txt").write_text("not an image", encoding="utf-8")
    (odd / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    page.goto(f"{shared_server.url}/images")
    page.locator(".pick-files").set_input_files(sorted(odd.iterdir()))
    expect(page.get_by_test_id("stMetricValue")).to_have_text(["6", "0", "2"], timeout=SLOW)
    noted = page.get_by_text(re.compile(f"{text.NOTED}: 1"))
    noted.click()
    expect(page.get_by_text(text.NOTED_NOTE)).to_be_visible()
    pictures_loaded(page)
    fits(page)


@pytest.mark.parametrize("way", ["files", "dragged"])
def test_files_alike_but_for_what_they_show_are_all_taken(
    way: str, shared_server: Server, page: Page, tmp_path: Path
) -> None:
    """As from two folders of one name: the same names, sizes and times."""
    folders = [tmp_path / place / "garden" for place in ("here", "there")]
    for shade, folder in enumerate(folders):
        folder.mkdir(parents=True)
        for number in range(3):
            image = folder / f"{number}.bmp"
            Image.new("RGB", (8, 8), (100 * shade, 50 * number, 0)).save(image)
            os.utime(image, (1_700_000_000, 1_700_000_000))
    page.goto(f"{shared_server.url}/images")
    if way == "dragged":
        expect(page.locator(".uploader")).to_be_visible()
        drop(page, *folders)
    else:
        page.locator(".pick-files").set_input_files([image for folder in folders for image in sorted(folder.iterdir())])
    expect(page.get_by_test_id("stMetricValue")).to_have_text(["6", "0", "0"], timeout=SLOW)


def test_a_lost_connection_and_a_closed_tab_cost_only_what_was_missing(
    shared_server: Server, page: Page, tmp_path: Path
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    for number in range(150):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"{number}.png")
    sent = itertools.count(1)
    cut_after = 40

    def send(route: Route) -> None:
        if next(sent) <= cut_after:
            route.continue_()
        else:
            route.abort("connectionreset")

    tab = page.context.new_page()
    tab.goto(f"{shared_server.url}/images")
    tab.route("**/upload/*/*", send)
    tab.locator(".pick-folder").set_input_files(folder)
    expect(tab.locator(".waiting")).to_have_text(WORDS["waiting"])
    expect(tab.locator(".line")).to_have_text("40 of 150")
    fits(tab)
    cut_after = next(sent) + 40  # the connection is back, for a while
    expect(tab.locator(".line")).to_have_text("80 of 150")
    tab.close()
    # Another tab: it says what is here, and asks for the rest only.
    put: list[str] = []
    page.on("request", lambda request: put.append(request.url) if request.method == "PUT" else None)
    page.goto(f"{shared_server.url}/images")
    line = page.get_by_text(re.compile(r"^shop: \d+ of 150 files are here"))
    expect(line).to_be_visible()
    here = int(re.findall(r"\d+", line.inner_text())[0])
    assert 80 <= here < 100
    fits(page)
    photograph(page, shared_server, {"uploader": "/images"})
    page.locator(".pick-folder").set_input_files(folder)
    expect(page.get_by_role("button", name=text.TO_GROUP)).to_be_visible(timeout=SLOW)
    expect(page.get_by_test_id("stMetricValue")).to_have_text(["150", "0", "0"])
    assert len(put) == 150 - here


def test_the_same_folder_in_two_tabs_and_neither_loses_anything(
    shared_server: Server, page: Page, tmp_path: Path
) -> None:
    folder = tmp_path / "attic"
    folder.mkdir()
    for number in range(60):
        Image.new("RGB", (8, 8), (0, number, 0)).save(folder / f"{number}.png")
    sent = itertools.count(1)
    first = page.context.new_page()
    wrong: list[str] = []
    first.on(
        "response",
        lambda answer: wrong.append(answer.url) if answer.status >= 400 and "/upload" in answer.url else None,
    )
    first.goto(f"{shared_server.url}/images")
    first.route(
        "**/upload/*/*", lambda route: route.continue_() if next(sent) <= 20 else route.abort("connectionreset")
    )
    first.locator(".pick-folder").set_input_files(folder)
    expect(first.locator(".line")).to_have_text("20 of 60")
    # The second tab gives more of the same while the first is at it.
    for number in range(60, 70):
        Image.new("RGB", (8, 8), (0, number, 0)).save(folder / f"{number}.png")
    put: list[str] = []
    page.on("request", lambda request: put.append(request.url) if request.method == "PUT" else None)
    page.bring_to_front()
    page.goto(f"{shared_server.url}/images")
    line = page.get_by_text(re.compile(r"^attic: 20 of 60 files are here\. Another tab"))
    expect(line).to_be_visible()
    expect(line.locator("..").get_by_role("button")).to_have_count(0)
    fits(page)
    page.locator(".pick-folder").set_input_files(folder)
    expect(page.get_by_test_id("stMetricValue")).to_have_text(["70", "0", "0"], timeout=SLOW)
    assert len(put) == 70 - 20  # what the first had sent is there
    first.bring_to_front()
    first.unroute_all()
    expect(first.get_by_test_id("stMetricValue")).to_have_text(["60", "0", "0"], timeout=SLOW)
    assert wrong == []
    first.close()


def test_cancelled_and_nothing_is_kept(shared_server: Server, page: Page, tmp_path: Path) -> None:
    uploads = shared_server.workspace / "uploads"
    uploads.mkdir(exist_ok=True)
    before = set(uploads.iterdir())
    page.goto(f"{shared_server.url}/images")
    page.route("**/upload/*/*", lambda route: route.abort("connectionreset"))
    page.locator(".pick-folder").set_input_files(flowers(tmp_path / "garden", 4))
    expect(page.locator(".waiting")).to_have_text(WORDS["waiting"])
    assert set(uploads.iterdir()) > before
    page.get_by_role("button", name=WORDS["cancel"]).click()
    expect(page.locator(".problem")).to_have_text(WORDS["cancelled"])
    expect(page.get_by_role("button", name=WORDS["files"])).to_be_visible()
    for _ in range(100):
        if set(uploads.iterdir()) == before:
            break
        page.wait_for_timeout(50)  # the server may still be at removing it
    assert set(uploads.iterdir()) == before


def test_a_file_that_went_away_is_said_and_the_rest_can_be_used(
    shared_server: Server, page: Page, tmp_path: Path
) -> None:
    garden = flowers(tmp_path / "garden", 1)
    total = len(list(garden.iterdir()))
    tab = page.context.new_page()  # the browser reports the missing file in the console
    tab.goto(f"{shared_server.url}/images")
    tab.route("**/upload/*/*", lambda route: route.abort("connectionreset"))
    tab.locator(".pick-folder").set_input_files(garden)
    expect(tab.locator(".waiting")).to_have_text(WORDS["waiting"])
    gone = min(garden.iterdir())
    gone.unlink()
    tab.unroute_all()
    expect(tab.locator(".problem")).to_have_text(
        WORDS["unreadable"].format(count=1, name=f"garden/{gone.name}"), timeout=SLOW
    )
    expect(tab.locator(".line")).to_have_text(f"{total - 1} of {total}")
    fits(tab)
    tab.get_by_role("button", name=WORDS["use"]).click()
    expect(tab.get_by_role("button", name=text.TO_GROUP)).to_be_visible(timeout=SLOW)
    expect(tab.get_by_test_id("stMetricValue")).to_have_text([str(total - 1), "0", "1"])
    tab.close()
