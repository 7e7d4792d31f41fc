"""All groups of a run at a glance: a card each, also for what is in no group, so that nothing is silently missing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.results.run_view import Query, Row, View
from core.store.runs import RunRow
from ui import text
from ui.browse.address import SKIPPED, open_group, open_image
from ui.clusters import edit_callbacks
from ui.clusters.group_data import EXAMPLES, groups
from ui.components.gallery import Tile, wall
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.language import tr
from ui.session import run_data, state
from ui.texts import browse as texts

_ANSWERS = 5
_SKIPPED = 3
UNASSIGNED, FAILED, PENDING = "unassigned", "failed", "pending"
REST = {
    UNASSIGNED: (texts.UNASSIGNED, texts.UNASSIGNED_NOTE, ":material/question_mark:"),
    FAILED: (texts.FAILED, texts.FAILED_NOTE, ":material/error:"),
    PENDING: (texts.PENDING, texts.PENDING_NOTE, ":material/hourglass_empty:"),
}
"""States outside all groups: what they are called and mean, in English, and their icon. They work as ?group=."""


def overview(run: RunRow, view: View) -> None:
    """The cards. A click on a picture opens it; "See all" opens its group."""
    pictures = run_data.has_pictures(run)
    with st.grid(3, min_column_width=300, gap="small"):
        states = view.states()
        for group in groups(view, view.edited.clusters, sorted_=True):
            share = (group.size, states.total())
            _card(run, group.cluster.id, group.cluster.name, "", "", group.rows, share, pictures)
        for key, (title, note, icon) in tr(REST).items():
            if states[key] or key == UNASSIGNED:
                some = view.rows(Query(state=key), EXAMPLES)
                _card(run, key, title, note, icon, some, (states[key], states.total()), pictures)
        _skipped(run)
    _suggestions(run, view)


def _card(
    run: RunRow, key: str, title: str, note: str, icon: str, some: Sequence[Row], part: tuple[int, int], pictures: bool
) -> None:
    """One card: what a group, or a state outside all groups, holds; its pictures come first.

    Args:
        some: examples.
        part: how many images it holds, and how many there are.
    """
    number, total = part
    with st.container(border=True, height="stretch", gap="xsmall"):
        tiles = [Tile(row.item_id, row.description or row.name, "", pictures) for row in some]
        if tiles:
            wall(
                tiles,
                title,
                key=f"card-{run.id}-{key}",
                size=88,
                on_open=lambda item: open_image(run.id, key, item),
            )
        st.space("stretch")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.header(safe_md(title, 80), icon=icon or None, anchor=False)
            share = f" · {text.percent(number / total)}" if total else ""
            st.caption(f"{text.images(number)}{share}", width="content")
            if number:
                _see_all(run, key, ":material/grid_view:")
        if note and number:
            st.caption(note)


def _skipped(run: RunRow) -> None:
    """Files that are in no group because they could not be used; the card stays when there are none. Above them, how
    many images lack the part that is looked at."""
    given = run_data.dataset(run)
    number = given.not_grouped if given else 0
    items = state.workspace().store.datasets.skipped(run.settings.dataset_id, _SKIPPED) if number else []
    nothing = len(state.workspace().store.datasets.without_focus(run.settings.dataset_id)) if number else 0
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.header(text.SKIPPED, icon=":material/block:", anchor=False)
        st.caption(text.count(number, "file"))
        if nothing:
            st.markdown(f":material/filter_center_focus: {text.nothing_found_in(nothing)}")
        for item in items:
            st.caption(f"{safe_md(item.name, 60)}: {safe_md(item.reason, 120)}")
        st.space("stretch")
        if number:
            _see_all(run, SKIPPED, ":material/list:")


def _see_all(run: RunRow, key: str, icon: str) -> None:
    st.button(
        text.SEE_ALL,
        icon=icon,
        type="tertiary",
        key=f"see-{run.id}-{key}",
        on_click=open_group,
        args=(run.id, key),
    )


def _suggestions(run: RunRow, view: View) -> None:
    """What the unsure answers were: several alike ask to become a group."""
    frequent = [(answer, number) for answer, number in view.answers() if number > 1][:_ANSWERS]
    for place, (answer, number) in enumerate(frequent):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(safe_md(text.they_say(number, answer[:80])), width="stretch")
            st.button(
                text.ADD_AS_GROUP,
                icon=":material/add:",
                key=f"suggest-{run.id}-{place}",
                on_click=act,
                args=(edit_callbacks.add, run.id, answer[:80]),
            )
