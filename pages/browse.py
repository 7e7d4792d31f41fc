"""Browse: the groups as cards, one group as a wall of thumbnails, one image large; correct what is wrong."""

from __future__ import annotations

import streamlit as st

from ui import text
from ui.browse.group_and_image import find_field, group_page, group_title, image_page, images, looked_for
from ui.browse.overview import ALL, SKIPPED, overview
from ui.clusters.stale import check_all_button, stale_notice
from ui.clusters.undo import undo_button
from ui.components import empty
from ui.components.head import head
from ui.components.sight_note import sight_note
from ui.evaluate.scores import scores
from ui.images.skipped import skip_report
from ui.import_results.panel import left_out
from ui.session import run_data

run = empty.open_run(text.BROWSE)
run_id = run.id
view = run_data.view(run)
edited = view.edited
sorted_ = run_data.is_sorted(run)
head(run_data.run_name(run, len(edited.clusters)))
group, image = st.query_params.get("group", ""), st.query_params.get("image", "")
if image and sorted_:
    image_page(run, view, group, image)
    sight_note(run.settings)
    st.stop()

noted = st.container()
empty.until_sorted(run, text.BROWSE_EMPTY if edited.clusters else text.NAMES_EMPTY)

if group == SKIPPED:
    st.button(
        text.ALL_GROUPS, icon=":material/arrow_back:", on_click=st.query_params.from_dict, args=({"run": run_id},)
    )
    st.header(text.SKIPPED, anchor=False)
    skip_report(run)
elif group and group_title(edited, group):
    group_page(run, view, group)
else:
    if group:
        st.warning(text.GONE_GROUP, icon=":material/folder_off:")
    match = st.container()
    stale_notice(run, view)
    left_out(run)
    with st.container(horizontal=True, vertical_alignment="center"):
        undo_button(run)
        check_all_button(run)
        st.space("stretch")
        find_field(run)
    if looked_for(run):
        images(run, view, ALL)
    else:
        overview(run, view)
    with match:  # last: the first time, comparing names loads a model, and the pictures need not wait for it
        scores(run)
with noted:  # last for the same reason
    sight_note(run.settings, edited.clusters)
