"""The app as a process and a real browser (Debian's Chromium) to use it with, for the tests that go by clicks.

Set SCREENSHOTS to a folder to keep a picture of every page, light and dark, desktop and tablet.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from conftest import DATASETS, needs_datasets
from PIL import Image

playwright = pytest.importorskip("playwright.sync_api")
from app_server import ROOT, Server, running  # noqa: E402 - the tests take them from here
from playwright.sync_api import Browser, Error, Locator, Page, expect, sync_playwright  # noqa: E402 - only where it is installed

from ui import text  # noqa: E402
from ui.session import state  # noqa: E402

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
SHOTS = os.environ.get("SCREENSHOTS", "")
SLOW = 90_000
"""Milliseconds for what a busy small machine may need: loading models, describing."""
# Where a page is opened by its own address, Streamlit first probes for a base path; these 404s are its way of looking.
_PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")

marks = [
    needs_datasets,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian package chromium)"),
]
"""What every file of browser tests puts into its pytestmark."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "workspace") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=60_000)
    with sync_playwright() as api:
        started = api.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test for errors in the console and for any request that leaves this computer.

    Pages of a file share what the browser keeps of the app's own files, which take a second to compile; not what a test
    leaves there.
    """
    context = next(iter(browser.contexts), None) or browser.new_context(viewport={"width": 1280, "height": 720})
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    wrong: list[str] = []

    def answered(response: object) -> None:
        status, url = response.status, response.url  # type: ignore[attr-defined]
        if status >= 400 and not _PROBE.search(url):
            wrong.append(f"{status} {url}")

    def asked(request: object) -> None:
        url = request.url  # type: ignore[attr-defined]
        if not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")):
            wrong.append(f"left this computer: {url}")

    def said(message: object) -> None:
        expected = ("404 (Not Found)", "ERR_CONNECTION_RE", "disconnected from server")  # probes; a killed server
        if message.type == "error" and not any(words in message.text for words in expected):  # type: ignore[attr-defined]
            wrong.append(message.text)  # type: ignore[attr-defined]

    opened.on("response", answered)
    opened.on("request", asked)
    opened.on("console", said)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    yield opened
    try:
        opened.wait_for_load_state("networkidle")
        if opened.url.startswith("http"):
            opened.evaluate("localStorage.clear()")
    finally:
        for each in context.pages:
            each.close()
        context.clear_cookies()
    assert not wrong, wrong


def flowers(place: Path, a_class: int) -> Path:
    """A folder with so many photos of each species, and labels.csv beside it."""
    place.mkdir()
    with (DATASETS / "flowers" / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    taken: dict[str, int] = {}
    for row in rows:
        taken[row["species"]] = taken.get(row["species"], 0) + 1
        if taken[row["species"]] <= a_class:
            shutil.copy(DATASETS / "flowers" / "images" / Path(row["image"]).name, place)
    return place


def settled(page: Page) -> None:
    """Wait until the page is drawn: a widget used while Streamlit still draws may be replaced under the hand."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def go(page: Page, label: str) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name=label, exact=True).first.click()


def turn_to(page: Page, name: str) -> None:
    """Go to a page as a person does: by the logo, or by the menu and then the head of the page that it leads to."""
    place = state.PAGES[name]
    if not place.section:
        page.get_by_test_id("stLogoLink").click()
        return
    page.get_by_role("link", name=place.section, exact=True).click()
    others = [other for other in state.PAGES if state.PAGES[other].section == place.section and other != name]
    if any((ROOT / f"pages/{other}.py").is_file() for other in others):
        page.get_by_role("link", name=place.title, exact=True).click()


def enter(page: Page, field: Locator, value: str) -> None:
    """Type into a field, once the page is drawn, and press Enter."""
    settled(page)
    field.fill(value)
    field.press("Enter")


def give(page: Page, server: Server, folder: Path) -> None:
    """From Start to the page Images, by a folder on this computer."""
    page.goto(server.url)
    page.get_by_role("button", name=text.CHOOSE).nth(1).click()
    field = page.get_by_role("textbox", name=text.FOLDER)
    enter(page, field, str(folder))
    expect(page.get_by_text("files found")).to_be_visible()
    go(page, text.LOOK)
    expect(page.get_by_role("button", name=text.TO_GROUP)).to_be_visible(timeout=SLOW)


def fill(page: Page, criterion: str, k: int) -> None:
    for role, name, value in (("textbox", text.CRITERION, criterion), ("spinbutton", text.K, str(k))):
        field = page.get_by_role(role, name=name)  # type: ignore[arg-type]
        enter(page, field, value)
        expect(page).to_have_url(re.compile(rf"[?&]\w+={re.escape(quote_plus(value))}(&|$)"))


def named(page: Page, timeout: float = 2 * SLOW) -> None:
    """Wait until the groups are named: the page Group then leads on to Names by itself."""
    expect(page).to_have_url(re.compile(r"/names\?run=\w+"), timeout=timeout)
    expect(page.get_by_role("textbox", name=text.NAME, exact=True).first).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list, again if it closes under the hand: it does so when the page scrolls or is drawn anew, and
    leaves what was typed in the field without having chosen it."""
    settled(page)
    field = page.get_by_role("combobox", name=label)
    field.scroll_into_view_if_needed()
    for _ in range(10):
        field.fill(option)
        try:
            page.get_by_role("option", name=option).first.click(timeout=3_000)
        except Error:  # it is closed
            field.press("Escape")
        else:
            return
    raise AssertionError(f"the list of {label!r} does not stay open")


def fits(page: Page) -> None:
    """Nothing is wider than the window."""
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    main = page.evaluate("(m => m.scrollWidth - m.clientWidth)(document.querySelector('[data-testid=stMain]'))")
    assert (over <= 0, main <= 0) == (True, True)


def pictures_loaded(page: Page) -> None:
    """Every picture that is on the screen has arrived."""
    page.wait_for_function(
        """() => {
          const all = root => [...root.querySelectorAll('*')].flatMap(e => e.shadowRoot ? all(e.shadowRoot) : [e])
          const onScreen = box => box.width > 0 && box.height > 0 && box.top < innerHeight && box.bottom > 0
          const seen = all(document).filter(
            e => e.tagName === 'IMG' && e.checkVisibility() && onScreen(e.getBoundingClientRect()))
          return seen.length > 0 && seen.every(image => image.complete && image.naturalWidth > 0)
        }"""
    )


def picture(page: Page, name: str, *, loaded: bool = True) -> None:
    """Keep a small picture of the page as it stands, if SCREENSHOTS is set; those of README and guide are made so.

    loaded: the page shows images, which are waited for.
    """
    if not SHOTS:
        return
    if loaded:
        pictures_loaded(page)
    page.mouse.move(1, 1)  # no tip stands in the picture
    page.wait_for_timeout(500)  # a dialog or a list has opened; only the picture depends on it
    Path(SHOTS).mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        shot.save(Path(SHOTS) / f"{name}.webp", quality=80, method=6)


def photograph(page: Page, server: Server, places: Mapping[str, str]) -> None:
    """Keep pictures of these places (name -> path) in both themes and on both screens, if SCREENSHOTS is set."""
    if not SHOTS:
        return
    for scheme in ("light", "dark"):
        for screen, size in {"desktop": (1280, 720), "tablet": (820, 1180)}.items():
            context = page.context.browser.new_context(  # type: ignore[union-attr]
                viewport={"width": size[0], "height": size[1]},
                color_scheme=scheme,  # type: ignore[arg-type]
            )
            view = context.new_page()
            for name, place in places.items():
                view.goto(server.url + place)
                view.wait_for_timeout(2_500)  # images and fonts settle; only pictures depend on it
                fits(view)
                view.screenshot(path=Path(SHOTS) / f"{name}-{screen}-{scheme}.png")
            context.close()
