"""The map itself, what it shows in words and as a table, and how far it can be trusted."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core.explore.regions import Region, regions
from core.pipeline import maps
from core.pipeline.maps import Map, Wanted
from core.store.runs import RunRow
from ui import text
from ui.components.point_map import Kind, Points, packed, point_map
from ui.components.safe import safe_md
from ui.map import chosen
from ui.map.address import MapPlace
from ui.map.colours import REST, coloured
from ui.session import run_data, state


def kept(run: RunRow, wanted: Wanted) -> Map | None:
    """The map as it was drawn before, or None."""
    return _kept(wanted, repr(state.workspace().store.measures.version(run.id, run.settings.dataset_id)))


@st.cache_resource(max_entries=4, show_spinner=False)
def _kept(wanted: Wanted, version: str) -> Map | None:
    return maps.kept(state.workspace(), wanted)


def drawn(run: RunRow, place: MapPlace, found: Map) -> None:
    """Draw it; what a person chooses on it is remembered for the wall below."""
    other = run.id if place.colour in text.MAP_COLOURS else place.colour
    version = repr(state.workspace().store.measures.version(run.id, other, run.settings.dataset_id))
    made, said, table = _made(run.id, place, version, run_data.run_name(run))
    st.caption(said)
    items = found.items
    point_map(
        made,
        key=f"map-{run.id}",
        cleared=st.session_state.get("map-cleared", 0),
        on_chosen=lambda rows: chosen.choose(run, tuple(items[row] for row in rows)),
    )
    st.caption(text.map_quality(found.neighbours, found.held, found.laid_out, len(items), found.asked - len(items)))
    with st.expander(text.MAP_TABLE, icon=":material/table:"):
        st.caption(text.MAP_TABLE_NOTE)
        st.dataframe(table, hide_index=True, alt=said)


@st.cache_resource(max_entries=4, show_spinner=False)
def _made(run_id: str, place: MapPlace, version: str, name: str) -> tuple[dict[str, Any], str, dict[str, list[Any]]]:
    """What the browser is sent, the sentence on it, and the table; remembered while nothing changes."""
    workspace = state.workspace()
    run = workspace.store.runs.get(run_id)
    assert run
    found = maps.kept(workspace, place.wanted(run))
    assert found
    kinds, legend = coloured(workspace.store, run_id, place.colour, found.items)
    own = regions(found.points, kinds, range(len(legend)))
    colours = text.MAP_COLOURS.get(place.colour) or text.map_colour_of_run(_name(place.colour))
    closest, loosest = _closest([one for one in own if legend[one.kind].colour != REST] or own)
    if place.colour == "confidence":
        closest = ()  # degrees of one thing: which stand side by side says nothing
    said = text.map_said(
        len(found.items), place.method, place.by, colours, [legend[kind].name for kind in closest], legend[loosest].name
    )
    names = workspace.store.datasets.names(run.settings.dataset_id)
    what = f"{place.wanted(run).what} {len(found.items)} {hash(found.items)}"
    points = Points(
        what,
        f"{what} {place.colour} {version}",
        found.items,
        [names[item] for item in found.items],
        found.points,
        kinds,
        legend,
        text.map_title(name, place.method, place.by, colours),
        said,
        f"map-{place.method}-{place.by}.png",
        run_data.has_pictures(run),
    )
    return packed(points), safe_md(said), _table(own, legend)


def _name(run_id: str) -> str:
    run = state.workspace().store.runs.get(run_id)
    return run_data.run_name(run) if run else run_id


def _closest(own: list[Region]) -> tuple[tuple[int, ...], int]:
    """The two kinds whose middles are nearest, none where there is one kind only; and the kind that spreads most."""
    loosest = max(own, key=lambda region: region.spread).kind
    pairs = [(one, other) for place, one in enumerate(own) for other in own[place + 1 :]]
    if not pairs:
        return (), loosest
    one, other = min(pairs, key=lambda pair: float(np.hypot(*np.subtract(pair[0].centre, pair[1].centre)[:2])))
    return (one.kind, other.kind), loosest


def _table(own: list[Region], legend: list[Kind]) -> dict[str, list[Any]]:
    return {
        text.MAP_KIND: [legend[region.kind].name for region in own],
        text.MAP_IMAGES: [region.images for region in own],
        text.MAP_SPREAD: [round(region.spread, 2) for region in own],
        text.MAP_NEAREST: ["" if region.nearest is None else legend[region.nearest].name for region in own],
    }
