"""What a kind of local model runs on, where it is missing: what it takes to add it, a button, and how far it is."""

from __future__ import annotations

import streamlit as st

from core.models import parts
from ui import text
from ui.components.notices import act
from ui.components.safe import safe_md

_POLL_SECONDS = 1.0


def missing_part(kind: str) -> None:
    """Offer to add what a kind of model runs on, or show how far that is; nothing where it is here."""
    now = parts.adding()
    if now and not now.over:
        _progress()
        return
    if parts.is_here(kind):
        if now and now.part == kind and not now.error:
            st.success(text.PART_HERE, icon=":material/check_circle:")
        return
    if now and now.part == kind and now.cancelled:
        st.info(text.PART_CANCELLED, icon=":material/pause_circle:")
    if now and now.part == kind and now.error:
        st.error(safe_md(now.error, 600), title=text.PART_FAILED, icon=":material/error:")
    if not parts.can_add():
        st.info(safe_md(f"{text.PART_MISSING[kind]} {parts.next_step(kind)}"), icon=":material/extension:")
        return
    part = parts.part_of(kind)
    needs = text.part_needs(part.fetch_gb, part.disk_gb, parts.free_gb(), part.minutes)
    st.info(f"{text.PART_MISSING[kind]} {needs}", icon=":material/extension:")
    again = bool(now and now.part == kind)
    st.button(
        text.PART_AGAIN if again else text.PART_ADD, icon=":material/download:", key="part-add", on_click=act,
        args=(parts.add, kind),
    )  # fmt: skip


@st.fragment(run_every=_POLL_SECONDS)
def _progress() -> None:
    """How far it is, drawn anew each second; the whole page once it is over."""
    now = parts.adding()
    if now is None or now.over:
        st.rerun()
    said = f"{text.PART_ADDING[now.part]}: {safe_md(now.said or text.PART_BEGINS)}"
    if now.share is None:
        st.caption(f":material/hourglass_top: {said}")
    else:
        st.progress(now.share, said)
    st.button(text.PART_CANCEL, icon=":material/close:", key="part-cancel", on_click=parts.cancel)
