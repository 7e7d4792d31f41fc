"""One group as a paged wall of thumbnails, and one image of it large, with all that is known about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.results.edited import Edited
from core.results.run_view import Order, Query, Row, View
from core.store.runs import RunRow
from ui import text
from ui.browse import explanation
from ui.browse.overview import ALL, REST, UNASSIGNED, open_group, open_image
from ui.clusters import edit_callbacks
from ui.clusters.group_data import second_choice
from ui.clusters.undo import undo_button
from ui.components.gallery import Tile, picture, wall
from ui.components.notices import act
from ui.components.safe import safe_md
from ui.session import run_data, state

_PAGE = 60
_SHARES = 5
"""Groups whose probability is shown."""
_LAST = "last-image"


def group_title(edited: Edited, key: str) -> str:
    """What a group, or a state outside all groups, is called; "" when it does not exist."""
    if key == ALL:
        return text.ALL_IMAGES_HERE
    if key in REST:
        return REST[key][0]
    return next((cluster.name for cluster in edited.clusters if cluster.id == key), "")


def find_field(run: RunRow) -> None:
    """Ask for words to look for; `query_of` uses them."""
    st.text_input(
        text.FIND,
        key=_find_key(run),
        placeholder=text.FIND_HINT,
        icon=":material/search:",
        label_visibility="collapsed",
        persist_state="session",
        width=360,
    )


def looked_for(run: RunRow) -> tuple[str, ...]:
    """The words that the person looks for in this run."""
    return tuple(str(st.session_state.get(_find_key(run)) or "").split())


def query_of(run: RunRow, key: str) -> Query:
    """What the person looks at: a group, a state outside all groups or everything, the words looked for, the order."""
    order: Order = st.session_state.get(_order_key(run)) or "sure"
    words = looked_for(run)
    if key == ALL:
        return Query(words, order=order)
    return Query(words, state=key, order=order) if key in REST else Query(words, cluster_id=key, order=order)


def _order_key(run: RunRow) -> str:
    return f"order-{run.id}"


def _find_key(run: RunRow) -> str:
    return f"find-{run.id}"


def group_page(run: RunRow, view: View, key: str) -> None:
    """All images of one group, or what was looked for in it, 60 a page."""
    _back(run.id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.header(safe_md(group_title(view.edited, key), 80), anchor=False, width="stretch")
        find_field(run)
        st.segmented_control(
            text.ORDER,
            list(text.ORDERS),
            format_func=text.ORDERS.__getitem__,
            default="sure",
            required=True,
            key=_order_key(run),
            persist_state="session",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        several = st.toggle(text.SELECT, key=f"select-{run.id}", help=text.SELECT_HELP, persist_state="session")
        st.space("stretch")
        if st.button(text.EXPORT_THESE, icon=":material/download:", type="tertiary", key="export-these"):
            words = " ".join(looked_for(run))
            state.go_to("export", run.id, group=key, **({"text": words} if words else {}))
    images(run, view, key, several=several)


def images(run: RunRow, view: View, key: str, *, several: bool = False) -> None:
    """A paged wall of what the person looks at. several: images are selected, to be moved together."""
    query = query_of(run, key)
    number = view.count(query)
    st.caption(f"{text.images(number)}. {REST[key][1] if key in REST else ''}")
    if not number:
        return
    paging = f"page-{run.id}-{key}-{' '.join(query.words)}"
    pages = (number + _PAGE - 1) // _PAGE
    page = min(st.session_state.get(paging, 1), pages)
    pictures = run_data.has_pictures(run)
    tiles = [
        Tile(row.item_id, row.description or row.name, _caption(row), pictures)
        for row in view.rows(query, _PAGE, (page - 1) * _PAGE)
    ]
    above = st.container()
    chosen = wall(
        tiles,
        group_title(view.edited, key),
        key=f"wall-{run.id}-{key}-{page}",
        on_open=lambda item: open_image(run.id, key, item),
        selectable=several,
    )
    if several:
        with above:
            st.markdown(f"**{text.selected(len(chosen))}**")
            _move(run, view.edited, chosen, key)
    if pages > 1:
        with st.container(horizontal_alignment="center"):
            st.pagination(pages, key=paging, persist_state="session")


def _caption(row: Row) -> str:
    """What is said under a thumbnail: the doubt or the reason, where there is one."""
    if row.state == "failed":
        return row.reason
    if row.state == "unassigned":
        return row.reason or row.label
    if row.source == "person":
        return text.BY_PERSON
    return "" if row.confidence is None else text.percent(row.confidence)


def image_page(run: RunRow, view: View, key: str, item: str) -> None:
    """One image, large, with its description, group, confidence and second choice; arrow keys go on."""
    row = next(iter(view.rows(Query(ids=(item,)), 1)), None)
    if row is None:
        st.warning(text.GONE_IMAGE, icon=":material/broken_image:")
        _back(run.id)
        return
    query = query_of(run, key)
    place = view.place(query, item)
    last = st.session_state.get(_LAST, ("", "", -1))
    if place is not None:
        st.session_state[_LAST] = (key, item, place)
    elif last[:2] != (key, item):  # the link names another group: show it where it is
        key = row.cluster.id if row.cluster else row.state
        query = replace(query_of(run, key), words=())
        place = view.place(query, item)
    if place is not None:
        before, after = _at(view, query, place - 1), _at(view, query, place + 1)
    else:  # just moved out of the group that the person goes through: the next one follows
        before, after = _at(view, query, last[2] - 1), _at(view, query, last[2])
    with st.container(horizontal=True, vertical_alignment="center"):
        _back(run.id, key, group_title(view.edited, key))
        st.space("stretch")
        if place is not None:
            st.caption(text.place(place + 1, view.count(query)), width="content")
        _step(run, key, before, text.PREVIOUS, ":material/chevron_left:", "Left")
        _step(run, key, after, text.NEXT, ":material/chevron_right:", "Right")
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True):
        if run_data.has_pictures(run):
            near = [neighbour for neighbour in (after, before) if neighbour]
            picture(row.item_id, row.description or row.name, key=f"large-{run.id}", near=near)
        else:
            st.markdown(safe_md(row.description))
    with right:
        _facts(run, view, row)
        _move(run, view.edited, [row.item_id], row.cluster.id if row.cluster else row.state)


def _at(view: View, query: Query, place: int) -> str:
    """The id of the image at a place, or "" where there is none."""
    found = view.rows(query, 1, place) if place >= 0 else []
    return found[0].item_id if found else ""


def _facts(run: RunRow, view: View, row: Row) -> None:
    name = row.cluster.name if row.cluster else REST[row.state][0]
    st.header(safe_md(name, 80), anchor=False)
    with st.container(horizontal=True):
        if row.source == "person":
            st.badge(text.BY_PERSON, icon=":material/person:", color="blue")
        if row.source == "propagated":
            st.badge(text.BY_LIKENESS, icon=":material/compare:", color="violet")
        if row.earlier:
            st.badge(text.EARLIER, icon=":material/update:", color="orange")
    facts: list[tuple[str, str]] = []
    if row.confidence is not None:
        facts.append((text.CONFIDENCE, text.percent(row.confidence)))
    elif row.state == "assigned" and row.source == "model":
        facts.append((text.CONFIDENCE, text.CONFIDENCE_UNKNOWN))
    facts.append((text.BECAUSE, explanation.because(run, row)))
    others = explanation.shares(view, row)[:_SHARES]
    if len(others) > 1:
        facts.append(
            (text.SHARES, "  \n".join(f"{safe_md(named, 80)} ({text.percent(share)})" for named, share in others))
        )
    else:
        second = second_choice(view, row)
        if second and second[1] >= 0.005:  # what rounds to 0 % is no choice
            facts.append((text.SECOND, f"{safe_md(second[0].name, 80)} ({text.percent(second[1])})"))
    if row.state == "failed":
        facts.append((text.WHY, safe_md(row.reason, 300)))
    elif row.reason:
        facts.append((text.SAID, safe_md(row.reason, 200)))
    facts += [(text.LABEL, safe_md(row.label, 120)), (text.YOUR_LABEL, safe_md(row.truth, 120))]
    facts += [(text.DESCRIPTION, safe_md(row.description, 1200)), (text.FILE, safe_md(row.name, 200))]
    for title, value in facts:
        if value:
            with st.container(gap=None):
                st.caption(title, help=text.CONFIDENCE_HELP if title == text.CONFIDENCE else None)
                st.markdown(value)
    if explanation.asked_in_words(run):
        explanation.what_was_said(run, row.item_id)


def _move(run: RunRow, edited: Edited, items: Sequence[str], own: str) -> None:
    """Put images into another group by hand. own: the group or the state outside all groups that they are in."""
    targets = {cluster.id: cluster.name for cluster in edited.clusters if cluster.id != own}
    if own != UNASSIGNED:
        targets[UNASSIGNED] = text.UNASSIGNED
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.selectbox(
            text.MOVE_TO, list(targets), format_func=lambda key: targets.get(key, ""),
            key=f"move-{run.id}-{items[0] if len(items) == 1 else ''}-{own}",
        )  # fmt: skip
        st.button(
            text.MOVE,
            icon=":material/drive_file_move:",
            key="move",
            disabled=not (target and items),
            on_click=act,
            args=(edit_callbacks.move, run.id, items, None if target == UNASSIGNED else target),
        )
        undo_button(run)


def _back(run_id: str, key: str = "", title: str = "") -> None:
    if key:
        label = text.BACK_TO.format(group=safe_md(title, 40))
        st.button(label, icon=":material/arrow_back:", key="back", on_click=open_group, args=(run_id, key))
    else:
        st.button(
            text.ALL_GROUPS, icon=":material/arrow_back:", key="back", on_click=st.query_params.from_dict,
            args=({"run": run_id},),
        )  # fmt: skip


def _step(run: RunRow, key: str, item: str, label: str, icon: str, shortcut: str) -> None:
    st.button(
        label,
        icon=icon,
        key=f"go-{shortcut}",
        shortcut=shortcut,
        disabled=not item,
        on_click=open_image,
        args=(run.id, key, item),
    )
