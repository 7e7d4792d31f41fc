"""The fields above a map: alike in what, by which method, in how many dimensions, and what the colours show."""

from __future__ import annotations

import streamlit as st

from core.store.runs import RunRow
from ui import text
from ui.compare.choose import others
from ui.components.safe import plain
from ui.map.address import MapPlace, set_field
from ui.session import run_data


def fields(run: RunRow, place: MapPlace) -> MapPlace:
    """Draw them in one row. Returns what is looked at: the colours of a run that is gone are those of the groups."""
    runs = {other.id: text.map_colour_of_run(plain(run_data.run_name(other), 50)) for other in others(run)}
    colours = text.MAP_COLOURS | runs
    if not run.settings.truth and not run.settings.records:
        colours.pop("truth", None)
    colour = place.colour if place.colour in colours else "group"
    bys = text.MAP_BYS if run_data.has_pictures(run) else {"texts": text.MAP_BYS["texts"]}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _field("by", text.MAP_BY, bys, place.by, text.MAP_BY_HELP)
        _field("method", text.MAP_METHOD, text.MAP_METHODS, place.method, text.MAP_METHOD_HELP)
        _field("dimensions", text.MAP_DIMENSIONS, text.MAP_DIMENSION, str(place.dimensions))
        _field("colour", text.MAP_COLOUR, colours, colour)
        with st.popover(text.MAP_LIMITS_BUTTON, icon=":material/info:"):
            st.markdown(text.MAP_LIMITS)
            st.markdown(text.MAP_METHOD_HELP)
    return MapPlace(place.by, place.method, place.dimensions, colour)


def _field(name: str, label: str, options: dict[str, str], value: str, tip: str = "") -> None:
    key = f"map-{name}"
    st.session_state[key] = value  # what the address says
    st.selectbox(
        label, list(options), key=key, format_func=options.__getitem__, help=tip or None, width=210,
        on_change=set_field, args=(name, key),
    )  # fmt: skip
