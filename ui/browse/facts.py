"""What is known of one image: its group and why, how sure, what else it may be, who moved it when, what was said."""

from __future__ import annotations

import streamlit as st

from core.results.run_view import Row, View
from core.store.runs import RunRow
from ui import text
from ui.browse import explanation
from ui.browse.overview import REST
from ui.clusters.group_data import second_choice
from ui.components.safe import safe_md
from ui.language import tr

_SHARES = 5
"""Groups whose probability is shown."""


def facts(run: RunRow, view: View, row: Row) -> None:
    """All of it, the group first."""
    name = row.cluster.name if row.cluster else tr(REST[row.state][0])
    st.header(safe_md(name, 80), anchor=False)
    _badges(row)
    for title, value in [*_sorting(run, view, row), *_contents(row)]:
        if value:
            with st.container(gap=None):
                st.caption(title, help=text.CONFIDENCE_HELP if title == text.CONFIDENCE else None)
                st.markdown(value)
    if explanation.asked_in_words(run):
        explanation.what_was_said(run, row.item_id)


def _badges(row: Row) -> None:
    with st.container(horizontal=True):
        if row.source == "person":
            st.badge(text.BY_PERSON, icon=":material/person:", color="blue")
        if row.source == "propagated":
            st.badge(text.BY_LIKENESS, icon=":material/compare:", color="violet")
        if row.source == "learnt":
            st.badge(text.BY_LEARNING, icon=":material/school:", color="green")
        if row.source == "split":
            st.badge(text.BY_SPLIT, icon=":material/call_split:", color="blue")
        if row.earlier:
            st.badge(text.EARLIER, icon=":material/update:", color="orange")


def _sorting(run: RunRow, view: View, row: Row) -> list[tuple[str, str]]:
    """Why it is where it is."""
    found: list[tuple[str, str]] = []
    if row.confidence is not None:
        found.append((text.CONFIDENCE, text.percent(row.confidence)))
    elif row.state == "assigned" and row.source in ("model", "split"):
        found.append((text.CONFIDENCE, text.CONFIDENCE_UNKNOWN))
    found.append((text.HISTORY, explanation.history(run, view, row)))
    found.append((text.BECAUSE, explanation.because(run, row)))
    others = explanation.shares(view, row)[:_SHARES]
    if len(others) > 1:
        lines = (f"{safe_md(named, 80)} ({text.percent(share)})" for named, share in others)
        found.append((text.SHARES, "  \n".join(lines)))
    else:
        second = second_choice(view, row)
        if second and second[1] >= explanation.SHOWN:
            found.append((text.SECOND, f"{safe_md(second[0].name, 80)} ({text.percent(second[1])})"))
    if row.state == "failed":
        found.append((text.WHY, safe_md(row.reason, 300)))
    elif row.reason:
        found.append((text.SAID, safe_md(row.reason, 200)))
    return found


def _contents(row: Row) -> list[tuple[str, str]]:
    return [
        (text.LABEL, safe_md(row.label, 120)),
        (text.YOUR_LABEL, safe_md(row.truth, 120)),
        (text.DESCRIPTION, safe_md(row.description, 1200)),
        (text.FILE, safe_md(row.name, 200)),
    ]
