"""Between two groups: a slider from one to the other, and the images whose probabilities lie there."""

from __future__ import annotations

import streamlit as st

from core.results.run_view import View
from core.store.runs import RunRow
from ui import text
from ui.browse.address import Place, go
from ui.browse.fields import field
from ui.components.safe import plain
from ui.session import state

_STEP = 5


def between_row(run: RunRow, view: View, place: Place) -> None:
    """Choose the two groups and how far from the one to the other; nothing where that is not looked at."""
    if not place.only.between:
        return
    names = {cluster.id: cluster.name for cluster in view.edited.clusters}
    if not set(place.only.between) <= names.keys():
        st.warning(text.GONE_GROUP, icon=":material/folder_off:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        _group(0, names, place)
        field(
            "at",
            round(place.only.at / _STEP) * _STEP,
            lambda key: st.slider(
                text.BETWEEN_AT,
                0,
                100,
                step=_STEP,
                format="%d %%",
                key=key,
                label_visibility="collapsed",
                on_change=lambda: go(place.narrowed_by(at=int(st.session_state[key]))),
            ),
        )
        _group(1, names, place)
    if not state.workspace().store.measures.has_probabilities(run.id):
        st.info(text.BETWEEN_UNKNOWN, icon=":material/info:")


def _group(which: int, names: dict[str, str], place: Place) -> None:
    first, second = place.only.between or ("", "")
    own, other = (first, second) if which == 0 else (second, first)

    def chosen(key: str) -> None:
        new = str(st.session_state[key])
        go(place.narrowed_by(between=(new, other) if which == 0 else (other, new)))

    field(
        f"between-{which}",
        own,
        lambda key: st.selectbox(
            text.BETWEEN_GROUPS[which],
            [group for group in names if group != other],
            format_func=lambda group: plain(names.get(group, ""), 60),
            key=key,
            label_visibility="collapsed",
            width=200,
            on_change=chosen,
            args=(key,),
        ),
    )
