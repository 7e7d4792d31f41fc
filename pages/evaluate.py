"""Evaluate: how well the groups match labels that the person has, and how to give such labels."""

from __future__ import annotations

import streamlit as st

from ui import text
from ui.components import empty
from ui.components.head import head
from ui.components.sight_note import sight_note
from ui.evaluate import all_scores, confusion, matching, without_truth
from ui.session import run_data, state

run = empty.open_run(text.EVALUATE)
head(text.EVALUATE, run_data.run_name(run))
sight_note(run.settings, run_data.view(run).edited.clusters)
empty.until_sorted(run, text.EVALUATE_EMPTY)

view = run_data.view(run)
with st.spinner(text.COMPARING):  # the first time, the words for things are read
    corrected = confusion.choose_labels(view)
    found = run_data.scores(run, corrected)
if found:
    confusion.summary(run, found, view.count())
    confusion.matrix(run, view, found["per_class"], corrected)
    confusion.per_label(found["per_class"])
    all_scores.per_group(found["per_group"])
    all_scores.table(found)
    matching.by_hand(run, view)
    confusion.differing_labels(run)
    with st.expander(text.LABELS_CHANGE, icon=":material/label:"):
        confusion.ask_for_labels(run)
elif state.jobs().get(run.id):
    st.info(text.BROWSE_SOON, icon=":material/hourglass_top:")
else:
    st.info(text.NO_LABELS, title=text.NO_LABELS_TITLE, icon=":material/label:")
    confusion.ask_for_labels(run)
if not state.jobs().get(run.id):
    without_truth.show(run, view)
