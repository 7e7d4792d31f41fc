"""The images of a question to a run, as a wall that is paged through; each opens large on Browse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.results.run_view import Query, Row, View
from ui.components.gallery import Tile, wall
from ui.session import run_data, state

_PAGE = 60


def image_pages(
    view: View,
    query: Query,
    label: str,
    *,
    key: str,
    captions: Callable[[Sequence[Row]], Mapping[str, str]] | None = None,
) -> None:
    """Show them, so many a page.

    Args:
        label: names the wall to a screen reader.
        captions: what is said under the images of a page, by their ids.
    """
    number = view.count(query)
    pages = max((number + _PAGE - 1) // _PAGE, 1)
    page = min(st.session_state.get(f"pages-{key}", 1), pages)
    found = view.rows(query, _PAGE, (page - 1) * _PAGE)
    pictures = run_data.has_pictures(view.run)
    where = {row.item_id: row.cluster.id if row.cluster else row.state for row in found}
    said = captions(found) if captions else {}
    wall(
        [Tile(row.item_id, row.description or row.name, said.get(row.item_id, ""), pictures) for row in found],
        label,
        key=f"wall-{key}-{page}",
        size=110,
        lines=2,
        on_open=lambda item: state.go_next("browse", group=where.get(item, "unassigned"), image=item),
    )
    if pages > 1:
        with st.container(horizontal_alignment="center"):
            st.pagination(pages, key=f"pages-{key}", persist_state="session")
