"""Start: three ways to begin (my images, a folder on this computer, the demo) and the recent runs."""

from __future__ import annotations

import streamlit as st

from ui import text
from ui.components.head import head
from ui.components.notices import guarded
from ui.session import state
from ui.start import demo, recent

head(text.START_TITLE)
st.markdown(text.TAGLINE)
with guarded(), st.grid(3, min_column_width=240, gap="medium"):
    for key, icon, title, note, label in (
        ("files", "upload", text.MINE, text.MINE_NOTE, text.CHOOSE),
        ("path", "folder_open", text.FOLDER_CHOICE, text.FOLDER_CHOICE_NOTE, text.CHOOSE),
        ("demo", "auto_awesome", text.DEMO, text.DEMO_NOTE, text.SHOW_DEMO),
    ):
        with st.container(border=True, height="stretch", gap="small"):
            st.markdown(f"## :primary[:material/{icon}:] {title}")
            st.caption(note)
            if key == "demo":
                demo.pictures()
            st.space("stretch")
            pressed = st.button(
                label, type="primary", icon=":material/arrow_forward:", icon_position="right", key=f"begin-{key}",
                width="stretch",
            )  # fmt: skip
            if pressed and key == "demo":
                demo.begin()
            elif pressed:
                state.close_run()
                state.go_to("images", way=key)
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    st.markdown(text.BRING_LEAD, width="content")
    if st.button(text.BRING_PAGE, type="tertiary", icon=":material/input:", key="begin-bring"):
        state.close_run()
        state.go_to("bring")
recent.recent_runs()
