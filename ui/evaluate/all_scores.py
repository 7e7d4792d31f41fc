"""Every score with its interval, and each group's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui import text


def table(found: Mapping[str, Any]) -> None:
    """A line a score. found: see core.evaluate.metrics.score."""
    intervals = found["intervals"] or {}
    with st.expander(text.ALL_SCORES, icon=":material/query_stats:"):
        st.caption(text.ALL_SCORES_NOTE)
        st.dataframe(
            {
                text.SCORE: list(text.SCORE_NAMES.values()),
                text.SCORE_VALUE: [found[key] for key in text.SCORE_NAMES],
                text.SCORE_BETWEEN: [
                    text.between(*intervals[key]) if key in intervals else "–" for key in text.SCORE_NAMES
                ],
                text.SCORE_ASSIGNED: [found[f"{key}_assigned"] for key in text.SCORE_NAMES],
            },
            hide_index=True,
            alt=text.ALL_SCORES,
            height="content",
            column_config={
                name: st.column_config.NumberColumn(format="%.3f") for name in (text.SCORE_VALUE, text.SCORE_ASSIGNED)
            },
        )


def per_group(groups: Sequence[Mapping[str, Any]]) -> None:
    """One line a group: the label paired with it, and its commonest one (many to one), the largest group first."""
    with st.expander(text.PER_GROUP, icon=":material/table_rows:"):
        order = sorted(groups, key=lambda one: -one["n"])
        st.dataframe(
            {
                text.CONFUSION_GROUP: [one["group"] for one in order],
                text.CONFUSION_IMAGES: [one["n"] for one in order],
                text.PER_GROUP_LABEL: [one["label"] or "–" for one in order],
                text.RECALL: [100 * one["recall"] for one in order],
                text.PRECISION: [100 * one["precision"] for one in order],
                "F1": [one["f1"] for one in order],
                text.PER_GROUP_COMMONEST: [one["commonest"] for one in order],
                text.PER_GROUP_SHARE: [100 * one["share"] for one in order],
            },
            hide_index=True,
            alt=text.PER_GROUP,
            column_config={
                **{
                    name: st.column_config.NumberColumn(format="%.0f %%")
                    for name in (text.RECALL, text.PRECISION, text.PER_GROUP_SHARE)
                },
                "F1": st.column_config.NumberColumn(format="%.3f"),
            },
        )
