"""What became of the groups of two versions: renamed, gone, new; and the images that changed."""

from __future__ import annotations

import streamlit as st

from core.results.carry import carried
from core.results.compare import Alone, Comparison
from core.results.run_view import Query, View
from core.store.runs import RunRow
from ui import text
from ui.browse.overview import REST
from ui.compare.flow import images
from ui.components.gallery import Tile, wall
from ui.components.safe import safe_md
from ui.session import run_data

_SHOWN = 12
_EXAMPLES = 6
_PLACES = 4


def carried_over(found: Comparison) -> None:
    """What became of the moves by hand of the version before; nothing where there were none."""
    for run, before in ((found.second.run, found.first.run), (found.first.run, found.second.run)):
        if run.parent == before.id and (moves := carried(found.store, run.id)) and (said := text.carried(moves)):
            st.caption(f":material/drive_file_move: {safe_md(said, 400)}")


def renamed(found: Comparison) -> None:
    """Groups that are the same by their images and called otherwise."""
    if not found.renamed:
        return
    here, there = found.names
    st.header(text.RENAMED, icon=":material/edit:", anchor=False)
    st.markdown(
        "\n".join(
            f"- {safe_md(text.from_to(here[one], there[other]), 160)} ({text.images(found.flow.get((one, other), 0))})"
            for one, other in found.renamed[:_SHOWN]
        )
    )
    _cut(len(found.renamed))


def gone_and_new(found: Comparison) -> None:
    """Groups that only one of the two has, with where their images are in the other."""
    for title, icon, groups, view, names in (
        (text.GONE_GROUPS, ":material/remove_circle:", found.gone, found.first, found.names[1]),
        (text.NEW_GROUPS, ":material/add_circle:", found.new, found.second, found.names[0]),
    ):
        if groups:
            st.header(title, icon=icon, anchor=False)
            named = dict(names) | {key: said for key, (said, *_) in REST.items()}
            with st.grid(3, min_column_width=280, gap="small"):
                for alone in groups[:_SHOWN]:
                    _card(alone, view, named, now=view is found.first)
            _cut(len(groups))


def changed(found: Comparison, run: RunRow) -> None:
    """All images that are in another group than before, as a wall. run: the open one."""
    if found.changed:
        st.header(text.CHANGED_IMAGES, icon=":material/swap_horiz:", anchor=False)
        key = f"changed-{found.first.run.id}-{found.second.run.id}"
        images(found, list(found.changed), run, label=text.CHANGED_IMAGES, key=key)


def _card(alone: Alone, view: View, names: dict[str, str], *, now: bool) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f"**{safe_md(alone.cluster.name, 80)}** · {text.images(alone.size)}")
        places = [(names[key], number) for key, number in list(alone.elsewhere.items())[:_PLACES]]
        st.caption(safe_md(text.went(places, now=now), 240))
        rows = view.rows(Query(cluster_id=alone.cluster.id, order="sure"), _EXAMPLES)
        pictures = run_data.has_pictures(view.run)
        tiles = [Tile(row.item_id, row.description or row.name, "", pictures) for row in rows]
        if tiles:
            wall(tiles, alone.cluster.name, key=f"alone-{view.run.id}-{alone.cluster.id}", size=64)


def _cut(number: int) -> None:
    if number > _SHOWN:
        st.caption(text.first_shown(_SHOWN))
