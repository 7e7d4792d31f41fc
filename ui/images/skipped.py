"""Files that are in no group because they could not be used, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain import DatasetRow
from core.store.runs import RunRow
from ui import text
from ui.components.gallery import Tile, wall
from ui.session import run_data, state

SHOWN, _FIT = 1_000, 10


def skip_report(run: RunRow) -> int:
    """A table of skipped files and duplicates; returns how many there are, and shows nothing when there are none."""
    given = run_data.dataset(run)
    number = given.not_grouped if given else 0
    if given and number:
        skip_table(given)
    return number


def skip_table(given: DatasetRow) -> None:
    """The images without the part that is looked at, which can be seen; then one line a file with its reason."""
    nothing = _nothing_found(given)
    number = given.not_grouped - nothing
    if not number:
        return
    items = state.workspace().store.datasets.skipped(given.id, SHOWN + nothing)
    rows = [(item.name, item.reason) for item in items if item.status != "skipped" or not item.item_id]
    st.caption(text.SKIPPED_NOTE)
    _table(number, rows[:SHOWN], text.REASON, text.SKIPPED)


def _nothing_found(given: DatasetRow) -> int:
    """A list of its own; returns how many images are in it."""
    items = state.workspace().store.datasets.without_focus(given.id)
    if items:
        st.header(text.nothing_found_in(len(items)), icon=":material/filter_center_focus:", anchor=False)
        st.caption(text.nothing_found_for(given.source.focus))
        tiles = [Tile(item.item_id, item.name, item.name) for item in items[:SHOWN]]
        wall(tiles, text.NOTHING_TO_LOOK_AT, key=f"nothing-found-{given.id}", size=110)
    return len(items)


def noted_table(number: int, noted: Sequence[tuple[str, str]]) -> None:
    """One line an image that was not read as it is, with its note."""
    st.caption(text.NOTED_NOTE)
    _table(number, noted, text.NOTE, text.NOTED)


def _table(number: int, rows: Sequence[tuple[str, str]], about: str, alt: str) -> None:
    if number > SHOWN:
        st.caption(text.first_shown(SHOWN))
    st.dataframe(
        {text.FILE: [name for name, _ in rows], about: [said for _, said in rows]},
        hide_index=True,
        column_config={about: {"width": "large"}},
        height="content" if len(rows) <= _FIT else 400,
        alt=alt,
    )
