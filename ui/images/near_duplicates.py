"""Near duplicates among the images given: shown in groups; one of each can be kept in a click, and taken back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain import DatasetRow
from core.pipeline import intake
from ui import text
from ui.components.gallery import Tile, wall
from ui.components.notices import act
from ui.components.safe import plain
from ui.session import state

_SHOWN = 12
"""Groups drawn; the button is about all."""


def near_duplicates(given: DatasetRow) -> None:
    """What looks nearly the same, and what was left out for it; nothing where there is neither."""
    out = given.counts.get("excluded", 0)
    groups = _groups(given.id, given.counts.get("ready", 0), out)
    if out:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(text.left_out_by_you(out), width="stretch")
            st.button(text.NEAR_BACK, icon=":material/undo:", key="near-back", on_click=act, args=(_back, given.id))
    if not groups:
        return
    copies = sum(len(group) - 1 for group in groups)
    with st.expander(text.near(len(groups), copies), icon=":material/filter_none:"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(text.NEAR_NOTE, width="stretch")
            st.button(
                text.NEAR_KEEP,
                icon=":material/filter_1:",
                key="near-keep",
                on_click=act,
                args=(_keep, given.id, groups),
            )
        with st.grid(3, min_column_width=240, gap="small"):
            for place, group in enumerate(groups[:_SHOWN]):
                with st.container(border=True):
                    tiles = [
                        Tile(item, name, plain(f"{text.NEAR_KEPT if not rank else name}, {size}", 60))
                        for rank, (item, name, size) in enumerate(group)
                    ]
                    wall(tiles, text.NEAR, key=f"near-{given.id}-{place}", size=88, lines=3)
        if len(groups) > _SHOWN:
            st.caption(text.first_groups(_SHOWN))


@st.cache_data(max_entries=8, show_spinner=False)
def _groups(dataset_id: str, ready: int, excluded: int) -> list[list[tuple[str, str, str]]]:
    """Ids, names and sizes, the one to keep first; remembered while as many images as now are ready and left out."""
    store = state.workspace().store
    found = intake.near_duplicate_groups(store, dataset_id)
    names = store.datasets.names(dataset_id) if found else {}
    sized = intake.largest_first(store, found)
    return [[(item, names[item], f"{width} × {height}") for item, width, height in group] for group in sized]


def _keep(dataset_id: str, groups: Sequence[Sequence[tuple[str, str, str]]]) -> str:
    ids = [[item for item, _, _ in group] for group in groups]
    return text.left_out(intake.keep_one(state.workspace().store, dataset_id, ids))


def _back(dataset_id: str) -> None:
    store = state.workspace().store.datasets
    store.include(dataset_id, [item.item_id for item in store.items(dataset_id, status="excluded")])
