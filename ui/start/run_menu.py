"""What can be done to a run wherever it is listed: give it a name, delete it, and take that back."""

from __future__ import annotations

import streamlit as st

from core.store.runs import RunRow
from ui import text
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.session import run_data, state

_DELETED = "deleted-runs"
"""Where the session keeps (id, name) of the runs that it deleted, as long as that can be undone here."""


def run_menu(run: RunRow) -> None:
    """A button that opens a field for the run's name and a button that deletes it."""
    menu = st.popover(text.RUN_MENU, type="tertiary", key=f"menu-{run.id}", on_change="rerun")
    if not menu.open:
        return
    with menu:
        field = f"name-{run.id}"
        st.text_input(
            text.RUN_NAME,
            run.name,
            key=field,
            placeholder=run_data.run_name(run),
            on_change=act,
            args=(_rename, run.id),
        )
        st.caption(text.RUN_NAME_NOTE)
        st.button(text.RUN_DELETE, icon=":material/delete:", key=f"delete-{run.id}", on_click=act, args=(_delete, run))
        st.caption(text.RUN_DELETE_NOTE)


def undo_deletions() -> None:
    """A line for each run that this session deleted, with the way back."""
    for run_id, name in st.session_state.get(_DELETED, []):
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(safe_md(text.run_deleted(name), 160), width="stretch")
            st.button(
                text.RUN_BACK, icon=":material/undo:", key=f"back-{run_id}", on_click=act, args=(_bring_back, run_id)
            )


def _rename(run_id: str) -> None:
    state.workspace().store.catalogue.set_name(run_id, str(st.session_state.get(f"name-{run_id}") or ""))


def _delete(run: RunRow) -> None:
    """Stop the run and take it out of sight."""
    state.jobs().stop(run.id)
    st.session_state[_DELETED] = [*st.session_state.get(_DELETED, []), (run.id, run_data.run_name(run))]
    if state.open_run_id() == run.id:
        state.choose_images(*run_data.images_at_hand())
    state.workspace().store.catalogue.delete(run.id)


def _bring_back(run_id: str) -> None:
    state.workspace().store.catalogue.restore(run_id)
    st.session_state[_DELETED] = [entry for entry in st.session_state.get(_DELETED, []) if entry[0] != run_id]
