"""From a result to its next version: the form as this run had it, with the names of today where a person gave them."""

from __future__ import annotations

import streamlit as st

from core.domain import folded
from core.models.baseline.recipe import is_baseline
from core.results import decisions
from core.results.edited import Edited
from core.store.runs import RunRow
from ui import text
from ui.components.notices import act
from ui.group import number_of_groups
from ui.group.form import another
from ui.session import lineage, run_options, state


def new_version_button(run: RunRow) -> None:
    """Opens the form, filled in; nothing for a baseline, whose form is another."""
    if is_baseline(run.settings.text):
        return
    st.button(
        text.NEW_VERSION, icon=":material/edit_note:", key="new-version", help=text.NEW_VERSION_HELP, on_click=act,
        args=(new_version, run),
    )  # fmt: skip


def new_version(run: RunRow) -> None:
    """Fill in the form for a new version of a run, and go there."""
    names = _names(run, decisions.clusters(state.workspace().store, run.id))
    k = max(run.settings.k, len(names))
    another(run)
    lineage.begin(run.id)
    if names:
        run_options.put("names", "\n".join(names))
        number_of_groups.show(k)
    state.go_next("group", criterion=run.settings.criterion, k=str(k))


def _names(run: RunRow, edited: Edited) -> list[str]:
    """The names of today, where a person gave some of them; a placeholder is no name."""
    proposed = {folded(cluster.name) for cluster in decisions.proposal(state.workspace().store, run.id)}
    names = [cluster.name for cluster in edited.clusters if not cluster.needs_name]
    given = bool(run.settings.names) or {folded(cluster.name) for cluster in edited.clusters} != proposed
    return names if given else []
