"""Export: the groups to take away, as a table or as a ZIP with one folder a group."""

from __future__ import annotations

import streamlit as st

from core import download
from ui import data, empty, state, text
from ui.downloads import address
from ui.notices import guarded
from ui.safe import safe_md

st.title(text.EXPORT)
run = empty.open_run()
st.caption(safe_md(data.run_name(run), 90))
empty.until_sorted(run, text.EXPORT_EMPTY)
if state.jobs().get(run.id):
    st.info(text.EXPORT_AT_WORK, icon=":material/hourglass_top:")

left, right = st.columns(2, gap="medium")
with left, st.container(border=True, height="stretch"):
    st.subheader(text.EXPORT_TABLE, icon=":material/table:", anchor=False)
    st.markdown(text.EXPORT_TABLE_NOTE)
    st.space("stretch")
    st.link_button(
        text.EXPORT_TABLE_GET, address(run.id, "table.csv"), type="primary", icon=":material/download:", key="csv"
    )
with right, st.container(border=True, height="stretch"), guarded():
    st.subheader(text.EXPORT_FOLDERS, icon=":material/folder_zip:", anchor=False)
    about = download.about_folders(state.workspace(), run.id)
    if not about.pictures:
        st.markdown(text.EXPORT_RECORDS)
    else:
        st.markdown(text.folders_note(about.files, about.originals))
        st.caption(text.EXPORT_PREVIEW)
        st.caption(" · ".join(f"{safe_md(name, 60)} ({count:,})" for name, count in about.folders))
        st.space("stretch")
        st.link_button(
            text.EXPORT_FOLDERS_GET,
            address(run.id, "folders.zip"),
            type="primary",
            icon=":material/download:",
            key="zip",
        )
