"""Names drawn from the first images, to look at while the rest is being described."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain import Cluster
from core.pipeline import validation
from core.results import run_view
from core.store.runs import RunRow
from ui import text
from ui.clusters.group_data import groups
from ui.components.gallery import Tile, wall
from ui.components.safe import safe_md
from ui.session import run_data, state

_EXAMPLES = 3


def first_names(run: RunRow) -> None:
    """A card a group of the first sample; nothing before there is one, or when all groups have their names."""
    found = run_view.first_names(state.workspace().store, run.id)
    if not found:
        return
    st.markdown(f"**{text.FIRST_NAMES}**")
    st.caption(text.first_names(validation.sample_size(run.settings.k)))
    pictures = run_data.has_pictures(run)
    with st.grid(4, min_column_width=170, gap="small"):
        for cluster, tiles in _cards(run.id, [cluster.name for cluster in found], found):
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.markdown(f"**{safe_md(cluster.name, 60)}**")
                shown = [Tile(item, said, "", pictures) for item, said in tiles]
                wall(shown, cluster.name, key=f"first-{run.id}-{cluster.id}", size=48)


@st.cache_data(max_entries=4, show_spinner=False)
def _cards(run_id: str, names: Sequence[str], _found: Sequence[Cluster]) -> list[tuple[Cluster, list[tuple[str, str]]]]:
    """Each group with the ids and descriptions of some examples; kept by names, as the panel is drawn every second."""
    formed = groups(run_view.View(state.workspace().store, run_id), _found, sorted_=False)
    return [
        (group.cluster, [(row.item_id, row.description or row.name) for row in group.rows[:_EXAMPLES]])
        for group in formed
    ]
