"""The app in a real browser (Debian's Chromium), on real images with the built-in engine, as a newcomer uses it.

Set SCREENSHOTS to a folder to keep a picture of every page, light and dark, desktop and tablet.
"""

from __future__ import annotations

import csv
import logging
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import DATASETS, needs_datasets

playwright = pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402 - only where it is installed

from ui import text  # noqa: E402

_log = logging.getLogger(__name__)
ROOT = Path(__file__).parents[1]
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

pytestmark = [
    needs_datasets,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian package chromium)"),
]


class Server:
    """The app as a process of its own, on a workspace that outlives it."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
        with (self.workspace.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port)],
                cwd=ROOT,
                env={**os.environ, "FACETRY_WORKSPACE": str(self.workspace)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        self.stop(signal.SIGKILL)
        raise TimeoutError(f"the app did not start: {self.said}")

    def stop(self, kind: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(kind)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def said(self) -> str:
        return (self.workspace.parent / "server.log").read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "workspace")
    yield running
    if running.process.poll() is None:
        running.stop()
    assert "Traceback" not in running.said


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as api:
        started = api.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test for errors in the console and for any request that leaves this computer."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
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
        if message.type == "error" and not any(one in message.text for one in expected):  # type: ignore[attr-defined]
            wrong.append(message.text)  # type: ignore[attr-defined]

    opened.on("response", answered)
    opened.on("request", asked)
    opened.on("console", said)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    yield opened
    opened.wait_for_load_state("networkidle")
    context.close()
    assert not wrong


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


def go(page: Page, label: str) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name=label, exact=True).first.click()


def give(page: Page, server: Server, folder: Path) -> None:
    """From Start to the page Images, by a folder on this computer."""
    page.goto(server.url)
    page.get_by_role("button", name=text.CHOOSE).nth(1).click()
    field = page.get_by_role("textbox", name=text.FOLDER)
    field.fill(str(folder))
    field.press("Enter")
    expect(page.get_by_text("files found")).to_be_visible()
    go(page, text.LOOK)
    expect(page.get_by_role("button", name=text.TO_GROUP)).to_be_visible(timeout=SLOW)


def fill(page: Page, criterion: str, k: int) -> None:
    for role, name, value in (("textbox", text.CRITERION, criterion), ("spinbutton", text.K, str(k))):
        field = page.get_by_role(role, name=name)  # type: ignore[arg-type]
        field.fill(value)
        field.press("Enter")
        expect(page).to_have_url(re.compile(rf"[?&]\w+={value}(&|$)"))


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
          const seen = all(document).filter(e => e.tagName === 'IMG' && e.getBoundingClientRect().top < innerHeight)
          return seen.length > 0 && seen.every(image => image.complete && image.naturalWidth > 0)
        }"""
    )


def test_from_a_folder_to_checked_groups(server: Server, page: Page, tmp_path: Path) -> None:
    images = flowers(tmp_path / "garden", 15)
    give(page, server, images)
    # Labels to compare with; a refresh keeps images and labels.
    page.get_by_text(text.TRUTH_KINDS["table"]).click()
    table = page.get_by_role("textbox", name=text.TABLE_PATH)
    table.fill(str(DATASETS / "flowers" / "labels.csv"))
    table.press("Enter")
    expect(page.get_by_text("5 different labels")).to_be_visible()  # colours: the first column
    page.get_by_role("combobox", name=text.COLUMN).press("ArrowDown")  # a click that scrolls would close the list
    page.get_by_role("option", name="species").click()
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
    fill(page, "species", 4)
    expect(page.get_by_text(text.SIGHT_TITLE)).to_be_hidden()
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
    expect(page.get_by_role("button", name=text.TO_NAMES)).to_be_visible(timeout=SLOW)
    # Names: rename and undo, then sort.
    go(page, text.TO_NAMES)
    name = page.get_by_role("textbox", name=text.NAME).first
    proposed = name.input_value()
    expect(page.get_by_role("button", name=text.UNDO)).to_be_disabled()
    name.fill("![x](http://evil.example/x.png) https://evil.example")
    name.press("Enter")
    expect(page.get_by_role("button", name=text.UNDO)).to_be_enabled()
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
    expect(page.get_by_text(text.ORDER)).to_be_visible()
    expect(page.locator(".wall")).to_have_count(1)  # those of the page before are gone
    pictures_loaded(page)
    page.locator("button.tile").first.click()
    expect(page).to_have_url(re.compile("&image=[0-9a-f]{64}"))
    first = page.url
    expect(page.get_by_text(text.DESCRIPTION, exact=True)).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page).not_to_have_url(first)
    expect(page.get_by_text(re.compile("^2 of "))).to_be_visible()
    expect(page.get_by_test_id("stMain").get_by_role("button", name=text.PREVIOUS)).to_be_enabled()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(first)
    go(page, text.MOVE)
    expect(page.get_by_text(text.BY_PERSON)).to_be_visible()
    go(page, text.UNDO)
    expect(page.get_by_text(text.BY_PERSON)).to_be_hidden()
    # A closed tab loses nothing, and the menu keeps the run.
    again = page.context.new_page()
    again.goto(first)
    expect(again.get_by_text(text.DESCRIPTION, exact=True)).to_be_visible(timeout=SLOW)
    again.close()
    for title, there in (
        (text.START_PAGE, ""),
        (text.IMAGES, "images"),
        (text.GROUP, "group"),
        (text.BROWSE, "browse"),
    ):
        page.get_by_role("link", name=title, exact=True).click()
        expect(page).to_have_url(re.compile(rf"/{there}\?run={run_id}$"))
    if SHOTS:
        photograph(page, server, run_id, first, chosen)


def photograph(page: Page, server: Server, run_id: str, image: str, chosen: str) -> None:
    """Keep a picture of every page, in both themes and on both screens, for a person to look at."""
    places = {
        "start": "/", "images": chosen, "group-form": chosen.replace("/images", "/group"),
        "run": f"/group?run={run_id}", "names": f"/names?run={run_id}", "browse": f"/browse?run={run_id}",
        "group": f"/browse?run={run_id}&group=c1", "image": image.removeprefix(server.url),
    }  # fmt: skip
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


def test_the_demo_in_one_click(server: Server, page: Page) -> None:
    page.goto(server.url)
    began = time.monotonic()
    go(page, text.SHOW_DEMO)
    expect(page).to_have_url(re.compile(r"/group\?run=\w+"))
    expect(page.get_by_role("button", name=text.SEE_ALL).first).to_be_visible(timeout=SLOW)
    _log.info("demo to groups in %.1f s", time.monotonic() - began)
    expect(page).to_have_url(re.compile(r"/browse\?run=\w+"))
    expect(page.get_by_role("heading", name="teapot")).to_be_visible()
    pictures_loaded(page)
    fits(page)
    # A criterion that the engine cannot see, on the recorded descriptions.
    page.get_by_role("link", name=text.GROUP, exact=True).click()
    page.get_by_role("button", name=text.NEW_RUN).click()
    fill(page, "mood", 4)
    go(page, text.SIGHT_RECORDED)
    expect(page.get_by_text(text.RECORDED_NOTE)).to_be_visible()
    expect(page.get_by_role("button", name=text.TO_NAMES)).to_be_visible(timeout=SLOW)


@pytest.mark.parametrize("way", ["zip", "files", "directory"])
def test_images_dropped_into_the_browser(way: str, server: Server, page: Page, tmp_path: Path) -> None:
    garden = flowers(tmp_path / "garden", 6)
    total = len(list(garden.iterdir()))
    (garden / "notes.txt").write_text("not an image", encoding="utf-8")
    page.goto(server.url)
    page.get_by_role("button", name=text.CHOOSE).first.click()
    expect(page.get_by_text(text.UPLOAD_NOTE)).to_be_visible()
    if way == "directory":
        page.get_by_text(text.WAYS["directory"], exact=True).click()
        expect(page.get_by_text(text.DIRECTORY, exact=True)).to_be_visible()
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", garden) if way == "zip" else ""
    given = {"zip": packed, "files": sorted(garden.iterdir()), "directory": garden}[way]
    page.locator("input[type=file]").first.set_input_files(given)  # type: ignore[arg-type]
    expect(page.get_by_role("button", name=text.TO_GROUP)).to_be_visible(timeout=SLOW)
    expect(page.get_by_test_id("stMetricValue")).to_have_text([str(total), "0", "1"])
    name = {"zip": "packed.zip", "files": text.UPLOADED, "directory": "garden"}[way]
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.reload()
    pictures_loaded(page)
    fits(page)


def test_killed_in_the_middle_and_continued(server: Server, page: Page, tmp_path: Path) -> None:
    images = flowers(tmp_path / "garden", 60)
    total = len(list(images.iterdir()))
    give(page, server, images)
    go(page, text.TO_GROUP)
    fill(page, "colour", 4)
    go(page, text.START)
    began = time.monotonic()
    expect(page.locator(".tile").first).to_be_visible()
    _log.info("first described image after %.1f s", time.monotonic() - began)
    run_id = page.url.split("run=")[1]
    # While it works, the menu answers quickly and every page says that it works.
    took = []
    for title in (text.NAMES, text.BROWSE, text.START_PAGE, text.IMAGES, text.GROUP):
        clicked = time.monotonic()
        page.get_by_role("link", name=title, exact=True).click()
        expect(page.locator("[data-testid=stMain] h1").filter(visible=True).first).to_be_visible()
        expect(page).to_have_url(re.compile(f"run={run_id}"))
        took.append(time.monotonic() - clicked)
    _log.info("clicks while it works: %s s", [round(one, 2) for one in took])
    assert statistics.median(took) < 1.5
    expect(page.get_by_test_id("stMain").get_by_role("button", name=text.STOP)).to_be_visible()
    page.wait_for_load_state("networkidle")
    server.stop(signal.SIGKILL)
    server.start()
    page.goto(f"{server.url}/group?run={run_id}")
    expect(page.get_by_text(text.INTERRUPTED)).to_be_visible()
    sentence = page.get_by_text("still to be described").inner_text()
    left = int(re.search(r"(\d+) images? (?:is|are) still", sentence)[1])  # type: ignore[index]
    assert 0 < left < total
    go(page, text.CONTINUE)
    expect(page.get_by_role("button", name=text.TO_NAMES)).to_be_visible(timeout=2 * SLOW)
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


@pytest.mark.parametrize(
    "place", ["thumb/0", "thumb/" + "0" * 64, "original/" + "0" * 64, "thumb/..%2f..%2ffacetry.duckdb", "thumb/x/y"]
)
def test_the_image_route_serves_nothing_else(place: str, server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(f"{server.url}/images/{place}"):
        pass
    assert refused.value.code in (400, 404)
    refused.value.close()
