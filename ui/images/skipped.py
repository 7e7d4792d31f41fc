"""Files that are in no group because they could not be used, each with its reason."""

from __future__ import annotations

import streamlit as st

from core.domain import DatasetRow
from core.store.runs import RunRow
from ui import text
from ui.session import run_data, state

_SHOWN, _FIT = 1_000, 10


def skip_report(run: RunRow) -> int:
    """A table of skipped files and duplicates; returns how many there are, and shows nothing when there are none."""
    given = run_data.dataset(run)
    number = given.not_grouped if given else 0
    if given and number:
        skip_table(given)
    return number


def skip_table(given: DatasetRow) -> None:
    """One line a file with its reason."""
    items = state.workspace().store.datasets.skipped(given.id, _SHOWN)
    st.caption(text.SKIPPED_NOTE)
    if given.not_grouped > _SHOWN:
        st.caption(text.first_shown(_SHOWN))
    st.dataframe(
        {text.FILE: [item.name for item in items], text.REASON: [item.reason for item in items]},
        hide_index=True,
        column_config={text.REASON: {"width": "large"}},
        height="content" if len(items) <= _FIT else 400,
        alt=text.SKIPPED,
    )
