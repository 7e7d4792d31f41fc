"""Sets of names: kept for other runs, used here, as a text file and back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain import Cluster
from core.ingest.text import lenient
from core.pipeline import suggest_names
from core.pipeline.suggest_names import Wanted
from core.results import name_sets
from core.results.name_sets import Name
from core.store.runs import RunRow
from ui import text
from ui.clusters import opened, suggest_again
from ui.components.dialog import dialog
from ui.components.notices import act, guarded
from ui.components.safe import safe_md
from ui.session import state

_FILE = "names.txt"


@dialog(lambda: text.SETS, on_dismiss=opened.close)
def sets_dialog(run: RunRow, clusters: Sequence[Cluster]) -> None:
    """Save the names of these groups, or use a set that was saved or is in a file."""
    own = [(cluster.name, cluster.meaning) for cluster in clusters]
    with guarded():
        st.caption(text.SETS_NOTE)
        with st.form("save-set", border=False, clear_on_submit=True):
            title = st.text_input(text.SET_TITLE, value=run.settings.criterion, key=f"set-title-{run.id}")
            if st.form_submit_button(text.SET_SAVE, icon=":material/save:"):
                name_sets.save(state.workspace().store, title or "", own)
                st.toast(text.SET_SAVED, icon=":material/check:")
        st.download_button(
            text.SET_DOWNLOAD, name_sets.written(own), _FILE, "text/plain", icon=":material/download:", key="set-file"
        )
    st.divider()
    with guarded():
        _saved(run)
    with guarded():
        dropped = st.file_uploader(text.SET_UPLOAD, ["txt"], help=text.SET_UPLOAD_HELP, key=f"set-upload-{run.id}")
        if dropped is not None:
            _use(run, name_sets.read(lenient(dropped.getvalue())), "file")


def _saved(run: RunRow) -> None:
    sets = name_sets.saved(state.workspace().store)
    if not sets:
        st.caption(text.SET_NONE)
        return
    which = st.selectbox(
        text.SET_WHICH, list(sets), format_func=lambda title: text.set_named(title, len(sets[title])), key="set-which"
    )
    st.caption(safe_md(", ".join(name for name, _ in sets[which]), 600))
    _use(run, sets[which], "saved")
    st.button(
        text.SET_REMOVE,
        icon=":material/delete:",
        type="tertiary",
        key="set-remove",
        on_click=act,
        args=(_remove, which),
    )


def _use(run: RunRow, names: Sequence[Name], key: str) -> None:
    """Form groups of these names, to be compared with those that there are."""
    if not suggest_names.can_suggest(run.settings):
        st.info(text.SUGGEST_ELSEWHERE, icon=":material/info:")
        return
    wanted = Wanted(len(names), names=tuple(names))
    suggest_again.takes(run, wanted)
    if st.button(text.SET_USE, type="primary", icon=":material/playlist_add_check:", key=f"set-use-{key}"):
        suggest_again.ask(run.id, wanted)
        opened.close()
        st.rerun()


def _remove(title: str) -> None:
    name_sets.remove(state.workspace().store, title)
