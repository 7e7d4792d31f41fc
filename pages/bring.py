"""Bring results in: groups that were made elsewhere become a run to browse, compare and export."""

from __future__ import annotations

import streamlit as st

from ui import text
from ui.components.head import head
from ui.components.notices import guarded
from ui.import_results import panel
from ui.session import state

head(text.BRING_TITLE)
st.markdown(text.BRING_NOTE)
bringing = state.jobs().bringing(st.query_params.get("bring", ""))
if bringing and bringing.alive and not bringing.run_id:
    panel.at_work(bringing)
    st.stop()
with guarded():
    if bringing:
        panel.ended(bringing)
with guarded():
    panel.form()
