"""How well the groups hold together, which needs no labels."""

from __future__ import annotations

import streamlit as st

from core.store.runs import RunRow
from ui import text
from ui.session import run_data

_LITTLE = 0.05


def show(run: RunRow) -> None:
    """The internal metrics of each space, measured when asked for."""
    st.header(text.WITHOUT, anchor=False)
    st.caption(text.WITHOUT_NOTE)
    asked = f"without-truth-{run.id}"
    if not st.session_state.get(asked):
        st.button(text.WITHOUT_START, key="without-truth", on_click=st.session_state.__setitem__, args=(asked, True))
        return
    with st.spinner(text.WITHOUT_START):
        found = run_data.without_truth(run)
    if not found:
        st.caption(text.WITHOUT_NONE)
    for space, own in found.items():
        st.subheader(text.WITHOUT_SPACES[space], anchor=False)
        st.caption(text.sampled(own.sampled))
        with st.grid(4, min_column_width=150, gap="small"):
            for title, tip, value, form in (
                (text.SILHOUETTE, text.SILHOUETTE_HELP, own.silhouette, "{:.3f}"),
                (text.CALINSKI, text.CALINSKI_HELP, own.calinski_harabasz, "{:,.1f}"),
                (text.DAVIES, text.DAVIES_HELP, own.davies_bouldin, "{:.2f}"),
                (text.BALANCE, text.BALANCE_HELP, own.balance, "{:.2f}"),
            ):
                st.metric(title, "–" if value is None else form.format(value), help=tip, border=True)
        if own.silhouette is not None and own.silhouette < _LITTLE:
            st.caption(text.WITHOUT_LITTLE)
