"""One image, large, with all that is known about it; arrow keys go on, and the browser's Back leaves in one step."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.ingest.crop import crop as find_crop
from core.ingest.view_comment import Crop
from core.pipeline.sight import is_about_text
from core.results.run_view import Query, Row, View
from core.results.selection import Only
from core.results.written import written
from core.store.runs import RunRow
from ui import text
from ui.browse import acts
from ui.browse.address import ALL, Place, go
from ui.browse.facts import facts
from ui.browse.images import group_title
from ui.browse.overview import UNASSIGNED
from ui.clusters.undo import undo_button
from ui.components.large_picture import Line, Near, Outline, large_picture
from ui.components.notices import act
from ui.components.safe import plain, safe_md
from ui.session import run_data, state

_LAST, _WHOLE = "last-image", "whole-image"
_EITHER_SIDE = 8
"""Images before and after the one that is shown, which the browser knows ahead of the server."""


def image_page(run: RunRow, view: View, place: Place) -> None:
    """The image of `place`, among those that it was opened from."""
    row = next(iter(view.rows(Query(ids=(place.image,)), 1)), None)
    if row is None:
        st.warning(text.GONE_IMAGE, icon=":material/broken_image:")
        st.button(text.ALL_GROUPS, icon=":material/arrow_back:", key="back", on_click=go, args=(Place(run.id),))
        return
    place, line = _line(view, place, row)
    leave = replace(place, image="")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        label = text.BACK_TO.format(group=safe_md(group_title(view.edited, place.key or ALL), 40))
        st.button(label, icon=":material/arrow_back:", key="back", on_click=go, args=(leave,))
        crop = _whole_image(row.item_id)
        large_picture(
            _near(place, row),
            line,
            [cluster.id for cluster in view.edited.clusters],
            key=f"large-{run.id}",
            pictures=run_data.has_pictures(run),
            outlined=[_around(crop)] if crop else _outlined(run, row),
            picture=crop.image if crop else "",
            on_step=lambda item: go(replace(place, image=item)),
            on_close=lambda: go(leave),
            on_move=lambda item, to: act(_moved, run, item, to),
        )
    with right:
        _move(run, view, row)
        st.button(
            text.FIND_SIMILAR,
            icon=":material/image_search:",
            key="find-similar",
            help=text.FIND_SIMILAR_HELP,
            on_click=go,
            args=(Place(run.id, ALL, Only(), like=row.item_id),),
        )
        facts(run, view, row)


def _line(view: View, place: Place, row: Row) -> tuple[Place, Line]:
    """What the image stands among, and where. A link that names another group is shown where the image is."""
    at = view.place(place.query, row.item_id)
    last = st.session_state.get(_LAST, ("", "", -1))
    opened = replace(place, image="").search
    if at is not None:
        st.session_state[_LAST] = (opened, row.item_id, at)
    elif last[:2] != (opened, row.item_id):
        key = row.cluster.id if row.cluster else row.state
        place = Place(place.run_id, key, Only((key,)), place.sort, image=place.image)
        at = view.place(place.query, row.item_id)
    middle = at if at is not None else last[2]  # just moved out of the list: the next one follows
    first = max(0, middle - _EITHER_SIDE)
    near = [_near(place, other) for other in view.rows(place.query, 2 * _EITHER_SIDE + 1, first)]
    return place, Line(near, first, view.count(place.query), middle - first)


def _outlined(run: RunRow, row: Row) -> list[Outline]:
    """The lines that were read in the image, where that is what the run goes by."""
    found = written(state.workspace().store, row) if is_about_text(run.settings) else None
    if found is None:
        return []
    return [Outline(line.corners, telling) for line, telling in zip(found.lines, found.telling, strict=True)]


def _whole_image(item: str) -> Crop | None:
    """Which part of which image an item is, where a person wants to see that image; asks for it where it is one."""
    crop = find_crop(state.workspace().copies, item)
    if crop is None or not state.workspace().image(crop.image, "view").is_file():
        return None
    return crop if st.toggle(text.WHOLE_IMAGE, key=_WHOLE, persist_state="session") else None


def _around(crop: Crop) -> Outline:
    left, top, right, bottom = crop.box
    return Outline(((left, top), (right, top), (right, bottom), (left, bottom)), telling=True)


def _near(place: Place, row: Row) -> Near:
    return Near(row.item_id, row.description or row.name, replace(place, image=row.item_id).search)


def _moved(run: RunRow, item: str, to: str | None) -> str:
    return acts.move(run, [item], to).said


def _move(run: RunRow, view: View, row: Row) -> None:
    """Put the image into another group by hand; the likeliest others come first."""
    own = row.cluster.id if row.cluster else row.state
    shares = view.probabilities(row.item_id)
    clusters = sorted(view.edited.clusters, key=lambda cluster: -shares.get(cluster.id, 0.0))
    targets = {cluster.id: cluster.name for cluster in clusters if cluster.id != own}
    if own != UNASSIGNED:
        targets[UNASSIGNED] = text.UNASSIGNED
    if row.source != "person" and row.cluster:
        targets[own] = text.confirm(row.cluster.name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.selectbox(
            text.MOVE_TO,
            list(targets),
            format_func=lambda key: plain(targets.get(key, ""), 60),
            key=f"move-{row.item_id}",
            width=220,
        )
        st.button(
            text.MOVE,
            icon=":material/drive_file_move:",
            key="move",
            disabled=not target,
            on_click=act,
            args=(_moved, run, row.item_id, None if target == UNASSIGNED else target),
        )
        undo_button(run)
