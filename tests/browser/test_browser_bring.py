"""Results made elsewhere in a real browser: IC|TC's own files are dropped and scored as published."""

from __future__ import annotations

import re

import pytest
from chromium import SLOW, Server, browser, fits, marks, page, photograph, settled, turn_to
from conftest import DATASETS
from playwright.sync_api import Page, expect

from ui import text

__all__ = ["browser", "page"]  # fixtures

ICTC = DATASETS / "ictc-ppmi"
pytestmark = [*marks, pytest.mark.skipif(not ICTC.is_dir(), reason="IC|TC's published results are not here")]


def test_ictc_results_dropped_together(shared_server: Server, page: Page) -> None:
    page.goto(shared_server.url)
    page.get_by_role("button", name=text.BRING_PAGE).click()
    expect(page.get_by_text(text.BRING_TITLE)).to_be_visible()
    settled(page)
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(sorted(ICTC.iterdir()))
    start = page.get_by_role("button", name=text.BRING_START)
    expect(start).to_be_enabled(timeout=SLOW)
    fits(page)
    photograph(page, shared_server, {"bring": "/bring"})
    page.get_by_role("textbox", name=text.BRING_NAME).fill("instrument")
    start.click()
    # It leads on to the groups by itself.
    expect(page).to_have_url(re.compile(r"/browse\?run=\w+"), timeout=SLOW)
    expect(page.get_by_text("by instrument").first).to_be_visible(timeout=SLOW)
    fits(page)
    turn_to(page, "evaluate")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("0.964", timeout=SLOW)
    fits(page)
