"""Where images would be if they were sorted now, for the page Names; reckoned once for the same groups."""

from __future__ import annotations

import hashlib

import streamlit as st

from core.pipeline import draft as drafts
from core.pipeline.draft import Chosen, Draft
from core.results.edited import Edited
from core.results.run_view import get_run
from core.steps import name
from core.store.runs import RunRow
from ui.session import state


def draft_of(run: RunRow, edited: Edited) -> Draft:
    """The draft of a run whose images are not sorted yet, or of other groups than it has."""
    asked = hashlib.sha256(name.write(edited.asked).encode()).hexdigest()
    return _draft(run.id, _version(run), asked, edited.decisions.version, edited)


def _version(run: RunRow) -> str:
    """Changes whenever more images have a label."""
    counts = state.workspace().store.answers.step_counts(run.id)
    return repr([counts.get(step) for step in ("describe", "label")])


@st.cache_resource(max_entries=8, show_spinner=False)
def _draft(run_id: str, version: str, asked: str, decided: str, _edited: Edited) -> Draft:
    """decided: where a person put images."""
    store = state.workspace().store
    return drafts.draft(store, get_run(store, run_id), _edited, _chosen(run_id, version, asked, _edited))


@st.cache_resource(max_entries=8, show_spinner=False)
def _chosen(run_id: str, version: str, asked: str, _edited: Edited) -> Chosen | None:
    store = state.workspace().store
    return drafts.chosen(store, get_run(store, run_id), _edited.asked)
