"""Files that are in no group because they could not be used, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain import ItemRow
from core.store.runs import RunRow
from ui import state, text


def skip_report(run: RunRow) -> int:
    """A table of skipped files and duplicates; returns how many there are, and shows nothing when there are none."""
    items = state.workspace().store.datasets.skipped(run.settings.dataset_id)
    if items:
        skip_table(items)
    return len(items)


def skip_table(items: Sequence[ItemRow]) -> None:
    """One line a file with its reason."""
    st.caption(text.SKIPPED_NOTE)
    st.dataframe(
        {text.FILE: [item.name for item in items], text.REASON: [item.reason for item in items]},
        hide_index=True,
        column_config={text.REASON: {"width": "large"}},
        height=min(38 * len(items) + 40, 400),
        alt=text.SKIPPED,
    )
