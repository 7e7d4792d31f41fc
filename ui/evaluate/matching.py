"""Which group counts as a label's own, said by hand."""

from __future__ import annotations

import streamlit as st

from core.results.edits import Match
from core.results.run_view import View
from core.store.runs import RunRow
from ui import text
from ui.clusters import edit_callbacks
from ui.clusters.undo import undo_button
from ui.components.notices import act

_AUTO = ""


def by_hand(run: RunRow, view: View) -> None:
    """A label and a group to pair it with; a decision like any other, which can be undone."""
    with st.expander(text.MATCHING, icon=":material/link:"):
        st.caption(text.MATCHING_NOTE)
        table, called = view.confusion(), {cluster.id: cluster.name for cluster in view.edited.clusters}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            label = st.selectbox(text.MATCHING_LABEL, table.classes, key="match-label")
            now, key = view.by_hand.get(str(label), _AUTO), f"match-{run.id}-{label}"
            choices = [_AUTO, *(cluster for cluster in table.clusters if cluster)]
            st.session_state[key] = now if now in choices else _AUTO
            st.selectbox(
                text.CONFUSION_GROUP,
                choices,
                format_func=lambda one: called.get(one, text.MATCHING_AUTO),
                key=key,
                on_change=lambda: act(_match, run, str(label), st.session_state[key]),
            )
            undo_button(run)


def _match(run: RunRow, label: str, cluster_id: str) -> str | None:
    return edit_callbacks.apply(run.id, Match(run.settings.truth, label, cluster_id or None))
