"""Above the form: that the next run is a new version of another, and the ways out of that."""

from __future__ import annotations

import streamlit as st

from ui import text
from ui.components.safe import safe_md
from ui.session import lineage, run_data, run_options


def version_note() -> None:
    """Nothing where the next run stands for itself."""
    run = lineage.parent()
    if run is None:
        return
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            name = safe_md(text.version_of(run_data.run_name(run)), 140)
            st.markdown(f"**:material/edit_note: {name}**", width="stretch", help=text.VERSION_NOTE)
            st.button(text.VERSION_NO, type="tertiary", key="no-version", on_click=lineage.forget)
        if run_options.get("names"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(text.VERSION_NAMES, width="stretch")
                st.button(text.VERSION_NAMES_ANEW, type="tertiary", key="names-anew", on_click=_find_anew)


def _find_anew() -> None:
    run_options.put("names", "")
