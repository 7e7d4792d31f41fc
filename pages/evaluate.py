"""Evaluate: how well the groups match labels that the person has, and how to give such labels."""

from __future__ import annotations

import streamlit as st

from ui import data, empty, evaluation, state, text
from ui.safe import safe_md

st.title(text.EVALUATE)
run = empty.open_run()
st.caption(safe_md(data.run_name(run), 90))
empty.until_sorted(run, text.EVALUATE_EMPTY)

view = data.view(run)
with st.spinner(text.COMPARING):  # the first time, a model that compares names is loaded
    found = data.scores(run)
if found:
    evaluation.summary(found, view.count())
    evaluation.matrix(run, view, found["per_class"])
    evaluation.per_label(found["per_class"])
    with st.expander(text.LABELS_CHANGE, icon=":material/label:"):
        evaluation.ask_for_labels(run)
elif state.jobs().get(run.id):
    st.info(text.BROWSE_SOON, icon=":material/hourglass_top:")
else:
    st.info(text.NO_LABELS, title=text.NO_LABELS_TITLE, icon=":material/label:")
    evaluation.ask_for_labels(run)
