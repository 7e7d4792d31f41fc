"""From a run to its comparisons: with the version that it came from, and crossed with other criteria."""

from __future__ import annotations

import streamlit as st

from core.domain import folded
from core.store.runs import RunRow
from ui import text
from ui.compare.choose import others
from ui.components.safe import safe_md
from ui.group.new_version import new_version_button
from ui.session import run_data, state

_CROSSED = 2
"""Other criteria that a button is shown for; the page itself offers all runs."""


def links(run: RunRow) -> None:
    """Buttons: to make a new version, and to compare with the version before and with the newest run by each of a few
    other criteria, where there are such runs."""
    if run_data.has_pictures(run):  # rows alone show nothing that a model could look at
        new_version_button(run)
    runs = others(run)
    if any(other.id == run.parent for other in runs):
        _link(run, run.parent, text.COMPARE_PARENT, ":material/compare_arrows:")
    crossed: dict[str, RunRow] = {}
    for other in runs:
        crossed.setdefault(folded(other.settings.criterion), other)
    crossed.pop(folded(run.settings.criterion), None)
    for other in list(crossed.values())[:_CROSSED]:
        _link(run, other.id, safe_md(text.cross_with(other.settings.criterion), 60), ":material/grid_on:")


def _link(run: RunRow, other: str, label: str, icon: str) -> None:
    if st.button(label, icon=icon, type="tertiary", key=f"compare-{run.id}-{other}"):
        state.go_to("compare", run.id, **{state.OTHER_RUN: other})
