"""One image: drop it, see where it goes for everything these images were grouped by, add it if it should stay."""

from __future__ import annotations

import streamlit as st

from core.pipeline import place_image
from ui import text
from ui.components import empty
from ui.components.head import head
from ui.components.notices import guarded
from ui.components.sight_note import sight_note
from ui.place_image import panel
from ui.session import run_data, state

run = empty.open_run(text.WHERE_TITLE)
head(text.WHERE_TITLE, run_data.run_name(run))
if not place_image.grouped(state.workspace(), run.settings.dataset_id):
    empty.until_sorted(run, text.WHERE_EMPTY)
if not run_data.has_pictures(run):
    st.info(text.WHERE_RECORDS, icon=":material/info:")
    st.stop()
given = panel.drop_zone()
if given is None:
    st.caption(text.WHERE_NOTE)
    sight_note(run.settings)  # else each card says it of its own criterion
else:
    with guarded():
        panel.show(given, panel.find(run, given), run.id)
