"""Recent runs, each one click away; those that were interrupted say so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import streamlit as st

from core.domain import DatasetRow
from core.store.runs import RunRow
from ui import text
from ui.components.gallery import Tile, wall
from ui.components.safe import safe_md
from ui.group import progress
from ui.session import run_data, state
from ui.start.run_menu import run_menu, undo_deletions

_COLOURS = {
    "running": "primary", "waiting": "blue", "new": "gray", "stopped": "orange", "interrupted": "orange",
    "failed": "red", "done": "green",
}  # fmt: skip
_SHOWN, _SEARCHED = 8, 60
_STRIP, _THUMBNAIL = 5, 40
"""Pictures beside a run, and their size in pixels."""


def status_of(run: RunRow) -> str:
    """The status as pages see it: work that is going on first, and a run that was never started is "new"."""
    if state.jobs().get(run.id):
        return "running"
    if run.status == "running":
        return "interrupted"
    if run.status == "waiting" and "name" not in state.workspace().store.answers.step_counts(run.id):
        return "new"
    return run.status


def status_badge(run: RunRow) -> None:
    status = status_of(run)
    st.badge(text.STATUS[status], color=_COLOURS[status])  # type: ignore[arg-type]


def recent_runs() -> None:
    """The newest runs with their state."""
    runs = state.workspace().store.runs.recent(_SHOWN)
    st.header(text.RECENT, anchor=False)
    undo_deletions()
    if not runs:
        st.caption(text.NO_RECENT)
    _cards(runs)
    unreadable = state.workspace().store.runs.unreadable()
    if unreadable:
        st.caption(f":material/error: {text.unreadable_runs(unreadable)}")


def groupings(given: DatasetRow, but: str = "") -> None:
    """Runs on the same images, or on a sample of them. but: the one that is shown already."""
    runs = [run for run in run_data.siblings(given, state.workspace().store.runs.recent(_SEARCHED)) if run.id != but]
    if runs or not but:
        st.header(text.VERSIONS, anchor=False)
        st.caption(text.VERSIONS_NOTE)
    undo_deletions()
    _cards(runs[:_SHOWN], beside=but)


def _cards(runs: Sequence[RunRow], beside: str = "") -> None:
    """One card a run, side by side where there is room. beside: the open run, to compare these with."""
    with st.grid(3, min_column_width=280, gap="small"):
        for run in runs:
            _card(run, beside)


def _card(run: RunRow, beside: str) -> None:
    status = status_of(run)
    with st.container(border=True, gap="xsmall", height="stretch"):
        with st.container(horizontal=True, vertical_alignment="top", gap="xsmall"):
            st.markdown(f"**{safe_md(run_data.run_name(run), 80)}**", width="stretch")
            run_menu(run)
        _strip(run)
        st.space("stretch")
        with st.container(horizontal=True, vertical_alignment="center"):
            status_badge(run)
            now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
            st.caption(text.ago((now - run.created_at).total_seconds()), width="stretch")
            if beside and run_data.is_sorted(run) and st.button(text.COMPARE, type="tertiary", key=f"beside-{run.id}"):
                state.go_to("compare", beside, **{state.OTHER_RUN: run.id})
            go_on = status in ("stopped", "interrupted", "new")
            if st.button(text.CONTINUE if go_on else text.OPEN, key=f"recent-{run.id}"):
                if go_on:
                    progress.resume(run.id)
                state.go_to({"done": "browse", "waiting": "names"}.get(status, "group"), run.id)


def _strip(run: RunRow) -> None:
    """The surest image of each of the first groups, or some of the images; nothing where there are no pictures.

    The groups are as some page has last shown them: a strip is not worth making them anew.
    """
    if not run_data.has_pictures(run):
        return
    store = state.workspace().store
    placed = store.placements.examples(run.id, 1)[:_STRIP]
    shown = [(row.item_id, row.name) for row in placed] or [
        (i, "") for i in store.datasets.ends(run.settings.dataset_id)
    ]
    if shown:
        tiles = [Tile(item, name) for item, name in shown]
        wall(tiles, text.RUN_PICTURES, key=f"strip-{run.id}", size=_THUMBNAIL)
