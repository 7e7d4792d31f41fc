"""The images that a person chose on a map, as a wall on which they can be opened and moved."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.results.run_view import Query, View
from core.store.runs import RunRow
from ui import text
from ui.browse import acts
from ui.browse.address import ALL, Place
from ui.browse.images import PAGE, tiles
from ui.components.selecting_wall import Act, Done, Seen, selecting_wall
from ui.session import state


def chosen_on(run: RunRow) -> tuple[str, ...]:
    """Their ids."""
    found: tuple[str, ...] = st.session_state.get(_key(run), ())
    return found


def choose(run: RunRow, items: tuple[str, ...]) -> None:
    """From now on these are chosen."""
    st.session_state[_key(run)] = items
    st.session_state[f"{_key(run)}-scope"] = st.session_state.get(f"{_key(run)}-scope", 0) + 1


def wall_of_chosen(run: RunRow, view: View) -> None:
    """A page of them with the bar that moves; a hint where none are chosen."""
    items = chosen_on(run)
    if not items:
        st.caption(text.MAP_CHOOSE_HINT)
        return
    st.header(text.MAP_CHOSEN, anchor=False)
    paging = f"map-page-{st.session_state.get(f'{_key(run)}-scope', 0)}"
    pages = (len(items) + PAGE - 1) // PAGE
    page = min(st.session_state.get(paging, 1), pages)
    rows = view.rows(Query(ids=items[(page - 1) * PAGE : page * PAGE]))
    groups = [(cluster.id, cluster.name) for cluster in view.edited.clusters]
    selecting_wall(
        tiles(run, view, rows),
        Seen(paging, len(items), text.map_count(len(items)), groups),
        text.MAP_CHOSEN,
        key=f"map-wall-{run.id}",
        on_open=lambda item: state.go_next("browse", group=ALL, image=item),
        on_act=lambda act: _do(run, items, act),
    )
    if pages > 1:
        with st.container(horizontal_alignment="center"):
            st.pagination(pages, key=paging, persist_state="session")


def _do(run: RunRow, items: tuple[str, ...], act: Act) -> Done:
    """As on Browse; all that are looked at are those chosen."""
    if act.everything:
        out = set(act.out)
        act = replace(act, items=tuple(item for item in items if item not in out), everything=False)
    return acts.do(run, Place(run.id, ALL), act)


def _key(run: RunRow) -> str:
    return f"map-chosen-{run.id}"
