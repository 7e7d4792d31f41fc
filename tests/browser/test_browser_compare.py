"""Compare in a real browser: two criteria crossed, from a field of the matrix to its images; two versions; files."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import chromium as kit
import pytest
from finished_runs import Finished
from playwright.sync_api import Page, expect

from ui import text

browser, page = kit.browser, kit.page
pytestmark = kit.marks


@pytest.fixture
def done(finished: Finished) -> tuple[kit.Server, dict[str, str]]:
    return finished.server, finished.runs


def images_of(field: str) -> int:
    """How many images a field of the matrix stands for, by what it tells a screen reader."""
    found = re.search(rf"{text.CONFUSION_IMAGES}: (\d+)", field)
    return int(found[1]) if found else 0


def test_a_field_of_two_crossed_criteria_opens_its_images(
    done: tuple[kit.Server, dict[str, str]], page: Page, tmp_path: Path
) -> None:
    server, runs = done
    page.goto(f"{server.url}/browse?run={runs['species']}")
    kit.go(page, text.REFINE)
    page.get_by_role("button", name=text.cross_with("colour")).click()
    expect(page.get_by_text(text.crossed("colour", "species"))).to_be_visible(timeout=kit.SLOW)
    fields = page.locator("[data-testid=stVegaLiteChart] .mark-rect path")
    expect(fields.first).to_be_visible()
    kit.settled(page)
    held = [images_of(field.get_attribute("aria-label") or "") for field in fields.all()]
    most = max(range(len(held)), key=held.__getitem__)
    fields.nth(most).click()
    tiles = page.locator("button.tile")
    expect(tiles).to_have_count(held[most])
    kit.pictures_loaded(page)
    kit.picture(page, "compare")
    kit.fits(page)
    # The same by its address alone; the matrix as a file adds up to all images.
    page.goto(page.url)
    expect(tiles).to_have_count(held[most])
    with page.expect_download() as loading:
        page.get_by_role("link", name=text.COMPARE_MATRIX_GET).click()
    loading.value.save_as(tmp_path / "matrix.csv")
    with (tmp_path / "matrix.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [int(cell) for row in list(csv.reader(file))[1:] for cell in row[1:]]
    assert sum(cells) == sum(held)
    assert max(cells) == held[most]
    # An image opens large, in the open run.
    tiles.first.click()
    expect(page).to_have_url(re.compile(rf"/browse\?run={runs['species']}&group=\w+&image=[0-9a-f]{{64}}"))


def test_two_versions_side_by_side(done: tuple[kit.Server, dict[str, str]], page: Page) -> None:
    server, runs = done
    page.goto(f"{server.url}/compare?run={runs['Species']}&with={runs['species']}")
    expect(page.get_by_text(text.GONE_GROUPS)).to_be_visible(timeout=kit.SLOW)
    expect(page.get_by_text(text.SIDE_BY_SIDE)).to_be_visible()
    kit.settled(page)
    kit.go(page, text.COMPARE_SWAP)
    expect(page).to_have_url(re.compile(rf"/compare\?run={runs['species']}&with={runs['Species']}"))
    expect(page.get_by_text(text.NEW_GROUPS)).to_be_visible()
    kit.fits(page)
    places = {
        "compare": f"/compare?run={runs['Species']}&with={runs['species']}",
        "cross": f"/compare?run={runs['species']}&with={runs['colour']}",
    }
    kit.photograph(page, server, places)
