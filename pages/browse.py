"""Browse: the groups as cards, one group as a wall of thumbnails, one image large; correct what is wrong."""

from __future__ import annotations

import streamlit as st

from ui import data, empty, state, text
from ui.bring import left_out
from ui.one_group import find_field, group_page, group_title, image_page, images, looked_for
from ui.overview import ALL, SKIPPED, overview
from ui.safe import safe_md
from ui.scores import scores
from ui.skipped import skip_report
from ui.stale import check_all_button, stale_notice, undo_button

if not state.open_run_id():
    st.title(text.BROWSE)
run = empty.open_run()
run_id = run.id
view = data.view(run)
edited = view.edited
sorted_ = data.is_sorted(run)
group, image = st.query_params.get("group", ""), st.query_params.get("image", "")
if image and sorted_:
    image_page(run, view, group, image)
    st.stop()

st.title(safe_md(data.run_name(run, len(edited.clusters)), 80))
empty.until_sorted(run, text.BROWSE_EMPTY if edited.clusters else text.NAMES_EMPTY)

if group == SKIPPED:
    st.button(
        text.ALL_GROUPS, icon=":material/arrow_back:", on_click=st.query_params.from_dict, args=({"run": run_id},)
    )
    st.subheader(text.SKIPPED, anchor=False)
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
