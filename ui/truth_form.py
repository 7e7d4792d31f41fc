"""Labels to compare with: from folder names, from file names, or from a table whose columns are previewed."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from core.domain import DatasetRow
from core.errors import FacetryError
from core.ingest import hub, source, upload
from core.ingest.found import check_allowed
from core.ingest.table import image_column, read_table
from core.ingest.truth import BROUGHT, split_address
from ui import state, text
from ui.safe import safe_md

_CLASSES = 8


def truth_form(given: DatasetRow, truth: str, *, of_run: bool) -> None:
    """Choose what to compare with; it is kept in the address. of_run: it belongs to a run and is only told."""
    st.subheader(text.TRUTH, help=text.TRUTH_HELP, anchor=False)
    st.caption(text.TRUTH_NOTE)
    if of_run:
        st.markdown(text.TRUTH_OF_RUN.format(truth=safe_md(name_of(truth))))
        return
    with told():
        chosen = choose_truth(given, truth)
        if chosen is not None and chosen != truth:
            state.choose_images(given.id, chosen)
        if chosen:
            _summary(given, chosen)


@contextmanager
def told() -> Iterator[None]:
    """What is wrong with labels is said in small, beside them."""
    try:
        yield
    except FacetryError as error:
        st.caption(f":red[:material/error: {safe_md(str(error))}]")


def choose_truth(given: DatasetRow, truth: str, *, none: bool = True) -> str | None:
    """Ask where the labels are; truth: where they are now. None while a table is chosen but not given yet.

    none: whether "no labels" is a choice. Raises BadInput for a table that cannot be used.
    """
    kinds = {key: words for key, words in text.TRUTH_KINDS.items() if key or none}
    if truth.startswith((BROUGHT, hub.PREFIX)):
        kinds = {truth: name_of(truth), **kinds}
    now = truth if truth in kinds else "table" if truth else "folder"
    kind = st.radio(
        text.TRUTH,
        list(kinds),
        format_func=lambda one: kinds[one],
        index=list(kinds).index(now),
        key=f"truth-kind-{given.id}",
        label_visibility="collapsed",
    )
    return (_table(given, truth) or None) if kind == "table" else str(kind or "")


def name_of(truth: str) -> str:
    """What labels are compared with, in words: the column of a table, or how names are read."""
    if truth.startswith(BROUGHT):
        return text.BROUGHT_TRUTH
    return text.TRUTH_KINDS.get(truth) or split_address(truth)[1] or truth


def _table(given: DatasetRow, truth: str) -> str:
    """`CSV:COLUMN`, or "" until a table is given. Raises BadInput for one that cannot be used."""
    elsewhere = truth in text.TRUTH_KINDS or truth.startswith((BROUGHT, hub.PREFIX))
    place, column = (Path(), "") if elsewhere else split_address(truth)
    key = f"truth-table-{given.id}"
    drops = st.session_state.setdefault(f"{key}-drops", 0)
    dropped = st.file_uploader(text.TABLE_UPLOAD, type=["csv", "tsv"], key=f"{key}-upload-{drops}")
    if dropped:
        place = upload.home(state.workspace().config) / secrets.token_hex(16)
        st.session_state[key] = str(upload.save_table(place, dropped.getvalue()))
        st.session_state[f"{key}-drops"] += 1  # an empty field: what was dropped is saved
        st.rerun()
    st.session_state.setdefault(key, str(place) if place.name else "")
    path = st.text_input(text.TABLE_PATH, key=key, placeholder=text.TABLE_HINT)
    if not path or not path.strip():
        return ""
    table = Path(path.strip()).expanduser()
    check_allowed(table.resolve(), state.workspace().config)
    columns = read_table(table)
    classes = [one for one in columns if one != image_column(list(columns))] or list(columns)
    index = classes.index(column) if column in classes else 0
    st.dataframe({name: cells[:4] for name, cells in columns.items()}, hide_index=True, alt=text.TABLE)
    chosen = st.selectbox(text.COLUMN, classes, index=index, key=f"{key}-column")
    return f"{table}:{chosen}"


def _summary(given: DatasetRow, truth: str) -> None:
    """How many images get a label, and which labels there are. Raises BadInput when none gets one."""
    items = state.workspace().store.datasets.items(given.id)
    _, classes = source.read_truth(truth, {item.item_id: item.name for item in items})
    found = Counter(classes.values()).most_common()
    names = ", ".join(safe_md(f"{name} ({number})", 40) for name, number in found[:_CLASSES])
    more = " …" if len(found) > _CLASSES else ""
    st.caption(f":green[:material/check:] {text.labelled(len(classes), len(items), len(found))} {names}{more}")
