"""One image to check: the picture, its likeliest groups as buttons with keys, and the other answers."""

from __future__ import annotations

import streamlit as st

from core.domain import Cluster
from core.results.run_view import Query, Row, View
from core.store.runs import RunRow
from ui import text
from ui.check.lesson import Desk, answer, answer_new, names, skip
from ui.check.picture import picture
from ui.components.group_strip import group_strip
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.session import run_data

_LIKELY = 3
_SHOWN = 8


def question(run: RunRow, view: View, desk: Desk) -> None:
    """Ask about the next image of the desk."""
    item = desk.asked[0]
    row = next(iter(view.rows(Query(ids=(item,)), 1)))
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True):
        if run_data.has_pictures(run):
            picture(item, row.description or row.name, key=f"check-{run.id}", following=desk.asked[1:3])
        else:
            st.markdown(safe_md(row.description))
    with right:
        st.header(text.CHECK_WHERE, anchor=False)
        likely = _likely(run, desk, row)
        _others(run, view, row)
        st.caption(safe_md(row.name, 120))
        if run_data.has_pictures(run):
            group_strip([(cluster.name, cluster.examples[:_SHOWN]) for cluster in likely], key="likely", wide=True)


def _likely(run: RunRow, desk: Desk, row: Row) -> list[Cluster]:
    """Buttons for the likeliest groups, with the one where the image is; returns these groups."""
    assert desk.lesson is not None
    own = row.cluster.id if row.cluster else None
    likely = [cluster for cluster, _ in desk.lesson.likely(row.item_id, _LIKELY)]
    if own and own not in likely:
        likely = [*likely[: _LIKELY - 1], own]
    for number, (cluster, name) in enumerate(zip(likely, names(desk.lesson, likely), strict=True), 1):
        here = f" ({text.CHECK_HERE})" if cluster == own else ""
        st.button(
            safe_md(name, 60) + here,
            key=f"likely-{number}",
            shortcut=str(number),
            width="stretch",
            on_click=act,
            args=(answer, run.id, row.item_id, cluster),
        )
    return [desk.lesson.edited.get(cluster) for cluster in likely]


def _others(run: RunRow, view: View, row: Row) -> None:
    with st.container(horizontal=True):
        st.button(
            text.CHECK_NOT_SURE,
            key="check-none",
            help=text.CHECK_NOT_SURE_HELP,
            icon=":material/help:",
            shortcut="0",
            on_click=act,
            args=(answer, run.id, row.item_id, None),
        )
        st.button(
            text.CHECK_SKIP,
            key="check-skip",
            help=text.CHECK_SKIP_HELP,
            icon=":material/skip_next:",
            shortcut="Right",
            on_click=skip,
            args=(run.id, row.item_id),
        )
    another, new = f"another-{row.item_id}", f"new-{row.item_id}"
    called = {cluster.id: cluster.name for cluster in view.edited.clusters}
    st.selectbox(
        text.CHECK_ANOTHER,
        list(called),
        index=None,
        format_func=called.__getitem__,
        placeholder=text.CHECK_ANOTHER,
        label_visibility="collapsed",
        key=another,
        on_change=lambda: act(answer, run.id, row.item_id, st.session_state[another]),
    )
    st.text_input(
        text.CHECK_NEW,
        key=new,
        placeholder=text.CHECK_NEW_HINT,
        label_visibility="collapsed",
        on_change=act,
        args=(answer_new, run.id, row.item_id, new),
    )
