"""Export: the groups to take away, all or some: a page to send, tables, and a ZIP with one folder a group."""

from __future__ import annotations

import streamlit as st

from ui import data, empty, exports, state, text
from ui.safe import safe_md

st.title(text.EXPORT)
run = empty.open_run()
st.caption(safe_md(data.run_name(run), 90))
empty.until_sorted(run, text.EXPORT_EMPTY)
if state.jobs().get(run.id):
    st.info(text.EXPORT_AT_WORK, icon=":material/hourglass_top:")

only = exports.choose_part(data.view(run))
with st.grid(2, min_column_width=340, gap="small"):
    exports.report_card(run, only)
    exports.table_card(run, only)
    exports.folders_card(run, only)
    exports.programs_card(run, only)
st.space("small")
exports.workspace_card()
