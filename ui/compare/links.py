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

_CROSSED = 3
"""Other criteria that a button is shown for, at most; the page itself offers all runs."""


def links(run: RunRow) -> None:
    """Buttons: to make a new version, to compare with the one before or after, and to cross with further criteria."""
    if run_data.has_pictures(run):  # rows alone show nothing that a model could look at
        new_version_button(run)
    if any(other.id == run.parent for other in others(run)):
        _link(run.id, run.parent, text.COMPARE_PARENT, ":material/compare_arrows:")
    if newer := next((other for other in others(run) if other.parent == run.id), None):
        _link(newer.id, run.id, text.COMPARE_NEWER, ":material/compare_arrows:")
    for other in _crossed(run)[1:_CROSSED]:
        _cross(run, other)


def cross_link(run: RunRow) -> None:
    """A button that crosses a run with the newest one by another criterion; nothing where there is none."""
    for other in _crossed(run)[:1]:
        _cross(run, other)


def _crossed(run: RunRow) -> list[RunRow]:
    """The newest run by each other criterion on these images."""
    found: dict[str, RunRow] = {}
    for other in others(run):
        found.setdefault(folded(other.settings.criterion), other)
    found.pop(folded(run.settings.criterion), None)
    return list(found.values())


def _cross(run: RunRow, other: RunRow) -> None:
    _link(run.id, other.id, safe_md(text.cross_with(other.settings.criterion), 60), ":material/grid_on:")


def _link(run_id: str, other: str, label: str, icon: str) -> None:
    """To a run beside another, the one before it."""
    if st.button(label, icon=icon, type="tertiary", key=f"compare-{run_id}-{other}"):
        state.go_to("compare", run_id, **{state.OTHER_RUN: other})
