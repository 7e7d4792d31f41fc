"""What a person waits for with 416,314 images beside 1,000: python benchmarks/scale_pages.py [ROWS] [SMALL] [TIMES]

Two made-up workspaces as in benchmarks/scale.py, each behind a server of its own; Chromium clicks. Printed for each:
milliseconds from a click until the page is painted (what it must say is there and every picture on the screen has
arrived), median of 20, for the first page of Browse, one group of it, a jump to its last page and a search; then the
largest resident memory of the server.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

import chromium as kit
import scale
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from core.config import Config
from core.ingest.decode import image_path
from core.workspace import Workspace
from ui import text

_LINKS = 50_000
"""Links to one file; file systems allow some 65,000."""


def make(folder: Path, total: int) -> str:
    """A workspace with a finished run, every image with a thumbnail (linked to a few files); the run's id."""
    workspace = Workspace(Config(folder))
    run_id, _ = scale.fill(workspace.store, total)
    for number in range(total):
        drawn = folder / f"drawn-{number // _LINKS}.webp"
        if number % _LINKS == 0:
            Image.new("RGB", (256, 192), (90, 120, 160)).save(drawn)
        place = image_path(workspace.copies, scale.item_id(number), "thumb")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.hardlink_to(drawn)
    workspace.close()
    return run_id


def took(page: Page, act: Callable[[], None], done: Callable[[], None]) -> float:
    """Milliseconds from an act until its result is painted."""
    kit.settled(page)
    began = time.monotonic()
    act()
    done()
    kit.pictures_loaded(page)
    return 1000 * (time.monotonic() - began)


def measure(page: Page, server: kit.Server, run_id: str, times: int) -> dict[str, float]:
    figures: dict[str, list[float]] = {"Browse": [], "one group": [], "its last page": [], "search": []}
    tiles = page.locator("button.tile")
    field = page.get_by_role("textbox", name=text.FIND)
    page.goto(f"{server.url}/export?run={run_id}")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=kit.SLOW)
    for turn in range(-2, times):  # two turns to warm up
        one = {
            "Browse": took(
                page,
                lambda: page.get_by_role("link", name=text.BROWSE, exact=True).click(),
                lambda: expect(page.get_by_role("button", name=text.SEE_ALL).nth(6)).to_be_visible(),
            ),
            "one group": took(
                page,
                lambda: page.get_by_role("button", name=text.SEE_ALL).first.click(),
                lambda: expect(page.get_by_test_id("stPagination")).to_be_visible(),
            ),
            "its last page": took(
                page,
                lambda: page.get_by_test_id("stPaginationPage").last.click(),
                lambda: expect(page.get_by_test_id("stPaginationNext")).to_be_disabled(),
            ),
            "search": took(
                page,
                lambda: (field.fill("saloon 77"), field.press("Enter"))[1],
                lambda: expect(tiles.first).to_have_attribute("aria-label", re.compile("saloon.*77")),
            ),
        }
        field.fill("")
        field.press("Enter")
        expect(page.get_by_test_id("stPagination")).to_be_visible()
        page.get_by_test_id("stPaginationPage").first.click()
        expect(page.get_by_test_id("stPaginationPrev")).to_be_disabled()
        kit.settled(page)
        page.get_by_role("link", name=text.EXPORT, exact=True).click()
        expect(page.get_by_role("heading", name=text.EXPORT)).to_be_visible()
        if turn >= 0:
            for title, value in one.items():
                figures[title].append(value)
    return {title: statistics.median(values) for title, values in figures.items()}


def memory(server: kit.Server) -> int:
    """The server's largest resident memory so far, in MB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def main(large: int = 416_314, small: int = 1_000, times: int = 20) -> None:
    found = {}
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as api:
        browser = api.chromium.launch(executable_path=kit.CHROMIUM, args=kit.QUIET)
        for total in (small, large):
            place = Path(folder) / str(total) / "workspace"
            run_id = make(place, total)
            server = kit.Server(place)
            try:
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                found[total] = measure(page, server, run_id, times)
                page.close()
                print(f"{total:,} images: the server took at most {memory(server):,} MB")
            finally:
                server.stop()
    print(f"{'click to painted, ms':24}{small:>10,}{large:>10,}{'ratio':>8}")
    for title in found[small]:
        one, other = found[small][title], found[large][title]
        print(f"{title:24}{one:10.0f}{other:10.0f}{other / one:8.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
