"""Compare: two runs on the same images side by side; what changed, or one criterion crossed with another."""

from __future__ import annotations

import streamlit as st

from core.results.compare import compare
from ui import text
from ui.compare import flow, groups
from ui.compare.choose import other_run
from ui.compare.downloads import downloads
from ui.compare.side_by_side import side_by_side
from ui.compare.together import together
from ui.components import empty
from ui.components.head import head
from ui.components.notices import guarded
from ui.components.sight_note import sight_note
from ui.session import run_data, state

run = empty.open_run(text.COMPARE)
head(text.COMPARE, run_data.run_name(run))
empty.until_sorted(run, text.COMPARE_EMPTY)

other = other_run(run)
if any(state.jobs().get(each.id) for each in (run, other)):
    st.info(text.COMPARE_AT_WORK, icon=":material/hourglass_top:")
with guarded():
    found = compare(state.workspace().store, other.id, run.id)
    beside = flow.figures(found)
    noted = st.container()
    groups.carried_over(found)
    flow.matrix(found, run)
    table = st.container()
    groups.renamed(found)
    groups.gone_and_new(found)
    groups.changed(found, run)
    downloads(found)
    every = st.container()
    with table, st.spinner(text.COMPARING):  # last: scores load a model the first time
        side_by_side(found)
    with beside:
        flow.agreement(found)
    with every:
        together(run)
    with noted:  # last for the same reason
        for view in (found.first, found.second):
            sight_note(view.run.settings, view.edited.clusters, of=run_data.run_name(view.run))
