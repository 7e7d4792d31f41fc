"""Group: say what to group by and how many groups, watch the work, and find earlier groupings of the same images."""

from __future__ import annotations

import streamlit as st

from core.ingest import source
from core.models.supplied.imported import KIND
from ui import text
from ui.clusters.stale import stale_notice
from ui.components import empty
from ui.components.head import head
from ui.components.notices import act, guarded
from ui.components.safe import safe_md
from ui.components.sight_note import sight_note
from ui.group import estimate, progress, suggestions
from ui.group.form import another_button, begin_all, form
from ui.group.new_version import new_version_button
from ui.group.paused import paused, server_button
from ui.images.skipped import skip_report
from ui.import_results.panel import left_out
from ui.session import follow_run, model_choice, run_data, state
from ui.start import recent
from ui.start.run_menu import run_menu

run_id = state.open_run_id()
run = state.workspace().store.runs.get(run_id) if run_id else None
if run_id and run is None:
    empty.open_run(text.GROUP)
dataset_id, truth = run_data.images_at_hand()
images = state.workspace().store.datasets.get(dataset_id) if dataset_id else None

if run is None:
    head(text.GROUP_TITLE)
    if not dataset_id:
        empty.nowhere(text.NO_IMAGES_TITLE, text.NO_IMAGES, "start", text.TO_IMAGES)
    if images is None or not source.is_complete(images) or not images.counts.get("ready"):
        empty.nowhere(text.IMAGES, text.STILL_OPENING, "images", text.TO_THESE)
    assert images is not None
    st.caption(f"{safe_md(run_data.images_name(images), 60)} · {text.images(images.counts.get('ready', 0))}")
    found, columns = suggestions.at_hand(images, truth)
    suggestions.strip(found, images)
    left, right = st.columns([3, 2], gap="large")
    with left, guarded():
        form(images, truth, found, columns)
        st.page_link(
            state.page("baseline"), label=text.TO_BASELINE, icon=":material/scatter_plot:", query_params=state.address()
        )
        recent.groupings(images)
    with right, guarded():
        suggestions.panel(found, images)
    st.stop()

with head(run_data.run_name(run)):
    recent.status_badge(run)
    run_menu(run)
    if run_data.has_pictures(run):  # rows alone show nothing that a model could look at
        if run_data.is_sorted(run):
            new_version_button(run)
        another_button(run)

status = recent.status_of(run)
follow_run.lead_on(run, status)
sight_note(run.settings)
given = run_data.dataset(run)
sample = given is not None and run_data.sampled(given)
if status == "failed":
    st.error(safe_md(run.message), title=text.FAILED_TITLE, icon=":material/error:")
    with st.container(horizontal=True):
        progress.continue_button(run, text.AGAIN)
        server_button(run)
elif status in ("stopped", "interrupted"):
    paused(run, status)
elif status == "new":
    progress.continue_button(run, text.START)
elif status == "waiting":
    st.success(text.NAMES_READY, icon=":material/sell:")
    if st.button(text.TO_NAMES, type="primary", icon=":material/arrow_forward:", icon_position="right"):
        state.go_to("names")
elif status == "done":
    view = run_data.view(run)
    if not view.states()["failed"]:
        st.success(text.DONE, icon=":material/check_circle:")
    stale_notice(run, view)
    if st.button(text.TO_BROWSE, type="primary", icon=":material/arrow_forward:", icon_position="right"):
        state.go_to("browse")
if run.settings.text == KIND:
    st.caption(f":material/input: {text.BRING_BY_HAND}")
    left_out(run)
elif run.settings.records:
    st.caption(f":material/history_edu: {text.RECORDED_NOTE}")
else:
    names = dict.fromkeys([model_choice.name(run.settings.vision), model_choice.name(run.settings.text)])
    st.caption(f":material/memory: {safe_md(text.MODELS + ': ' + ', '.join(names))}")
if sample and images and status != "running":
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(text.SAMPLE_DONE, width="stretch")
        st.button(
            text.ALL_IMAGES, icon=":material/select_all:", key="all", on_click=act,
            args=(begin_all, images, run),
        )  # fmt: skip

progress.panel(run)
if status == "done":
    estimate.against(run)
skipped = given.not_grouped if given else 0
if skipped:
    with st.expander(f"{text.SKIPPED}: {skipped:,}", icon=":material/block:"):
        skip_report(run)
if images and status != "running":
    recent.groupings(images, but=run.id)
