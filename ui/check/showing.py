"""What is still to be shown of groups that a person makes by examples, and the way to what follows from it."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from core.models.supplied import examples
from core.pipeline.checking import FIRST_EXAMPLES
from core.results.run_view import View
from core.store.runs import RunRow
from ui import text
from ui.check.preview import SHOWN
from ui.components.safe import safe_md
from ui.session import state


def to_be_shown(run: RunRow, view: View) -> bool:
    """Whether groups are made by examples, and nothing was learnt from these yet."""
    return run.settings.text == examples.KIND and not view.edited.learnt


def showing(run: RunRow, view: View) -> None:
    """One line: how many pictures of each group were shown so far. Nothing for other runs, or once they were learnt."""
    if not to_be_shown(run, view):
        return
    edited = view.edited
    count = Counter(edited.moved.values())
    shown = [(cluster.name, count[cluster.id]) for cluster in edited.clusters]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        told = " · ".join(f"{place} {safe_md(name, 40)}: **{number}**" for place, (name, number) in enumerate(shown, 1))
        st.markdown(f":material/back_hand: {text.show_examples(FIRST_EXAMPLES)} {told}", width="stretch")
        if st.button(
            text.CHECK_APPLY,
            icon=":material/model_training:",
            key="showing-apply",
            type="primary",
            help=text.CHECK_APPLY_HELP,
            disabled=any(number < FIRST_EXAMPLES for _, number in shown),
        ):
            st.session_state[SHOWN] = True
            state.go_to("check", run.id)
