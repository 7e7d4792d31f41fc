"""The ways to give images: dropped into the browser, or a folder of this computer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.errors import BadInput, FacetryError
from core.ingest import source
from core.ingest.sources import upload
from ui import text
from ui.components.safe import safe_md
from ui.components.uploader import uploader
from ui.images import folders
from ui.session import state

_WAY = "way"


@st.cache_data(ttl=10, max_entries=20, show_spinner=False)
def files_in(folder: str) -> str:
    """How many files a folder holds, in words, and what was assumed to read their names; remembered for seconds, as
    pages are drawn at every click. Raises BadInput."""
    found = source.find(folder, "", state.workspace().config)
    return f"{text.found(found.given)} {safe_md(found.note)}".strip()


def choose() -> None:
    """Offer the ways; as soon as images are given, look at them. Raises FacetryError."""
    asked = st.query_params.get(_WAY)
    st.session_state[_WAY] = asked if asked in text.WAYS else "files"  # the one place to read it from is the address
    way = st.segmented_control(
        text.IMAGES_TITLE,
        list(text.WAYS),
        format_func=lambda way: text.WAYS[way],
        required=True,
        key=_WAY,
        label_visibility="collapsed",
        on_change=lambda: st.query_params.update({_WAY: st.session_state[_WAY]}),
    )
    if way == "path":
        _path()
        return
    if arrived := uploader(key="uploader"):
        take(arrived)


def take(upload_id: str) -> None:
    """Look at what was sent. A table that came along holds the labels; alone, it lists images. Raises FacetryError."""
    workspace = state.workspace()
    sent = upload.find(upload.home(workspace.config), upload_id)
    sent.finish()
    table = sent.labels()
    try:
        if sent.is_list and table:
            _check_list(table, sent.name)
            open_source(str(table))
        else:
            open_source(str(sent.folder), str(table or ""))
    except BadInput:  # a ZIP file that cannot be opened, a list of nothing: it would only be in the way
        upload.remove(sent)
        raise


def _check_list(table: Path, called: str) -> None:
    """Raise BadInput for a table that leads to no image: a browser does not say which folder it came from."""
    try:
        found = source.find(str(table), "", state.workspace().config)
    except BadInput as error:
        raise BadInput(str(error).replace(str(table), called).replace(table.name, called)) from None
    if all(file.refusal for file in found.files):
        raise BadInput(text.LISTS_NOTHING.format(table=called, name=found.files[0].name))


def open_source(path: str, truth: str = "") -> None:
    """Find images, start to look at them unless that was done before, and show them. Raises FacetryError."""
    workspace = state.workspace()
    origin = source.find(path, "", workspace.config)
    if not source.is_complete(workspace.store.datasets.get(origin.dataset_id)):
        state.jobs().look(origin)
    state.choose_images(origin.dataset_id, truth)
    state.go_to("images")


def _path() -> None:
    """A folder, ZIP file or list on this computer; what is in it shows at once, before anything is opened."""
    folders.browse_button()
    if picked := folders.chosen():
        open_source(picked)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        folder = st.text_input(
            text.FOLDER,
            key="folder",
            placeholder=text.FOLDER_HINT,
            help=text.FOLDER_HELP,
            icon=":material/folder:",
            persist_state="session",
        )
        pressed = st.button(text.LOOK, icon=":material/arrow_forward:", key="look")
    if roots := state.workspace().config.image_roots:
        st.caption(text.ROOTS.format(folders=safe_md(", ".join(str(root) for root in roots))))
    wanted = (folder or "").strip()
    if pressed:
        if not wanted:
            raise BadInput(text.NO_FOLDER)
        open_source(wanted)
    if not wanted:
        st.caption(text.FOLDER_NOTE)
        return
    try:
        st.caption(f":green[:material/check:] {files_in(wanted)} {text.FOLDER_NOTE}")
    except FacetryError as error:
        st.caption(f":red[:material/error: {safe_md(str(error))}]")
