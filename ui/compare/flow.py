"""The matrix of two runs, whose fields open their images, and how far the two agree."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.results.compare import Comparison, Pair
from core.results.run_view import Query, Row
from core.results.selection import REST
from core.store.runs import RunRow
from ui import text
from ui.browse.overview import REST as REST_NAMES
from ui.components.heat_map import MOST, Axis, heat_map
from ui.components.image_pages import image_pages
from ui.components.safe import plain, safe_md
from ui.language import digits

_FIELD = "field"
"""The name of the chosen field in the address: "c1,c3"."""


def figures(found: Comparison) -> DeltaGenerator:
    """One plain sentence, and a place beside it for `agreement`."""
    changed = found.number(found.changed)
    if found.crossed:
        sentence = text.crossed(*(view.run.settings.criterion for view in (found.first, found.second)))
    else:
        sentence = text.stayed(found.images, changed)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{safe_md(sentence, 200)}**", width="content", help=None if found.crossed else text.STAYED_HELP)
        beside = st.container(width="content")
    if left_out := text.only_in_one(*found.alone):
        st.caption(left_out)
    return beside


def agreement(found: Comparison) -> None:
    """How far the two agree. The first time, a library is loaded: called when the rest is there."""
    names = (("ari", text.ARI), ("nmi", text.NMI))
    measures = [f"{name} {digits(found.agreement[key], '.2f')}" for key, name in names if key in found.agreement]
    st.caption(" · ".join(measures), width="content", help=text.AGREEMENT_HELP)


def matrix(found: Comparison, run: RunRow) -> None:
    """The heat map and the images of the field that was clicked, or that the address names. run: the open one."""
    by = [safe_md(view.run.settings.criterion, 40) for view in (found.first, found.second)]
    note = text.CROSSED_NOTE.format(rows=by[0], columns=by[1]) if found.crossed else text.FLOW_NOTE
    rows, columns = axes(found)
    cut = text.CONFUSION_CUT.format(count=MOST) if rows.is_cut or columns.is_cut else ""
    st.caption(f"{note} {cut}")
    alt = text.CROSSED if found.crossed else text.FLOW
    key = f"flow-{found.first.run.id}-{found.second.run.id}"
    chosen = heat_map(rows, columns, found.flow, share=text.FLOW_SHARE, alt=alt, key=key)
    if chosen:
        st.query_params[_FIELD] = ",".join(chosen)
    field = chosen or _asked()
    if field and (number := found.flow.get(field, 0)):
        one, other = rows.name(field[0]), columns.name(field[1])
        st.markdown(f"**{safe_md(text.in_both(number, one, other), 200)}**")
        images(found, [field], run, label=text.from_to(one, other), key=f"{key}-{'-'.join(field)}")


def images(found: Comparison, pairs: list[Pair], run: RunRow, *, label: str, key: str) -> None:
    """The images of some fields, as a wall with pages; where there are several fields, each says where it was and is.
    run: the open one."""
    view = found.second if run.id == found.second.run.id else found.first
    captions = partial(_both_groups, found) if len(pairs) > 1 else None
    image_pages(view, found.query(pairs, of=run.id), label, key=key, captions=captions)


def _both_groups(found: Comparison, rows: Sequence[Row]) -> dict[str, str]:
    """Of each image its group in the first run and in the second."""
    query = Query(ids=tuple(row.item_id for row in rows))
    one, other = (
        {row.item_id: row.cluster.name if row.cluster else REST_NAMES[row.state][0] for row in view.rows(query)}
        for view in (found.first, found.second)
    )
    return {item: text.from_to(one[item], other[item]) for item in one if item in other}


def axes(found: Comparison) -> tuple[Axis, Axis]:
    """The groups of both runs, in the order shown."""
    titles = [text.COMPARE_BEFORE, text.COMPARE_NOW]
    if found.crossed:
        titles = [plain(view.run.settings.criterion, 40) for view in (found.first, found.second)]
    sides = []
    for title, keys, names in zip(titles, (found.rows, found.columns), found.names, strict=True):
        groups = {key: names[key] for key in keys if key not in REST}
        sides.append(Axis(title, groups, {key: REST_NAMES[key][0] for key in keys if key in REST}))
    return sides[0], sides[1]


def _asked() -> Pair | None:
    one, _, other = st.query_params.get(_FIELD, "").partition(",")
    return (one, other) if one and other else None
