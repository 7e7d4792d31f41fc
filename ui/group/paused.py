"""A run that does not go on by itself: why, what is left, and how to continue; a spending cap can be raised here."""

from __future__ import annotations

import math

import streamlit as st

from core.errors import BadInput
from core.store.runs import RunRow
from ui import text
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.group import progress
from ui.session import model_choice, state


def paused(run: RunRow, status: str) -> None:
    """For runs that were stopped by a person, by what they wait for, or by the end of a process."""
    why = run.message if status == "stopped" else state.jobs().ended_with(run.id)
    if why:
        st.warning(f"{safe_md(why)} {progress.left(run)}", title=text.PAUSED_TITLE, icon=":material/pause_circle:")
    else:
        sentence = text.STOPPED if status == "stopped" else text.INTERRUPTED
        st.info(f"{sentence} {progress.left(run)}", icon=":material/pause_circle:")
    if cap_reached(run):
        _raise(run)
        return
    with st.container(horizontal=True):
        progress.continue_button(run, text.CONTINUE)
        if why:
            server_button(run)


def server_button(run: RunRow) -> None:
    """To the page with the server and its key, for runs that use one; keys last for a session only."""
    served = any(
        model_choice.server_of(spec) for spec in (run.settings.vision, run.settings.text, run.settings.fallback)
    )
    if served and st.button(text.CONNECT_CHECK, icon=":material/key:", key="check-server"):
        state.go_to("connect")


def cap_reached(run: RunRow) -> bool:
    """Whether a run stopped because it has cost what it may."""
    return bool(run.settings.cap) and progress.spent(run) >= run.settings.cap


def _raise(run: RunRow) -> None:
    field = f"cap-{run.id}"
    st.session_state.setdefault(field, float(math.ceil(2 * max(run.settings.cap, progress.spent(run)))))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(text.RAISE_CAP, 0.0, step=1.0, format="%.2f", key=field, help=text.CAP_HELP, width=260)
        st.button(
            text.RAISE, type="primary", icon=":material/play_arrow:", key=f"raise-{run.id}", on_click=act,
            args=(raise_cap, run),
        )  # fmt: skip


def raise_cap(run: RunRow) -> None:
    """Let the run cost what the field says, and go on. Raises BadInput."""
    cap = float(st.session_state.get(f"cap-{run.id}") or 0)
    if cap and cap <= progress.spent(run):
        raise BadInput(text.CAP_TOO_LOW)
    state.workspace().store.runs.set_cap(run.id, cap)
    progress.resume(run.id)
