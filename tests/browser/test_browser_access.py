"""Every page can be used by everybody: axe-core in both themes, headings in order, small heads, phones, the keys."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import chromium as kit
import pytest
from playwright.sync_api import Browser, Page, expect

from ui import text
from ui.session import state

axe = pytest.importorskip("axe_playwright_python.base")
browser, page = kit.browser, kit.page
pytestmark = kit.marks
HEAD = 200
"""Pixels above what a page is about, at 1280 x 720."""
GRAVE = {"serious", "critical"}
_HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .filter(heading => heading.checkVisibility()).map(heading => Number(heading.tagName[1]))"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[kit.Server, str]]:
    """The app on a workspace with one finished run, and the run's id."""
    place = tmp_path_factory.mktemp("access")
    images = kit.flowers(place / "garden", 4)
    options = f"--criterion colour --k 3 --truth {kit.DATASETS}/flowers/labels.csv:species --out {place}/out"
    command = [sys.executable, "-m", "core", "run", "--images", str(images), *options.split()]
    command += ["--workspace", str(place / "workspace")]
    subprocess.run(command, cwd=kit.ROOT, check=True, capture_output=True)
    run_id = re.search(r'"run": "(\w+)"', (place / "out" / "run.json").read_text(encoding="utf-8"))
    assert run_id
    with kit.running(place / "workspace") as server:
        yield server, run_id[1]


def places(run_id: str) -> dict[str, str]:
    """What is looked at: every page on a run, and those that have another face without one or with more."""
    there = [name for name in state.PAGES if (kit.ROOT / "pages" / f"{name}.py").is_file()]
    found = {name: f"/{'' if name == 'start' else name}?run={run_id}" for name in there}
    return found | {
        "give": "/images", "folder": "/images?way=path", "nothing open": "/browse",
        "group": f"/browse?run={run_id}&group=c1",
    }  # fmt: skip


def opened(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("[data-testid=stMain] h1").first).to_be_visible(timeout=kit.SLOW)
    kit.settled(page)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_grave_is_found_on_any_page(done: tuple[kit.Server, str], browser: Browser, scheme: str) -> None:
    server, run_id = done
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    wrong = []
    for name, place in places(run_id).items():
        opened(page, server.url + place)
        page.evaluate(Path(axe.AXE_FILE_PATH).read_text(encoding="utf-8"))
        found = page.evaluate("axe.run()")["violations"]
        wrong += [
            (name, one["id"], node["html"][:120], node["failureSummary"])
            for one in found
            for node in one["nodes"]
            if one["impact"] in GRAVE
        ]
        levels = page.evaluate(_HEADINGS)
        if levels[:1] != [1] or any(after > before + 1 for before, after in itertools.pairwise(levels)):
            wrong.append((name, "headings", str(levels), ""))
    context.close()
    assert not wrong


def test_heads_are_small(done: tuple[kit.Server, str], page: Page) -> None:
    server, run_id = done
    high = {}
    for name, place in places(run_id).items():
        opened(page, server.url + place)
        head = page.locator(".st-key-head").bounding_box()
        assert head, name
        high[name] = round(head["y"] + head["height"])
    assert max(high.values()) <= HEAD - 68, high  # so that a page has room for one bar of its own
    for name in ("browse", "group"):
        opened(page, server.url + places(run_id)[name])
        first = page.locator("button.tile").first
        expect(first).to_be_visible(timeout=kit.SLOW)
        box = first.bounding_box()
        assert box, name
        assert box["y"] <= HEAD, name


def test_every_page_fits_a_phone_and_a_tablet(done: tuple[kit.Server, str], page: Page) -> None:
    server, run_id = done
    for width, height in ((390, 844), (820, 1180)):
        page.set_viewport_size({"width": width, "height": height})
        for place in places(run_id).values():
            opened(page, server.url + place)
            kit.fits(page)


def test_the_question_mark_shows_the_keys_but_not_in_a_field(done: tuple[kit.Server, str], page: Page) -> None:
    server, run_id = done
    opened(page, f"{server.url}/names?run={run_id}")
    field = page.get_by_role("textbox", name=text.NAME, exact=True).first
    field.click()
    page.keyboard.press("?")
    expect(field).to_have_value(re.compile(r"\?"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Backspace")
    field.blur()
    kit.settled(page)
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name=text.KEYS_TITLE)
    expect(sheet).to_be_visible()
    expect(sheet.get_by_text(text.KEYS[0][1][0][1])).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.get_by_role("button", name=text.HELP).click()
    page.get_by_text(text.HELP_KEYS, exact=True).click()
    expect(sheet).to_be_visible()


def test_the_logo_leads_home_and_keeps_the_run(done: tuple[kit.Server, str], page: Page) -> None:
    server, run_id = done
    opened(page, f"{server.url}/export?run={run_id}")
    kit.turn_to(page, "start")
    expect(page).to_have_url(f"{server.url}/?run={run_id}")
    expect(page.get_by_text(text.START_TITLE)).to_be_visible()
