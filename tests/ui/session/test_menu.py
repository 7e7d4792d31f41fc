"""The menu: at most seven entries, each page in one of them, the pages of a section one click from each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app import fresh_server, images, make, models, open_app
from streamlit.testing.v1 import AppTest
from waiting import wait_for

from core.ingest import source
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
    assert links(at) == [text.NAMES, text.BROWSE, text.MAP, text.WHERE_PAGE]
    assert {link.proto.query_string for link in at.get("page_link")} == {f"run={run_id}"}
    assert not links(open_app("export", run=run_id))  # it is alone


def test_an_entry_leads_to_the_page_that_was_seen_last(make: Callable[..., str]) -> None:
    at = open_app("browse", run=make())
    assert entry(at, text.SECTION_GROUPS) == "browse"
    at.switch_page("../pages/where.py").run()
    assert entry(at, text.SECTION_GROUPS) == "where"
    at.switch_page("../pages/export.py").run()
    assert entry(at, text.SECTION_GROUPS) == ""  # One image is for one visit


def test_no_address_says_where_a_table_of_labels_lies(images: Path, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("image,hue\n0_red.png,red\n", encoding="utf-8")
    dataset = source.find(str(images), "", state.workspace().config)
    state.jobs().look(dataset)
    wait_for(lambda: (look := state.jobs().look_at(dataset.dataset_id)) is None or not look.alive)
    at = open_app("group", dataset=dataset.dataset_id, truth=f"{table}:hue")  # as an address of before
    assert at.session_state["open_truth"] == f"{table}:hue"
    at.switch_page("../pages/images.py").run()
    short = "".join(at.query_params["truth"])
    assert "/" not in short
    again = open_app("group", dataset=dataset.dataset_id, truth=short)
    assert again.session_state["open_truth"] == f"{table}:hue"
