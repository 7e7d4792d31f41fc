"""From a ZIP to scored groups in a real browser, in seconds and megabytes: python benchmarks/browser_path.py [IMAGES].

Starts the app on a fresh workspace with the environment that start.py gives it, and uses it through Playwright in
Debian's Chromium, on this same computer: first the demo in one click; then, in a new server on a new workspace, a ZIP
of the clothing photos (all 900, or so many) through the browser's upload, their labels, 15 groups by garment, names,
Browse, Evaluate and both downloads.

Memory is the resident set (RSS) of the server process, and the sum of RSS over it and the processes that it starts to
decode images (what they share is counted in each); both are read from /proc five times a second, and the highest
reading of each stage is printed. A click is a click on the menu, timed by the page itself from the click to the frame
after the next page's heading is there; clicks count only in rounds through all pages at whose end the engine was still
at work. Seconds depend on what else the computer does: the last line tells. Needs what the browser tests need, and the
evaluation data beside the repository.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path[:0] = [str(Path(__file__).parents[1] / "tests"), str(Path(__file__).parents[1] / "tests" / "support")]

from chromium import CHROMIUM, QUIET, SLOW, Server, fill, go, settled
from conftest import DATASETS
from playwright.sync_api import Page, expect, sync_playwright

import start
from ui import text

DATA = DATASETS / "clothing"
MENU = (
    text.NAMES, text.START_PAGE, text.BROWSE, text.IMAGES, text.EVALUATE, text.EXPORT, text.CONNECT, text.GROUP,
)  # fmt: skip
"""In this order each page has another heading than the one before it, which is how its arrival is seen."""
PAUSE = 0.7
"""Seconds that a person looks at a page before the next click."""
CLICK = """link => new Promise(done => {
  const seen = () => [...document.querySelectorAll('[data-testid=stMain] h1')].find(h => h.checkVisibility())?.innerText
  const before = seen(), began = performance.now()
  const look = () => {
    const now = seen()
    if (now && now !== before) requestAnimationFrame(() => done(performance.now() - began))
    else requestAnimationFrame(look)
  }
  link.click()
  look()
})"""


class Memory:
    """The highest memory of a process and of its tree since `fresh`, in MB, read by a thread of its own."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.fresh()
        self.highest = (0, 0)
        threading.Thread(target=self._watch, daemon=True).start()

    def fresh(self) -> None:
        """Forget the peak of the stage before."""
        self.now = self.peak = self.tree_peak = 0

    def _watch(self) -> None:
        while Path(f"/proc/{self._pid}").exists():
            self.now, tree = _megabytes(self._pid), sum(map(_megabytes, _family(self._pid)))
            self.peak, self.tree_peak = max(self.peak, self.now), max(self.tree_peak, tree)
            self.highest = (max(self.highest[0], self.now), max(self.highest[1], tree))
            time.sleep(0.2)


def _megabytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):  # it has just ended
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024**2


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = children.read_text(encoding="ascii").split()
        except OSError:
            continue
        for child in below:
            yield from _family(int(child))


@contextmanager
def stage(name: str, memory: Memory) -> Iterator[None]:
    """Time what is inside and print it with its memory."""
    memory.fresh()
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    time.sleep(0.3)  # one more reading
    print(f"{name:34} {took:7.1f} s {memory.peak:7d} {memory.tree_peak:7d} {memory.now:7d}", flush=True)


@contextmanager
def app(page: Page, folder: Path) -> Iterator[tuple[Server, Memory]]:
    """The app on a new workspace, with its first page open."""
    began = time.monotonic()
    server = Server(folder / "workspace")
    try:
        memory = Memory(server.process.pid)
        print(f"\n{'stage':34} {'seconds':>9} {'peak MB':>7} {'of tree':>7} {'at end':>7}")
        with stage("first page in the browser", memory):
            page.goto(server.url)
            expect(page.get_by_role("heading", name=text.START_TITLE)).to_be_visible()
        print(f"  from the command to the first page: {time.monotonic() - began:.1f} s")
        yield server, memory
        print(f"highest: server {memory.highest[0]} MB, server and decoders {memory.highest[1]} MB")
    finally:
        page.goto("about:blank")
        server.stop()
        assert "Traceback" not in server.said, server.said


def demo(page: Page, memory: Memory) -> None:
    """One click to named groups."""
    settled(page)
    with stage("demo: one click to named groups", memory):
        page.get_by_role("button", name=text.SHOW_DEMO).click()
        expect(page.get_by_role("button", name=text.SEE_ALL).first).to_be_visible(timeout=SLOW)
    headings = page.get_by_test_id("stMain").get_by_role("heading", level=3).all_inner_texts()
    print(f"  groups: {', '.join(headings[:-2])}")  # without Not sure and Skipped


def clothing(page: Page, memory: Memory, packed: Path, images: int) -> None:
    """A ZIP to scored groups."""
    page.get_by_role("button", name=text.CHOOSE).first.click()
    with stage(f"ZIP of {packed.stat().st_size / 1e6:.0f} MB, {images} images opened", memory):
        page.locator("input[type=file]").first.set_input_files(packed)
        expect(page.get_by_role("button", name=text.TO_GROUP)).to_be_visible(timeout=2 * SLOW)
    with stage("labels to compare with", memory):
        page.get_by_text(text.TRUTH_KINDS["table"]).click()
        table = page.get_by_role("textbox", name=text.TABLE_PATH)
        table.fill(str(DATA / "labels.csv"))
        table.press("Enter")
        # Its first column of labels, garment, is chosen by itself.
        expect(page.get_by_text(text.labelled(images, images, 0).split(";")[0])).to_be_visible()
    go(page, text.TO_GROUP)
    fill(page, "garment", 15)
    with stage("described, labelled, named", memory):
        describe(page)
    with stage("names on the page", memory):
        go(page, text.TO_NAMES)
        expect(page.get_by_role("textbox", name=text.NAME, exact=True)).to_have_count(15)
    settled(page)
    with stage("sorted into groups", memory):
        go(page, text.ASSIGN)
        expect(page.get_by_role("button", name=text.SEE_ALL).first).to_be_visible(timeout=SLOW)
    with stage("one group, one image", memory):
        page.get_by_role("button", name=text.SEE_ALL).first.click()
        page.locator("button.tile").first.click()
        expect(page.get_by_text(text.DESCRIPTION, exact=True)).to_be_visible()
    with stage("scores and confusion matrix", memory):
        page.get_by_role("link", name=text.EVALUATE, exact=True).click()
        expect(page.locator("[data-testid=stVegaLiteChart] .mark-rect path").first).to_be_visible(timeout=SLOW)
    print(f"  {page.get_by_text('Matches your labels for').inner_text()}")
    with stage("table and folders downloaded", memory):
        page.get_by_role("link", name=text.EXPORT, exact=True).click()
        for name in (text.EXPORT_TABLE_GET, text.EXPORT_FOLDERS_GET):
            with page.expect_download() as loading:
                page.get_by_role("link", name=name).click()
            loading.value.path()  # waits until it has arrived


def describe(page: Page) -> None:
    """Start, and walk through all pages again and again until the names are there."""
    began = time.monotonic()
    go(page, text.START)
    expect(page.locator(".tile").first).to_be_visible(timeout=SLOW)
    first = time.monotonic() - began
    clicks: list[float] = []
    ready = page.get_by_role("button", name=text.TO_NAMES)
    while True:
        taken = []
        for title in MENU:  # ends on Group
            time.sleep(PAUSE)
            taken.append(page.get_by_role("link", name=title, exact=True).evaluate(CLICK))
        settled(page)
        if not page.get_by_test_id("stMain").get_by_role("button", name=text.STOP).is_visible():
            break
        clicks += taken
    expect(ready).to_be_visible(timeout=2 * SLOW)
    print(f"  first described thumbnail after {first:.1f} s")
    middle = f"median {statistics.median(clicks):.0f} ms, longest {max(clicks):.0f} ms" if clicks else "none in time"
    print(f"  {len(clicks)} clicks while it describes: {middle}")


def main(count: int) -> None:
    """Both paths, each on a workspace of its own."""
    os.environ.update(start.FRUGAL)
    photos = sorted((DATA / "images").iterdir())[:count]
    with tempfile.TemporaryDirectory() as made, sync_playwright() as api:
        (folder := Path(made) / "clothing").mkdir()
        for photo in photos:
            shutil.copy(photo, folder)
        packed = Path(shutil.make_archive(str(Path(made) / "packed"), "zip", folder))
        browser = api.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        expect.set_options(timeout=60_000)
        for name in ("demo", "zip"):
            (Path(made) / name).mkdir()
            with app(page, Path(made) / name) as (_, memory):
                if name == "demo":
                    demo(page, memory)
                else:
                    clothing(page, memory, packed, len(photos))
        browser.close()
    print(f"load average by now: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 900)
