"""Map: all images of a run as points, like ones side by side; what is drawn around is shown below, and can be moved."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.explore.layout import has_umap
from core.pipeline import maps
from ui import text
from ui.components import empty
from ui.components.head import head
from ui.components.looking import under_way
from ui.components.notices import guarded
from ui.map import address
from ui.map.chosen import wall_of_chosen
from ui.map.drawn import drawn, kept
from ui.map.fields import fields
from ui.session import run_data

_BY_ITSELF = 3_000
"""Images of which a map is drawn without asking."""

run = empty.open_run(text.MAP)
head(text.MAP, run_data.run_name(run))
empty.until_sorted(run, text.MAP_EMPTY)
place = fields(run, address.here(run_data.has_pictures(run)))
wanted = place.wanted(run)
with guarded():
    view = run_data.view(run)
    found = kept(run, wanted)
    number = view.count()
    if found:
        drawn(run, place, found)
        wall_of_chosen(run, view)
    elif place.method == "umap" and not has_umap():
        st.info(text.MAP_UMAP_MISSING, icon=":material/extension:")
    else:
        under_way(
            f"{run.settings.dataset_id}/{wanted.what}",
            partial(maps.draw, wanted=wanted),
            label=text.MAP_DRAW,
            note=text.map_cost(number),
            by_itself=number <= _BY_ITSELF,
        )
