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
        st.markdown(f"**:material/edit_note: {safe_md(text.version_of(run_data.run_name(run)), 140)}**")
        st.caption(text.VERSION_NOTE)
        with st.container(horizontal=True, vertical_alignment="center"):
            if run_options.get("names"):
                st.caption(text.VERSION_NAMES, width="content")
                st.button(text.VERSION_NAMES_ANEW, type="tertiary", key="names-anew", on_click=_find_anew)
            st.button(text.VERSION_NO, type="tertiary", key="no-version", on_click=lineage.forget)


def _find_anew() -> None:
    run_options.put("names", "")
