"""The menu: at most seven entries, each page in one of them, the pages of a section one click from each other."""

from __future__ import annotations

from collections.abc import Callable

from app import fresh_server, images, make, models, open_app
from streamlit.testing.v1 import AppTest

from ui import text
from ui.session import state

__all__ = ["fresh_server", "images", "make", "models"]  # fixtures


def entry(at: AppTest, section: str) -> str:
    """The page that an entry of the menu leads to, as the session knows it; "" for the first."""
    key = f"page-of-{section}"
    return str(at.session_state[key]) if key in at.session_state else ""


def links(at: AppTest) -> list[str]:
    return [link.proto.label for link in at.get("page_link")]


def test_the_menu_has_at_most_seven_entries_and_every_page_its_place() -> None:
    sections = {place.section for place in state.PAGES.values()} - {""}
    assert sections == set(state.SECTIONS)
    assert len(state.SECTIONS) <= 7
    assert [name for name, place in state.PAGES.items() if not place.section] == ["start"]


def test_the_pages_of_a_section_are_one_click_away(make: Callable[..., str]) -> None:
    run_id = make()
    at = open_app("browse", run=run_id)
    assert links(at) == [text.NAMES, text.BROWSE, text.WHERE_PAGE]
    assert {link.proto.query_string for link in at.get("page_link")} == {f"run={run_id}"}
    assert not links(open_app("export", run=run_id))  # it is alone


def test_an_entry_leads_to_the_page_that_was_seen_last(make: Callable[..., str]) -> None:
    at = open_app("browse", run=make())
    assert entry(at, text.SECTION_GROUPS) == "browse"
    at.switch_page("../pages/where.py").run()
    assert entry(at, text.SECTION_GROUPS) == "where"
    at.switch_page("../pages/export.py").run()
    assert entry(at, text.SECTION_GROUPS) == ""  # One image is for one visit
