"""What a person waits for who corrects images on Browse: click to painted, in seconds, beside what is wanted.

    python benchmarks/click_to_painted.py [IMAGES ...]

For each number of images (10,000 and 100,000 unless given): a made-up finished run (benchmarks/scale.py), the app on
it, and Chromium, which does each act 20 times: select an image, move it by a key, take that back, filter by label, turn
the page, go to the next image in the large view (picture and facts), look for words; and once, move a whole group of a
seventh of all images to another, and back. Printed: the median, the slowest, and the limit (twice as
much beyond 10,000 images). An act ends when what must be there is painted, and every picture on the screen has arrived.
Needs Chromium, and a machine that does nothing else.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support"), str(ROOT / "benchmarks")]

import chromium as kit
import scale
import scale_pages
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from core.ingest.decode import image_path
from ui import text

LIMITS = {
    "select": 0.1, "move": 0.5, "undo": 0.5, "filter": 0.5, "page": 0.5, "next image": 0.5, "words": 1.0,
    "move a group": None, "undo that": None,
}  # fmt: skip
"""Seconds at 10,000 images; None where nothing is promised."""
TIMES = 20
_SEEN = """([what, wanted]) => {
  const all = root => [...root.querySelectorAll('*')].flatMap(e => e.shadowRoot ? all(e.shadowRoot) : [e])
  const elements = all(document).filter(e => e.checkVisibility())
  const text = name => elements.find(e => e.matches(name))?.innerText ?? ''
  if (what === 'count') return text('.bar .count').startsWith(wanted)
  if (what === 'narrowed') return text('.bar .count').includes(' of ') === (wanted === 'yes')
  if (what === 'said') return text('.bar .said').startsWith(wanted)
  if (what === 'not first') return (elements.find(e => e.matches('button.tile'))?.ariaLabel ?? wanted) !== wanted
  if (what === 'first') return elements.find(e => e.matches('button.tile'))?.ariaLabel === wanted
  const shown = elements.find(e => e.matches('img[src*="/images/view/"]'))
  const facts = elements.filter(e => e.matches('[data-testid=stMarkdown]')).map(e => e.innerText.trim())
  return shown && shown.alt !== wanted && facts.includes(shown.alt)
}"""
"""Looked at with every frame."""


def took(page: Page, act: Callable[[], object], what: str, wanted: str) -> float:
    """Seconds from an act until its result is painted."""
    kit.settled(page)
    page.wait_for_timeout(150)  # what the page still fetches ahead is no part of the next act
    began = time.monotonic()
    act()
    page.wait_for_function(_SEEN, arg=[what, wanted])
    kit.pictures_loaded(page)
    return time.monotonic() - began


def first(page: Page) -> str:
    return page.locator("button.tile").first.get_attribute("aria-label") or ""


def act_all(page: Page, address: str, figures: dict[str, list[float]]) -> None:
    """Each act once, beginning with the first page of a group."""
    page.goto(address)
    expect(page.locator("button.tile").first).to_be_visible(timeout=kit.SLOW)
    kit.pictures_loaded(page)
    tick = page.locator("input.tick").first
    begins = first(page)
    figures["select"].append(took(page, tick.click, "count", "1 selected"))
    figures["move"].append(took(page, lambda: page.keyboard.press("2"), "not first", begins))
    undo = page.locator(".bar .back")
    figures["undo"].append(took(page, undo.click, "first", begins))
    pages = page.get_by_test_id("stPaginationPage")
    figures["page"].append(took(page, pages.nth(1).click, "not first", begins))
    took(page, pages.first.click, "first", begins)
    page.get_by_role("button", name=text.FILTER).first.click()
    wrong = page.get_by_text(text.RIGHTS["no"], exact=True)
    wrong.wait_for()
    figures["filter"].append(took(page, wrong.click, "narrowed", "yes"))
    page.keyboard.press("Escape")
    took(page, page.get_by_role("button", name=text.CLEAR_FILTERS).click, "narrowed", "no")
    field = page.get_by_role("textbox", name=text.FIND)
    field.fill("number 7")
    figures["words"].append(took(page, lambda: field.press("Enter"), "narrowed", "yes"))
    took(page, page.get_by_role("button", name=text.CLEAR_FILTERS).click, "narrowed", "no")
    took(page, page.locator("button.tile").first.click, "large", "")
    alt = page.locator("img[src*='/images/view/']").first.get_attribute("alt") or ""
    figures["next image"].append(took(page, lambda: page.keyboard.press("ArrowRight"), "large", alt))


def act_on_many(page: Page, address: str, total: int, figures: dict[str, list[float]]) -> None:
    """All images of a group, and back."""
    page.goto(address)
    expect(page.locator("button.tile").first).to_be_visible(timeout=kit.SLOW)
    page.locator(".bar .all").click()
    figures["move a group"].append(took(page, lambda: page.keyboard.press("2"), "said", "Moved"))
    figures["undo that"].append(took(page, page.locator(".bar .back").click, "said", "Undone"))


def measure(api_page: Page, folder: Path, total: int) -> None:
    made = scale_pages.make(folder / str(total) / "workspace", total)
    link_views(made.place, total)
    server = kit.Server(made.place)
    figures: dict[str, list[float]] = defaultdict(list)
    try:
        address = f"{server.url}/browse?run={made.run_id}&group=c1"
        act_all(api_page, address, defaultdict(list))  # once for what loads at the first time
        for _ in range(TIMES):
            act_all(api_page, address, figures)
        act_on_many(api_page, address, total, figures)
        api_page.goto("about:blank")
    finally:
        server.stop()
    print(f"{total:,} images{'':12}median  slowest   limit")
    for title, limit in LIMITS.items():
        if found := figures[title]:
            wanted = "" if limit is None else f"{limit * (1 if total <= 10_000 else 2):.1f}"
            print(f"{title:24}{statistics.median(found):8.2f}{max(found):9.2f}{wanted:>8}", flush=True)


def link_views(workspace: Path, total: int) -> None:
    """Let every image of a made-up workspace have a large copy too."""
    copies = workspace / "images"
    drawn: Path | None = None
    for number in range(total):
        place = image_path(copies, scale.item_id(number), "view")
        if place.exists():
            continue
        if drawn is None or number % 50_000 == 0:
            drawn = workspace / f"view-{number}.jpg"
            Image.new("RGB", (1024, 768), (90, 120, 160)).save(drawn)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.hardlink_to(drawn)


def main(*totals: int) -> None:
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as api:
        browser = api.chromium.launch(executable_path=kit.CHROMIUM, args=kit.QUIET)
        for total in totals or (10_000, 100_000):
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.set_default_timeout(60_000)
            measure(page, Path(folder), total)
            page.close()
        browser.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
