"""Bring results in: groups that were made elsewhere become a run to browse, compare and export."""

from __future__ import annotations

import streamlit as st

from ui import bring, state, text
from ui.notices import guarded

st.title(text.BRING_TITLE, anchor=False)
st.markdown(text.BRING_NOTE)
one = state.jobs().bringing(st.query_params.get("bring", ""))
if one and one.alive and not one.run_id:
    bring.at_work(one)
    st.stop()
with guarded():
    if one:
        bring.ended(one)
with guarded():
    bring.form()
