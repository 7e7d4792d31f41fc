"""Labels: those of the person's that are probably wrong, checked one by one with keys; what was given stays."""

from __future__ import annotations

import streamlit as st

from core.export.tables import csv_pieces
from core.pipeline.label_check import CORRECTED, corrected
from ui import text
from ui.clusters.undo import undo_button
from ui.components import empty
from ui.components.head import head
from ui.evaluate import doubts
from ui.session import run_data, state

run = empty.open_run(text.LABELS_PAGE)
head(text.LABELS_PAGE, run_data.run_name(run))
empty.until_sorted(run, text.DOUBTS_EMPTY)
if state.jobs().get(run.id):
    st.info(text.BROWSE_SOON, icon=":material/hourglass_top:")
    st.stop()
view = run_data.view(run)
labels = view.confusion().classes
if not labels:
    st.info(text.NO_LABELS, title=text.NO_LABELS_TITLE, icon=":material/label:")
    st.stop()
with st.spinner(text.DOUBTS_WORKING):
    found = run_data.doubts(run)
left = doubts.left(run, view, found)
with st.container(horizontal=True, vertical_alignment="center"):
    said = text.doubts_left(len(left), found.looked_at, len(view.relabelled))
    st.caption(found.why or said, width="stretch")
    undo_button(run)
    st.download_button(
        text.DOUBTS_CSV,
        lambda: b"".join(csv_pieces(CORRECTED, corrected(run_data.view(run)))),
        "labels.csv",
        "text/csv",
        help=text.DOUBTS_CSV_HELP,
        icon=":material/download:",
        on_click="ignore",
    )
if doubts.spelling(run, view):
    pass  # what is spelled in two ways is settled first: it makes two labels of one
elif left:
    doubts.question(run, left, labels)
elif not found.why:
    st.info(text.DOUBTS_NONE, icon=":material/done_all:")
