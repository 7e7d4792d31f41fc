"""What is out of date since the person edited the groups, and the two ways to sort again."""

from __future__ import annotations

import streamlit as st

from core.models.supplied.imported import KIND
from core.results.run_view import View
from core.store.runs import RunRow
from ui import text
from ui.clusters import edit_callbacks
from ui.components.notices import act, guarded
from ui.components.safe import safe_md
from ui.session import state

_REASONS = 5


def stale_notice(run: RunRow, view: View) -> None:
    """Say how many images are out of date or failed, each with a button that asks them again; nothing when none is."""
    stale, failed = view.earlier(), view.states()["failed"]
    if stale:
        _notice(run, f":orange[:material/update:] {text.out_of_date(stale)}", text.ASSIGN_AGAIN)
    if failed and run.settings.text == KIND:  # what was brought in has no more to say
        st.caption(f":material/info: {text.not_brought(failed)}")
    elif failed:
        _notice(run, f":red[:material/error:] {text.failed(failed)}", text.AGAIN)


def skipped_notice(view: View) -> None:
    """Say which edits no longer apply, as after two windows edited at once; nothing when all do."""
    if view.edited.skipped:
        reasons = "\n".join(f"- {safe_md(reason)}" for _, reason in view.edited.skipped[:_REASONS])
        st.warning(f"{text.skipped_edits(len(view.edited.skipped))}\n{reasons}", icon=":material/rule:")


def _notice(run: RunRow, sentence: str, label: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(sentence, width="stretch")
        st.button(
            label, type="primary", icon=":material/sync:", key=f"sort-{label}", on_click=act,
            args=(edit_callbacks.sort, run.id),
        )  # fmt: skip


def assign_button(run: RunRow, key: str, disabled: bool = False) -> None:
    """The names are right: sort the images into the groups, and watch that where they will be."""
    if st.button(text.ASSIGN, type="primary", icon=":material/sort:", key=key, disabled=disabled):
        with guarded():
            edit_callbacks.sort(run.id)
            state.go_to("browse")


def check_all_button(run: RunRow) -> None:
    """Sort every image anew whose answer was not given under today's names."""
    st.button(
        text.CHECK_ALL,
        icon=":material/published_with_changes:",
        key="check-all",
        help=text.CHECK_ALL_HELP,
        on_click=act,
        args=(edit_callbacks.sort, run.id, True),
    )
