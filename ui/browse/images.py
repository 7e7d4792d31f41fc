"""The images of one group, or of what was looked for, as a paged wall on which many can be corrected at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.results.edited import Edited
from core.results.run_view import Row, View
from core.store.runs import RunRow
from ui import text
from ui.browse import acts, filters
from ui.browse.address import ALL, Place, go
from ui.browse.between import between_row
from ui.browse.overview import REST
from ui.check.showing import showing, to_be_shown
from ui.components.head import head, tools
from ui.components.read_text import read_text
from ui.components.safe import safe_md
from ui.components.selecting_wall import Choice, Seen, selecting_wall
from ui.language import tr
from ui.session import run_data, state

PAGE = 60
_LIKELIEST = 5
"""Groups of which a tile knows the probability."""


def group_title(edited: Edited, key: str) -> str:
    """What a group, or a state outside all groups, is called; "" when it does not exist."""
    if key == ALL:
        return text.ALL_IMAGES_HERE
    if key in REST:
        return tr(REST[key][0])
    return next((cluster.name for cluster in edited.clusters if cluster.id == key), "")


def images_page(run: RunRow, view: View, place: Place) -> None:
    """Its own head, the filters in one row, then the wall."""
    head(group_title(view.edited, place.key))
    with tools():
        st.button(
            text.ALL_GROUPS, icon=":material/arrow_back:", key="back", on_click=go, args=(Place(run.id),),
            help=text.ALL_GROUPS_HELP,
        )  # fmt: skip
        filters.find_field(place)
        filters.filter_button(run, view, place)
        filters.sort_field(place)
        if st.button(text.EXPORT_THESE, icon=":material/download:", type="tertiary", key="export-these"):
            state.go_to("export", run.id, **place.only.parameters)
    between_row(run, view, place)
    if place.only.text and run_data.has_pictures(run):
        read_text(run.settings.dataset_id, quiet=True)
    showing(run, view)
    _wall(run, view, place)


def _wall(run: RunRow, view: View, place: Place) -> None:
    query = place.query
    with st.spinner(text.MEASURING, show_time=False) if place.like else st.container():
        number = view.count(query)
        pages = max(1, (number + PAGE - 1) // PAGE)
        paging = f"page-{place.search}"
        page = min(st.session_state.get(paging, 1), pages)
        rows = view.rows(query, PAGE, (page - 1) * PAGE)
    narrowed = filters.said(view, replace(place.only, between=None))  # which its own row shows
    if narrowed or place.key in REST:
        note = tr(REST[place.key][1]) if place.key in REST and not to_be_shown(run, view) else ""
        st.caption(" ".join(filter(None, (f"{text.ONLY}: {safe_md(narrowed, 300)}." if narrowed else "", note))))
    whole = view.count(place.without_filters().query) if place.narrowed else number
    groups = [(cluster.id, cluster.name) for cluster in view.edited.clusters]
    seen = Seen(place.search, number, text.of_images(number, whole), groups, place.key != "unassigned")
    selecting_wall(
        tiles(run, view, rows),
        seen,
        group_title(view.edited, place.key),
        key=f"wall-{run.id}",
        on_open=lambda item: go(replace(place, image=item)),
        on_act=lambda act: acts.do(run, place, act),
        between=lambda first, last: acts.between(run, place, first, last),
    )
    if not number:  # below the bar, which says what has just been done with them
        _nothing(place)
    if pages > 1:
        with st.container(horizontal_alignment="center"):
            st.pagination(pages, key=paging, persist_state="session")


def tiles(run: RunRow, view: View, rows: Sequence[Row]) -> list[Choice]:
    """Images as the wall shows them, each with the groups that are likely for it."""
    shares = view.shares([row.item_id for row in rows])
    pictures = run_data.has_pictures(run)
    return [
        Choice(
            row.item_id,
            row.description or row.name,
            caption(row),
            pictures,
            row.cluster.id if row.cluster else "",
            dict(sorted(shares.get(row.item_id, {}).items(), key=lambda share: -share[1])[:_LIKELIEST]),
        )
        for row in rows
    ]


def _nothing(place: Place) -> None:
    """An empty result says how to go on."""
    if not place.narrowed:
        return
    st.info(text.NOTHING_FOUND, icon=":material/search_off:")
    with st.container(horizontal=True):
        st.button(text.CLEAR_FILTERS, key="clear-all", type="primary", on_click=go, args=(place.without_filters(),))
        if place.key != ALL:
            st.button(text.LOOK_EVERYWHERE, key="everywhere", on_click=go, args=(place.narrowed_by(groups=()),))


def caption(row: Row) -> str:
    """What is said under a thumbnail: the doubt or the reason, where there is one."""
    if row.state == "failed":
        return row.reason
    if row.state == "unassigned":
        return row.reason or row.label
    if row.source == "person":
        return text.BY_PERSON
    return "" if row.confidence is None else text.percent(row.confidence)
