"""What a person waits for with 416,314 images beside 1,000.

    python benchmarks/scale_pages.py [ROWS] [SMALL] [TIMES] [FOLDER]

Two made-up workspaces as in benchmarks/scale.py (kept in FOLDER when that is given), each behind a server of its own;
Chromium clicks in both by turns, so that whatever else the machine does slows both. Printed for each: milliseconds from
a click until the page is painted (the images that must be there are, and every picture on the screen has arrived),
median of 20, for the first page of Browse, one group of it, a jump to its last page and a search; then the largest
resident memory of each server. Linux only. Needs Chromium.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support"), str(ROOT / "benchmarks")]

import chromium as kit
import scale
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from core.config import Config
from core.ingest.decode import image_path
from core.results.run_view import Query, View
from core.workspace import Workspace
from ui import text

PAGE = 60
"""Images on a page of a group, as in ui/browse/images.py."""
SOUGHT = "9"
"""Found in enough images of a group of 1,000 that both searches fill a page."""
WARM_UP = 2
_LINKS = 50_000
"""Links to one file; file systems allow some 65,000."""


@dataclass(frozen=True)
class Made:
    """A workspace with a finished run, and what its pages must show: the first image of the group's first page, of its
    last page, and of what is found in it."""

    place: Path
    run_id: str
    first: str
    last: str
    found: str


def make(folder: Path, total: int) -> Made:
    """A workspace with a finished run, every image with a thumbnail (linked to a few files)."""
    workspace = Workspace(Config(folder))
    runs = workspace.store.runs.recent(1)
    run_id = runs[0].id if runs else _fill(workspace, folder, total)
    view = View(workspace.store, run_id)
    group = Query(cluster_id=view.edited.clusters[0].id, order="sure")
    last = (view.count(group) - 1) // PAGE * PAGE
    shown = ((group, 0), (group, last), (replace(group, words=(SOUGHT,)), 0))
    first, last_one, found = (view.rows(query, 1, offset)[0].description for query, offset in shown)
    workspace.close()
    return Made(folder, run_id, first, last_one, found)


def _fill(workspace: Workspace, folder: Path, total: int) -> str:
    run_id, _ = scale.fill(workspace.store, total)
    for number in range(total):
        drawn = folder / f"drawn-{number // _LINKS}.webp"
        if number % _LINKS == 0:
            Image.new("RGB", (256, 192), (90, 120, 160)).save(drawn)
        place = image_path(workspace.copies, scale.item_id(number), "thumb")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.hardlink_to(drawn)
    return run_id


_PAINTED = """([first, cards]) => {
  const all = root => [...root.querySelectorAll('*')].flatMap(e => e.shadowRoot ? all(e.shadowRoot) : [e])
  const elements = all(document)
  const tile = elements.find(e => e.matches('button.tile') && e.checkVisibility())
  const buttons = elements.filter(e => e.matches('button') && e.checkVisibility() && e.innerText.endsWith(%r))
  return buttons.length === cards && (!first || tile?.ariaLabel === first)
}"""
"""Looked at with every frame: Playwright's own assertions look after 0.1, 0.35, 0.85 s, which would be measured."""


def took(page: Page, act: Callable[[], object], *, first: str = "", cards: int = 0) -> float:
    """Milliseconds from an act until its result is painted: so many cards, and this image is the first."""
    kit.settled(page)
    began = time.monotonic()
    act()
    page.wait_for_function(_PAINTED % text.SEE_ALL, arg=[first, cards])
    kit.pictures_loaded(page)
    return 1000 * (time.monotonic() - began)


def begin(page: Page, server: kit.Server, made: Made) -> None:
    page.goto(f"{server.url}/export?run={made.run_id}")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=kit.SLOW)


def turn(page: Page, made: Made) -> dict[str, float]:
    """From Export to Browse, a group, its last page, a search in it, and back."""
    page.bring_to_front()
    field = page.get_by_role("textbox", name=text.FIND)
    pages = page.get_by_test_id("stPaginationPage")

    def look_for(words: str) -> None:
        field.fill(words)
        field.press("Enter")

    figures = {
        "Browse": took(
            page,
            page.get_by_role("link", name=text.BROWSE, exact=True).click,
            cards=len(scale.CLUSTERS) + 1,  # and Unassigned
        ),
        "one group": took(page, page.get_by_role("button", name=text.SEE_ALL).first.click, first=made.first),
        "its last page": took(page, pages.last.click, first=made.last),
        "search": took(page, lambda: look_for(SOUGHT), first=made.found),
    }
    took(page, lambda: look_for(""), first=made.last)
    took(page, pages.first.click, first=made.first)
    page.get_by_role("link", name=text.EXPORT, exact=True).click()
    expect(page.get_by_role("heading", name=text.EXPORT)).to_be_visible()
    return figures


def memory(server: kit.Server) -> int:
    """The server's largest resident memory so far, in MB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def main(large: int = 416_314, small: int = 1_000, times: int = 20, kept: str = "") -> None:
    expect.set_options(timeout=60_000)
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as api,
        ExitStack() as stack,
    ):
        home = Path(kept or folder)
        made = {total: make(home / str(total) / "workspace", total) for total in (small, large)}
        browser = api.chromium.launch(executable_path=kit.CHROMIUM, args=kit.QUIET)
        servers = {total: kit.Server(one.place) for total, one in made.items()}
        for server in servers.values():
            stack.callback(server.stop)
        pages = {total: browser.new_page(viewport={"width": 1280, "height": 720}) for total in made}
        for total, page in pages.items():
            begin(page, servers[total], made[total])
        figures = []
        for number in range(-WARM_UP, times):
            one = {total: turn(page, made[total]) for total, page in pages.items()}
            if number >= 0:
                figures.append(one)
        print(f"{'click to painted, ms':24}{small:>10,}{large:>10,}{'ratio':>8}")
        for title in figures[0][small]:
            one, other = (statistics.median(each[total][title] for each in figures) for total in (small, large))
            print(f"{title:24}{one:10.0f}{other:10.0f}{other / one:8.2f}")
        print(f"{'server memory, MB':24}{memory(servers[small]):10,}{memory(servers[large]):10,}")
        browser.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), *sys.argv[4:5])
