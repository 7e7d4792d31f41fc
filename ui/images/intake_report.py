"""What came of looking at the images: progress, counts, a preview, and a report of what could not be used."""

from __future__ import annotations

import streamlit as st

from core.domain import DatasetRow
from core.ingest import source
from core.jobs import Look
from ui import text
from ui.components.gallery import Tile, wall
from ui.components.notices import act, guarded
from ui.images.skipped import SHOWN, noted_table, skip_table
from ui.language import digits
from ui.session import run_data, state

_PREVIEW = 48
_LATEST = 24


def at_work(look: Look) -> None:
    """Progress of a look under way; the page is drawn again when it ends."""
    st.fragment(_live, run_every=0.7)(look)


def _live(look: Look) -> None:
    with guarded():
        if not look.alive:
            st.rerun()
        now = look.progress
        line = text.doing("ingest", now.done, now.total, now.rate, now.seconds_left) if now else text.READYING
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(min(1.0, now.done / now.total) if now and now.total else 0.0, text=line, width="stretch")
            st.button(text.STOP, icon=":material/stop_circle:", key="stop-look", on_click=look.cancel.set)
        items = state.workspace().store.datasets.latest(look.dataset_id, _LATEST)
        wall([Tile(item.item_id, item.name) for item in items], text.PREVIEW, key="looking", size=110)


def go_on(given: DatasetRow) -> None:
    """For the button: look again at a dataset that was not finished (what was copied before is quick)."""

    def again() -> None:
        origin = source.reopen(given, state.workspace().config)
        state.jobs().look(origin)
        state.choose_images(origin.dataset_id, run_data.images_at_hand()[1])

    act(again)


def counts(given: DatasetRow) -> int:
    """The numbers, which add up to what was given; returns how many images can be grouped."""
    usable, left_out = given.counts.get("ready", 0), given.counts.get("excluded", 0)
    cells = [
        (text.USABLE, usable, None),
        (text.DUPLICATES, given.counts.get("duplicate", 0), text.DUPLICATES_HELP),
        (text.SKIPPED, given.counts.get("skipped", 0), text.SKIPPED_HELP),
    ]
    if left_out:
        cells.insert(2, (text.LEFT_OUT, left_out, text.LEFT_OUT_HELP))
    with st.grid(len(cells), min_column_width=160, gap="small"):
        for label, number, tip in cells:
            st.metric(label, digits(number), help=tip, border=True)
    return usable


def preview(given: DatasetRow, usable: int) -> None:
    """Thumbnails from all over the dataset."""
    if not usable:
        return
    shown = state.workspace().store.datasets.spread(given.id, _PREVIEW)
    st.header(text.PREVIEW, anchor=False)
    if len(shown) < usable:
        st.caption(text.PREVIEW_NOTE.format(shown=len(shown), all=digits(usable)))
    pictures = given.source.has_images
    wall([Tile(item.item_id, item.name, "", pictures) for item in shown], text.PREVIEW, key="preview", size=110)


def skipped(given: DatasetRow) -> None:
    """What is not grouped, with the reason and what to do."""
    number = given.not_grouped
    if number:
        with st.expander(f"{text.NOT_GROUPED}: {digits(number)}", icon=":material/block:", expanded=number < 6):
            skip_table(given)


def noted(given: DatasetRow) -> None:
    """What is grouped and was not read as it is."""
    number, rows = state.workspace().store.datasets.noted(given.id, SHOWN)
    if number:
        with st.expander(f"{text.NOTED}: {digits(number)}", icon=":material/info:"):
            noted_table(number, rows)
