"""One image: drop it, see where it goes for everything these images were grouped by, add it if it should stay."""

from __future__ import annotations

import streamlit as st

from core import where
from ui import data, empty, place, state, text
from ui.notices import guarded
from ui.safe import safe_md

st.title(text.WHERE_TITLE)
run = empty.open_run()
dataset = run.settings.dataset_id
st.caption(safe_md(data.run_name(run), 90))
if not where.grouped(state.workspace(), dataset):
    empty.until_sorted(run, text.WHERE_EMPTY)
if not data.has_pictures(run):
    st.info(text.WHERE_RECORDS, icon=":material/info:")
    st.stop()
given = place.drop_zone()
if given is None:
    st.caption(text.WHERE_NOTE)
else:
    with guarded():
        place.show(given, place.find(dataset, given))
