"""Every page can be used by everybody, with all that opens on it: axe-core in both themes, headings in order, small
heads, phones, the keys."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Mapping, Sequence

import accessibility
import chromium as kit
import pytest
from finished_runs import Finished
from playwright.sync_api import Browser, Page, expect

from ui import text
from ui.session import state

browser, page = kit.browser, kit.page
pytestmark = kit.marks
HEAD = 112
"""Pixels to the end of a page's head, at 1280 x 720."""
PICTURES = {(1280, 720): 190, (390, 844): 290}
"""Screen -> pixels above the first picture, on pages that show pictures."""
SHOWING = {"browse", "one group", "names"}
_HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .filter(heading => heading.checkVisibility()).map(heading => Number(heading.tagName[1]))"""


def button(*labels: str) -> Callable[[Page], None]:
    """Press one button after the other, each the first of its name."""

    def press(page: Page) -> None:
        for label in labels:
            page.get_by_role("button", name=label, exact=True).first.click()

    return press


def merge_two(page: Page) -> None:
    for box in page.get_by_test_id("stMain").get_by_test_id("stCheckbox").locator("label").all()[:2]:
        box.click()
        kit.settled(page)
    button(text.MERGE_CHOSEN)(page)


OPENS: Mapping[str, Sequence[Callable[[Page], None]]] = {
    "start": [button(text.RUN_MENU)],
    "folder": [button(text.FOLDERS_OPEN)],
    "group": [button(text.NEW_RUN, text.BY_EXAMPLES)],
    "names": [
        button(text.CHANGE), button(text.CHANGE, text.SPLIT), button(text.CHANGE, text.MOVE_LABELS),
        button(text.SUGGEST), button(text.SETS), merge_two,
    ],
    "browse": [button(text.HELP), button(text.REFINE), lambda page: page.keyboard.press("?")],
    "one group": [button(text.FILTER)],
    "map": [button(text.MAP_LIMITS_BUTTON)],
    "connect": [button(text.PRICES)],
}  # fmt: skip
"""Place -> the ways to open what opens on it."""


@pytest.fixture
def done(finished: Finished) -> tuple[kit.Server, str]:
    return finished.server, finished.runs["colour"]


@pytest.fixture
def places(finished: Finished) -> dict[str, str]:
    """What is looked at: every page on a run, and those that have another face without one or with more."""
    run_id = finished.runs["colour"]
    image = hashlib.sha256(min(finished.images.iterdir()).read_bytes()).hexdigest()
    there = [name for name in state.PAGES if (kit.ROOT / "pages" / f"{name}.py").is_file()]
    found = {name: f"/{'' if name == 'start' else name}?run={run_id}" for name in there}
    return found | {
        "give": "/images", "folder": "/images?way=path", "nothing open": "/browse",
        "one group": f"/browse?run={run_id}&group=c1", "large": f"/browse?run={run_id}&group=all&image={image}",
    }  # fmt: skip


def opened(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("[data-testid=stMain] h1").first).to_be_visible(timeout=kit.SLOW)
    kit.settled(page)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def above_pictures(page: Page) -> float:
    first = page.locator("button.tile").first
    expect(first).to_be_visible(timeout=kit.SLOW)
    box = first.bounding_box()
    assert box
    return box["y"]


def test_every_page_can_be_used_by_everybody(
    done: tuple[kit.Server, str], places: dict[str, str], browser: Browser
) -> None:
    """Nothing grave is found in either theme, headings are in order, heads are small, and an address keeps its run."""
    server, run_id = done
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme="light", bypass_csp=True)
    page = context.new_page()
    wrong, high = [], {}
    for name, place in places.items():
        opened(page, server.url + place)
        kit.fits(page)
        head = page.locator(".st-key-head").bounding_box()
        assert head, name
        high[name] = round(head["y"] + head["height"])
        if name in SHOWING:
            assert above_pictures(page) <= PICTURES[1280, 720], name
        if run_id in place:  # Compare adds the other run
            expect(page).to_have_url(re.compile(re.escape(server.url + place) + "(&with=|$)"))
        wrong += [(name, *one) for one in accessibility.grave(page)]
        levels = page.evaluate(_HEADINGS)
        if levels[:1] != [1] or any(after > before + 1 for before, after in itertools.pairwise(levels)):
            wrong.append((name, "headings", str(levels)))
        for number, opens in enumerate(OPENS.get(name, ())):
            opens(page)
            kit.settled(page)
            wrong += [(f"{name}, opened {number}", *one) for one in accessibility.grave(page, only_open=True)]
            page.keyboard.press("Escape")
            expect(page.locator("[role=dialog], [role=menu]")).to_have_count(0)
    context.close()
    assert not wrong
    assert max(high.values()) <= HEAD, high  # so that a page has room for one bar of its own


def test_every_page_fits_a_phone_and_a_tablet(done: tuple[kit.Server, str], places: dict[str, str], page: Page) -> None:
    server, _ = done
    for name, place in places.items():
        page.set_viewport_size({"width": 390, "height": 844})
        opened(page, server.url + place)
        kit.fits(page)
        if name in SHOWING:
            assert above_pictures(page) <= PICTURES[390, 844], name
        page.set_viewport_size({"width": 820, "height": 1180})  # as one that is turned, or a window that is drawn out
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
