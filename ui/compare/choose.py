"""Which two runs are compared: the open one, and by default the version that it came from."""

from __future__ import annotations

import streamlit as st

from core.domain import DatasetRow, same_name
from core.store.runs import RunRow
from ui import text
from ui.components import empty
from ui.components.safe import plain
from ui.group.new_version import new_version_button
from ui.session import run_data, state

_SEARCHED = 60
_WIDTH = 370
"""Pixels of a field; where there is less room, one stands below the other."""


def others(run: RunRow) -> list[RunRow]:
    """The runs on the same images, or on a sample of them, whose images are sorted: what this one can be compared with.
    The version that it came from is first, then those by the same criterion, the newest first."""
    given = run_data.dataset(run)
    if given is None:
        return []
    runs = run_data.siblings(given, state.workspace().store.runs.recent(_SEARCHED))
    found = [other for other in runs if other.id != run.id and run_data.is_sorted(other) and _is_alike(given, other)]
    criterion = run.settings.criterion
    return sorted(found, key=lambda other: (other.id != run.parent, not same_name(other.settings.criterion, criterion)))


def _is_alike(given: DatasetRow, other: RunRow) -> bool:
    """Whether a run is about the same part of each image: others have no item in common."""
    dataset = run_data.dataset(other)
    return dataset is not None and dataset.source.focus == given.source.focus


def other_run(run: RunRow) -> RunRow:
    """Let the person choose both runs, and return the other one; ends the page where there is none."""
    runs = {other.id: other for other in others(run)}
    if not runs:
        empty.not_yet(text.COMPARE_ALONE_TITLE, text.COMPARE_ALONE, "group", text.TO_VERSION)
        st.stop()
    asked = st.query_params.get(state.OTHER_RUN, "")
    if asked and asked not in runs:
        st.warning(text.COMPARE_GONE, icon=":material/search_off:")
    chosen = asked if asked in runs else next(iter(runs))
    names = {key: plain(run_data.run_name(each), 90) for key, each in {run.id: run, **runs}.items()}
    crossed = not same_name(runs[chosen].settings.criterion, run.settings.criterion)
    titles = (text.COMPARE_ROWS, text.COMPARE_COLUMNS) if crossed else (text.COMPARE_BEFORE, text.COMPARE_NOW)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        before = st.selectbox(
            titles[0], list(runs), list(runs).index(chosen), format_func=names.__getitem__,
            key=f"with-{run.id}-{chosen}", width=_WIDTH,
        )  # fmt: skip
        now = st.selectbox(
            titles[1], [run.id, *runs], format_func=names.__getitem__, key=f"open-{run.id}-{chosen}", width=_WIDTH
        )
        swapped = st.button(text.COMPARE_SWAP, icon=":material/swap_horiz:", key="swap")
        if run_data.has_pictures(run):
            new_version_button(run)
    if swapped or now == before:
        state.go_to("compare", chosen, **{state.OTHER_RUN: run.id})
    if (before, now) != (chosen, run.id):  # the page is drawn anew: the fields are named after what they show
        state.go_to("compare", str(now), **{state.OTHER_RUN: str(before)})
    if asked != chosen:
        st.query_params.from_dict({"run": run.id, state.OTHER_RUN: chosen})
    return runs[chosen]
