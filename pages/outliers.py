"""Odd images: blurred, nearly blank, unlike all others or off the subject; each is excluded or kept, and comes back."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.explore.outliers import LEAST
from core.pipeline import outliers
from ui import text
from ui.components import empty
from ui.components.head import head
from ui.components.looking import under_way
from ui.components.notices import guarded
from ui.outliers.review import review
from ui.session import run_data, state

_BY_ITSELF = 3_000
"""Images that are looked through without asking."""
_SUBJECT = "subject"

dataset_id, _ = run_data.images_at_hand()
given = state.workspace().store.datasets.get(dataset_id) if dataset_id else None
head(text.ODD, run_data.images_name(given) if given else "")
if given is None:
    empty.nowhere(text.ODD, text.ODD_EMPTY, "images", text.IMAGES)
    st.stop()
if not given.source.has_images:
    st.info(text.ODD_RECORDS, icon=":material/info:")
    st.stop()


def _ask() -> None:
    st.query_params[_SUBJECT] = str(st.session_state["odd-subject"]).strip()


subject = st.query_params.get(_SUBJECT, "").strip()[:40]
st.session_state["odd-subject"] = subject
st.text_input(
    text.ODD_SUBJECT, key="odd-subject", help=text.ODD_SUBJECT_HELP, placeholder=text.ODD_SUBJECT_EXAMPLE, width=360,
    on_change=_ask, max_chars=40,
)  # fmt: skip
with guarded():
    found = outliers.kept(state.workspace(), dataset_id, subject)
    if found is None:
        under_way(
            f"{dataset_id}/{outliers.what(subject)}",
            partial(outliers.find, dataset_id=dataset_id, subject=subject),
            label=text.ODD_FIND,
            note=text.ODD_NOTE,
            by_itself=given.counts.get("ready", 0) <= _BY_ITSELF,
        )
    else:
        few = text.too_few(LEAST) if given.counts.get("ready", 0) < LEAST else ""
        st.caption(f"{text.ODD_NOTE} {few}")
        review(given, found, subject)
