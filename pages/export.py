"""Export: the groups to take away, all or some: a page to send, tables, and a ZIP with one folder a group."""

from __future__ import annotations

import streamlit as st

from ui import text
from ui.components import empty
from ui.components.head import head
from ui.components.sight_note import sight_note
from ui.export import cards
from ui.session import run_data, state

run = empty.open_run(text.EXPORT)
head(text.EXPORT, run_data.run_name(run))
sight_note(run.settings, run_data.view(run).edited.clusters)
empty.until_sorted(run, text.EXPORT_EMPTY)
if state.jobs().get(run.id):
    st.info(text.EXPORT_AT_WORK, icon=":material/hourglass_top:")

only = cards.choose_part(run_data.view(run))
with st.grid(2, min_column_width=340, gap="small"):
    cards.report_card(run, only)
    cards.figures_card(run, run_data.view(run))
    cards.table_card(run, only)
    cards.folders_card(run, only)
    cards.programs_card(run, only)
st.space("small")
cards.workspace_card()
