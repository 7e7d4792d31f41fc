"""Labels to compare with: from folder names, from file names, or from a table whose columns are previewed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from core.domain import DatasetRow
from core.errors import FacetryError
from core.ingest.ground_truth import ALIKE, ALONG, BROUGHT, ENCODED, open_table, split_address, split_encoding
from core.ingest.name_matching import from_filenames, from_folders
from core.ingest.sources import huggingface_hub, upload
from core.ingest.sources.source_file import check_allowed
from core.ingest.table import NAMED
from core.pipeline.labels import Fit, fit, images_of
from core.typed_path import typed_path
from ui import text
from ui.components.safe import safe_md
from ui.images.two_labels import two_labels
from ui.images.written_in import written_in
from ui.session import state

_CLASSES, _ROWS = 8, 4
_MOST_MB = 50
"""For the table that is dropped: it passes through memory. A larger one can be named by its path."""


def truth_form(given: DatasetRow, truth: str, *, of_run: bool) -> None:
    """Choose what to compare with; it is kept in the address. of_run: it belongs to a run and is only told."""
    st.header(text.TRUTH, help=text.TRUTH_HELP, anchor=False)
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
    spelled, truth = truth, truth.removeprefix(ALIKE)
    kinds = {key: words for key, words in text.TRUTH_KINDS.items() if key or none}
    if truth.startswith((*ALONG, huggingface_hub.PREFIX)):
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
    chosen = (_table(given, truth) or None) if kind == "table" else str(kind or "")
    return _spelled(given, chosen, as_one=spelled.startswith(ALIKE)) if chosen else chosen


def _spelled(given: DatasetRow, chosen: str, *, as_one: bool) -> str:
    """The labels as they are or, where a person wants it, with those as one that are only spelled otherwise."""
    try:
        alike = _fitted(given, chosen).preview.alike
    except FacetryError:  # `summary` says it
        return chosen
    if not alike:
        return chosen
    label = safe_md(text.ALIKE.format(labels=_listed(alike)), 300)
    one = st.checkbox(label, as_one, key=f"alike-{given.id}-{chosen}", help=text.ALIKE_HELP)
    return f"{ALIKE}{chosen}" if one else chosen


def name_of(truth: str) -> str:
    """What labels are compared with, in words: the column of a table, or how names are read."""
    truth = truth.removeprefix(ALIKE)
    if truth.startswith(ALONG):
        return text.BROUGHT_TRUTH if truth.startswith(BROUGHT) else text.RECORDS_TRUTH
    return text.TRUTH_KINDS.get(truth) or split_address(truth)[1] or truth


def _table(given: DatasetRow, truth: str) -> str:
    """`TABLE:COLUMN`, or "" until a table is given. Raises BadInput for one that cannot be used."""
    elsewhere = truth in text.TRUTH_KINDS or truth.startswith((*ALONG, huggingface_hub.PREFIX))
    place, column = (Path(), "") if elsewhere else split_address(truth)
    if not place.name and given.source.kind == "csv":
        place = Path(given.source.path)  # the table that lists the images may hold their labels too
    key = f"truth-table-{given.id}"
    path = _place(key, place)
    if not path or not path.strip():
        return ""
    table = typed_path(path.strip())
    check_allowed(table.resolve(), state.workspace().config)
    said = split_encoding(truth)[0] if table == place else ""
    encoding = written_in(table, said, key=key)
    with st.spinner(text.TABLE_READING):
        head, how, called = _head(given.id, _counts(given), str(table), _stamp(str(table)), encoding)
    classes = [column for column in head if column != called]
    index = classes.index(column) if column in classes else 0
    st.dataframe(head, hide_index=True, alt=text.TABLE)
    if how:
        st.caption(safe_md(text.TABLE_HOW.format(how=how), 400))
    chosen = st.selectbox(text.COLUMN, classes, index=index, key=f"{key}-column")
    return f"{ENCODED}{encoding}:{table}:{chosen}" if encoding else f"{table}:{chosen}"


def _place(key: str, place: Path) -> str:
    """Where the table lies: one that is dropped, told by its name and not by where it is kept, or a path that is typed.

    place: of the table that was chosen before, empty for none.
    """
    kept, home = f"{key}-kept", upload.home(state.workspace().config)
    if kept not in st.session_state:
        st.session_state[kept] = str(place) if home in place.parents else ""
    if st.session_state[kept]:
        with st.container(horizontal=True, vertical_alignment="center"):
            name = st.session_state.get(f"{key}-name") or text.TABLE_DROPPED
            st.markdown(f":material/table: {safe_md(name, 80)}", width="stretch")
            st.button(text.TABLE_OTHER, key=f"{key}-other", on_click=lambda: st.session_state.update({kept: ""}))
        return str(st.session_state[kept])
    drops = st.session_state.setdefault(f"{key}-drops", 0)
    dropped = st.file_uploader(
        text.TABLE_UPLOAD,
        type=[suffix.lstrip(".") for suffix in NAMED],
        max_upload_size=_MOST_MB,
        help=text.TABLE_LARGE.format(size=f"{_MOST_MB} MB"),
        key=f"{key}-upload-{drops}",
    )
    if dropped:
        saved = upload.save_table(home / secrets.token_hex(16), dropped.getvalue(), Path(dropped.name).suffix)
        st.session_state.update({kept: str(saved), f"{key}-name": dropped.name})
        st.session_state[f"{key}-drops"] += 1  # an empty field: what was dropped is saved
        st.rerun()
    st.session_state.setdefault(key, str(place) if place.name and home not in place.parents else "")
    return st.text_input(text.TABLE_PATH, key=key, placeholder=text.TABLE_HINT) or ""


def summary(given: DatasetRow, truth: str) -> None:
    """How the labels fit the images: how many get one, which there are, and who has no partner, on either side.

    Raises BadInput when none gets one.
    """
    fitted = _fitted(given, truth)
    found = fitted.preview
    classes = list(found.classes.items())
    names = ", ".join(safe_md(f"{name} ({number})", 40) for name, number in classes[:_CLASSES])
    more = " …" if len(classes) > _CLASSES else ""
    st.caption(f":green[:material/check:] {text.labelled(found.labelled, found.images, len(classes))} {names}{more}")
    if found.column:
        st.caption(safe_md(text.NAMING_COLUMN.format(column=found.column), 120))
    for way in found.ways:
        st.caption(f":blue[:material/join_inner:] {safe_md(text.met(way), 300)}")
    if found.unlabelled:
        line = text.unlabelled(found.unlabelled, ", ".join(found.unlabelled_examples))
        st.caption(f":orange[:material/image_not_supported:] {safe_md(line, 400)}")
    if found.unmatched:
        line = text.unmatched(found.unmatched, ", ".join(found.unmatched_examples))
        st.caption(f":orange[:material/playlist_remove:] {safe_md(line, 400)}")
    two_labels(fitted, key=f"{given.id}-{truth}")


def differing(given: DatasetRow, truth: str) -> str:
    """Images with two labels, for a page that says all else itself; nothing where the labels cannot be read.

    Returns which labels may mean one, in words.
    """
    try:
        fitted = _fitted(given, truth)
    except FacetryError:
        return ""
    two_labels(fitted, key=f"{given.id}-{truth}")
    return _listed(fitted.preview.alike)


def _listed(alike: Sequence[tuple[str, ...]]) -> str:
    """Sets of labels in words: "red = Red; 1 = 01"."""
    return "; ".join(" = ".join(labels) for labels in alike[: text.FIRST]) + (" …" if len(alike) > text.FIRST else "")


def _fitted(given: DatasetRow, truth: str) -> Fit:
    """How labels fit the images as they are now. Raises BadInput when none gets one."""
    with st.spinner(text.TABLE_READING):
        return _fit(given.id, _counts(given), truth, _stamp(truth))


def _counts(given: DatasetRow) -> str:
    """Changes when the images do."""
    return str(sorted(given.counts.items()))


@st.cache_data(max_entries=8, show_spinner=False)
def _first_that_fits(dataset_id: str, counts: str) -> str:
    """What to offer where nothing was chosen: names if they hold labels, else a table."""
    names = state.workspace().store.datasets.names(dataset_id)
    return "folder" if from_folders(names) else "filename" if from_filenames(names) else "table"


def _stamp(truth: str) -> str:
    """Changes when the file that labels are read from does; "" for what lies in no file."""
    truth = truth.removeprefix(ALIKE)
    place = Path(truth.partition(":")[2]) if truth.startswith(ALONG) else split_address(truth)[0]
    try:
        return str(place.stat().st_mtime_ns) if truth not in text.TRUTH_KINDS else ""
    except OSError:
        return ""


@st.cache_data(max_entries=8, show_spinner=False)
def _head(dataset_id: str, counts: str, path: str, stamp: str, encoding: str) -> tuple[dict[str, list[str]], str, str]:
    """The first rows of a table, how it was read, and the column that names the images; remembered, as pages are drawn
    at every click. Raises BadInput."""
    table, called = open_table(Path(path), images_of(state.workspace().store, dataset_id), encoding=encoding)
    return {name: cells[:_ROWS] for name, cells in table.items()}, table.how, called


@st.cache_data(max_entries=8, show_spinner=False)
def _fit(dataset_id: str, counts: str, truth: str, stamp: str) -> Fit:
    """Remembered while neither the images nor the labels change. Raises BadInput."""
    return fit(state.workspace().store, dataset_id, truth, text.FIRST)
