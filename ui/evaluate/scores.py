"""How well the groups match labels that the person has, in one plain sentence, and the way to all the scores."""

from __future__ import annotations

import streamlit as st

from core.results.labels_about import other_column
from core.store.runs import RunRow
from ui import text
from ui.components.safe import safe_md
from ui.session import run_data, state


def scores(run: RunRow) -> None:
    """The sentence; nothing where there are no labels to compare with."""
    found = run_data.scores(run)
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        column = safe_md(other_column(run.settings.truth, run.settings.criterion), 60)
        st.markdown(f":material/fact_check: **{text.matches(found, column)}**", width="content")
        if st.button(text.SCORES, type="tertiary", icon=":material/query_stats:", key="scores"):
            state.go_to("evaluate")
