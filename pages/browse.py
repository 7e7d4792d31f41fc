"""Browse: the groups as cards, one group as a wall of thumbnails, one image large; correct what is wrong."""

from __future__ import annotations

import streamlit as st

from ui import text
from ui.browse import address, filters
from ui.browse.about import about
from ui.browse.images import group_title, images_page
from ui.browse.large import image_page
from ui.browse.overview import overview
from ui.check.showing import showing
from ui.clusters.stale import stale_notice
from ui.clusters.undo import undo_button
from ui.compare.links import cross_link, links
from ui.components import empty
from ui.components.head import head, tools
from ui.components.sight_note import sight_note
from ui.evaluate.scores import scores
from ui.images.skipped import skip_report
from ui.session import run_data

run = empty.open_run(text.BROWSE)
run_id = run.id
view = run_data.view(run)
edited = view.edited
place = address.here(run_id)
name = run_data.run_name(run, len(edited.clusters))
if not run_data.is_sorted(run):
    head(name)
    empty.until_sorted(run, text.BROWSE_EMPTY if edited.clusters else text.NAMES_EMPTY)
top = st.container(gap="xxsmall")  # the pictures come soon
if place.image:
    head(name)
    image_page(run, view, place)
elif place.key == address.SKIPPED:
    with head(text.SKIPPED, name):
        st.button(text.ALL_GROUPS, icon=":material/arrow_back:", on_click=address.go, args=(address.Place(run_id),))
    skip_report(run)
elif place.key and group_title(edited, place.key):
    with top:
        images_page(run, view, place)
else:
    with top:
        head(name)
    with top, tools():
        filters.find_field(address.Place(run_id, address.ALL))
        filters.filter_button(run, view, address.Place(run_id, address.ALL))
        undo_button(run)
        with st.popover(text.REFINE, icon=":material/edit_note:", key="refine"):
            links(run)
        cross_link(run)
        known = st.container()
    if place.key:
        st.warning(text.GONE_GROUP, icon=":material/folder_off:")
    showing(run, view)
    stale_notice(run, view)
    overview(run, view)
    with known:  # last: the first time, models load, and the pictures need not wait for that
        about(run, edited.clusters)
    scores(run)
    st.stop()
sight_note(run.settings, edited.clusters)  # last for the same reason
