"""Images: give images, see which of them can be used and why others cannot, and choose labels to compare with."""

from __future__ import annotations

import streamlit as st

from core.ingest import source
from ui import text
from ui.components.head import head
from ui.components.notices import guarded
from ui.components.read_text import read_text
from ui.components.safe import safe_md
from ui.images import intake_report
from ui.images.choose import choose
from ui.images.file_names import file_names
from ui.images.near_duplicates import near_duplicates
from ui.images.truth_form import truth_form
from ui.session import run_data, state
from ui.start import recent

dataset_id, truth = run_data.images_at_hand()
look = state.jobs().look_at(dataset_id) if dataset_id else None
given = state.workspace().store.datasets.get(dataset_id) if dataset_id else None

if not look and not given:
    head(text.IMAGES_TITLE)
    if dataset_id:
        st.warning(text.GONE_IMAGES, icon=":material/search_off:")
    with guarded():
        choose()
    recent.recent_runs()
    st.stop()

with head(run_data.images_name(given) if given else text.IMAGES):
    st.button(text.OTHER_IMAGES, icon=":material/add_photo_alternate:", on_click=state.close_run)
if look and look.alive:
    intake_report.at_work(look)
    st.stop()
if look and look.error:
    st.error(safe_md(look.error), icon=":material/error:")
if given is None:
    st.stop()
if not source.is_complete(given):
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f":orange[:material/pause_circle:] {text.LOOK_STOPPED}", width="stretch")
        st.button(
            text.LOOK_ON,
            type="primary",
            icon=":material/play_arrow:",
            key="look-on",
            on_click=intake_report.go_on,
            args=(given,),
        )
usable = intake_report.counts(given)
if usable and source.is_complete(given):
    with st.container(horizontal=True):
        if st.button(
            text.TO_GROUP, type="primary", icon=":material/arrow_forward:", icon_position="right", key="to-group"
        ):
            state.go_to("group")
        if st.button(text.BRING_FOR_THESE, icon=":material/input:", key="to-bring"):
            state.go_to("bring")
elif not usable and source.is_complete(given):
    st.warning(text.NONE_USABLE, icon=":material/block:")
if source.is_complete(given):
    file_names(given)
    near_duplicates(given)
left, right = st.columns([3, 2], gap="large")
with left:
    intake_report.preview(given, usable)
if usable:
    with right, guarded():
        truth_form(given, truth, of_run=bool(state.open_run_id()))
intake_report.skipped(given)
intake_report.noted(given)
if usable and given.source.has_images and source.is_complete(given):
    read_text(given.id)
