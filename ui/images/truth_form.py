"""Labels to compare with: from folder names, from file names, or from a table whose columns are previewed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from core.domain import DatasetRow
from core.errors import FacetryError
from core.ingest import source
from core.ingest.ground_truth import BROUGHT, Preview, split_address
from core.ingest.name_matching import from_filenames, from_folders
from core.ingest.sources import huggingface_hub, upload
from core.ingest.sources.source_file import check_allowed
from core.ingest.table import NAMED, image_column, read_table
from core.typed_path import typed_path
from ui import text
from ui.components.safe import safe_md
from ui.session import state

_CLASSES, _ROWS = 8, 4
_MOST_MB = 50
"""For the table that is dropped: it passes through memory. A larger one can be named by its path."""


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
            summary(given, chosen)


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
    if truth.startswith((BROUGHT, huggingface_hub.PREFIX)):
        kinds = {truth: safe_md(name_of(truth), 60), **kinds}
    now = truth if truth in kinds else "table" if truth else _first_that_fits(given.id, str(given.counts))
    kind = st.radio(
        text.TRUTH,
        list(kinds),
        format_func=lambda kind: kinds[kind],
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
    """`TABLE:COLUMN`, or "" until a table is given. Raises BadInput for one that cannot be used."""
    elsewhere = truth in text.TRUTH_KINDS or truth.startswith((BROUGHT, huggingface_hub.PREFIX))
    place, column = (Path(), "") if elsewhere else split_address(truth)
    if not place.name and given.source.kind == "csv":
        place = Path(given.source.path)  # the table that lists the images may hold their labels too
    key = f"truth-table-{given.id}"
    drops = st.session_state.setdefault(f"{key}-drops", 0)
    dropped = st.file_uploader(
        text.TABLE_UPLOAD,
        type=[suffix.lstrip(".") for suffix in NAMED],
        max_upload_size=_MOST_MB,
        help=text.TABLE_LARGE.format(size=f"{_MOST_MB} MB"),
        key=f"{key}-upload-{drops}",
    )
    if dropped:
        folder = upload.home(state.workspace().config) / secrets.token_hex(16)
        st.session_state[key] = str(upload.save_table(folder, dropped.getvalue(), Path(dropped.name).suffix))
        st.session_state[f"{key}-drops"] += 1  # an empty field: what was dropped is saved
        st.rerun()
    st.session_state.setdefault(key, str(place) if place.name else "")
    path = st.text_input(text.TABLE_PATH, key=key, placeholder=text.TABLE_HINT)
    if not path or not path.strip():
        return ""
    table = typed_path(path.strip())
    check_allowed(table.resolve(), state.workspace().config)
    head, how = _head(str(table), _stamp(str(table)))
    classes = [column for column in head if column != image_column(list(head))] or list(head)
    index = classes.index(column) if column in classes else 0
    st.dataframe(head, hide_index=True, alt=text.TABLE)
    if how:
        st.caption(safe_md(text.TABLE_HOW.format(how=how), 400))
    chosen = st.selectbox(text.COLUMN, classes, index=index, key=f"{key}-column")
    return f"{table}:{chosen}"


def summary(given: DatasetRow, truth: str) -> None:
    """How the labels fit the images: how many get one, which there are, and who has no partner, on either side.

    Raises BadInput when none gets one.
    """
    found = _fit(given.id, str(sorted(given.counts.items())), truth, _stamp(truth))
    classes = list(found.classes.items())
    names = ", ".join(safe_md(f"{name} ({number})", 40) for name, number in classes[:_CLASSES])
    more = " …" if len(classes) > _CLASSES else ""
    st.caption(f":green[:material/check:] {text.labelled(found.labelled, found.images, len(classes))} {names}{more}")
    if found.unlabelled:
        line = text.unlabelled(found.unlabelled, ", ".join(found.unlabelled_examples))
        st.caption(f":orange[:material/image_not_supported:] {safe_md(line, 400)}")
    if found.unmatched:
        line = text.unmatched(found.unmatched, ", ".join(found.unmatched_examples))
        st.caption(f":orange[:material/playlist_remove:] {safe_md(line, 400)}")


@st.cache_data(max_entries=8, show_spinner=False)
def _first_that_fits(dataset_id: str, counts: str) -> str:
    """What to offer where nothing was chosen: names if they hold labels, else a table."""
    names = state.workspace().store.datasets.names(dataset_id)
    return "folder" if from_folders(names) else "filename" if from_filenames(names) else "table"


def _stamp(truth: str) -> str:
    """Changes when the file that labels are read from does; "" for what lies in no file."""
    place = Path(truth.removeprefix(BROUGHT)) if truth.startswith(BROUGHT) else split_address(truth)[0]
    try:
        return str(place.stat().st_mtime_ns) if truth not in text.TRUTH_KINDS else ""
    except OSError:
        return ""


@st.cache_data(max_entries=8, show_spinner=text.TABLE_READING)
def _head(path: str, stamp: str) -> tuple[dict[str, list[str]], str]:
    """The first rows of a table and how it was read; remembered, as pages are drawn at every click. Raises BadInput."""
    table = read_table(Path(path))
    return {name: cells[:_ROWS] for name, cells in table.items()}, table.how


@st.cache_data(max_entries=8, show_spinner=text.TABLE_READING)
def _fit(dataset_id: str, counts: str, truth: str, stamp: str) -> Preview:
    """Remembered while neither the images nor the labels change. Raises BadInput."""
    items = state.workspace().store.datasets.items(dataset_id)
    return source.preview_truth(truth, {item.item_id: item.name for item in items}, text.FIRST)
