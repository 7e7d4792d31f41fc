"""Filters that combine: words, groups, confidence, who placed an image, labels, folders, copies; and the order.

Fields show what the address says and write it back, so that there is one place to read it from.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import streamlit as st

from core.results.run_view import Order, View
from core.results.selection import REST, Only
from core.store.runs import RunRow
from ui import text
from ui.browse.address import Place, go
from ui.browse.fields import field
from ui.components.safe import plain
from ui.language import digits, tr
from ui.session import state

_LIKE = "like"


def find_field(place: Place) -> None:
    """Ask for words to look for."""
    field(
        "find",
        place.only.text,
        lambda key: st.text_input(
            text.FIND,
            key=key,
            placeholder=text.FIND_HINT,
            icon=":material/search:",
            label_visibility="collapsed",
            width=180,
            on_change=lambda: go(place.narrowed_by(text=str(st.session_state[key] or "").strip())),
        ),
    )


def sort_field(place: Place) -> None:
    """Ask for the order."""
    orders = {**({_LIKE: text.ORDER_LIKE} if place.like else {}), **text.ORDERS}

    def chosen(key: str) -> None:
        order = st.session_state[key]
        go(place if order == _LIKE else replace(place, sort=cast(Order, order), like=""))

    field(
        "sort",
        _LIKE if place.like else place.sort,
        lambda key: st.selectbox(
            text.ORDER,
            list(orders),
            format_func=orders.__getitem__,
            key=key,
            label_visibility="collapsed",
            width=155,
            on_change=chosen,
            args=(key,),
        ),
    )


def filter_button(run: RunRow, view: View, place: Place) -> None:
    """The other filters, unfolded on request, and one click that clears them."""
    number = len({*place.only.parameters} - {"group", "text", "at"}) + (len(place.only.groups) > 1)
    label = f"{text.FILTER} ({number})" if number else text.FILTER
    with st.popover(label, icon=":material/filter_alt:", key="filters"):
        _groups(view, place)
        _sources(run, place)
        _confidence(place)
        if view.confusion().classes:
            _one_of("right", text.RIGHT, place.only.right, text.RIGHTS, place)
        folders = state.workspace().store.measures.folders(run.id)
        if folders:
            _folder(folders, place)
        field(
            "copies",
            place.only.copies,
            lambda key: st.toggle(
                text.COPIES, key=key, on_change=lambda: go(place.narrowed_by(copies=bool(st.session_state[key])))
            ),
        )
        clusters = [cluster.id for cluster in view.edited.clusters]
        if len(clusters) > 1 and not place.only.between:
            first = place.only.groups[0] if place.only.groups and place.only.groups[0] in clusters else clusters[0]
            other = next(cluster for cluster in clusters if cluster != first)
            st.button(
                text.BETWEEN,
                icon=":material/compare_arrows:",
                key="between",
                help=text.BETWEEN_HELP,
                on_click=go,
                args=(place.narrowed_by(between=(first, other), groups=()),),
            )
    if place.narrowed or place.like:
        st.button(
            text.CLEAR_FILTERS,
            icon=":material/filter_alt_off:",
            type="tertiary",
            key="clear-filters",
            on_click=go,
            args=(replace(place.without_filters(), like=""),),
        )


def said(view: View, only: Only) -> str:
    """What filters there are besides one group, in words; "" where there are none."""
    several = only if len(only.groups) > 1 else replace(only, groups=())
    return several.said(view.edited.clusters)


def _groups(view: View, place: Place) -> None:
    sizes = view.sizes() + view.states()
    names = {cluster.id: cluster.name for cluster in view.edited.clusters}
    names |= {key: tr(title) for key, title in REST.items() if sizes[key]}
    field(
        "groups",
        [group for group in place.only.groups if group in names],
        lambda key: st.multiselect(
            text.GROUPS,
            list(names),
            format_func=lambda group: f"{plain(names[str(group)], 60)} ({digits(sizes[group])})",
            key=key,
            placeholder=text.ALL_GROUPS,
            on_change=lambda: go(place.narrowed_by(groups=tuple(st.session_state[key]))),
        ),
    )


def _sources(run: RunRow, place: Place) -> None:
    counts = state.workspace().store.measures.sources(run.id)
    known = [source for source in text.SOURCES if counts.get(source) or source in place.only.by]
    if len(known) > 1 or place.only.by:
        field(
            "by",
            list(place.only.by),
            lambda key: st.pills(
                text.BY,
                known,
                selection_mode="multi",
                format_func=lambda source: f"{text.SOURCES[source]} ({digits(counts.get(source, 0))})",
                key=key,
                on_change=lambda: go(place.narrowed_by(by=tuple(st.session_state[key]))),
            ),
        )


def _confidence(place: Place) -> None:
    def chosen(key: str) -> None:
        low, high = st.session_state[key]
        go(place.narrowed_by(sure=None if (low, high) == (0, 100) else (low, high)))

    field(
        "sure",
        place.only.sure or (0, 100),
        lambda key: st.slider(
            text.SURE, 0, 100, step=1, format="%d %%", key=key, help=text.SURE_HELP, on_change=chosen, args=(key,)
        ),
    )


def _folder(folders: list[str], place: Place) -> None:
    known = folders if place.only.folder in ("", *folders) else [*folders, place.only.folder]
    field(
        "folder",
        place.only.folder or None,
        lambda key: st.selectbox(
            text.IN_FOLDER,
            known,
            index=None,
            placeholder=text.ANY_FOLDER,
            format_func=lambda one: plain(str(one), 80),
            key=key,
            on_change=lambda: go(place.narrowed_by(folder=st.session_state[key] or "")),
        ),
    )


def _one_of(name: str, label: str, value: str, choices: dict[str, str], place: Place) -> None:
    field(
        name,
        value or None,
        lambda key: st.segmented_control(
            label,
            list(choices),
            format_func=choices.__getitem__,
            key=key,
            on_change=lambda: go(place.narrowed_by(**{name: st.session_state[key] or ""})),
        ),
    )
