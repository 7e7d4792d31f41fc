"""The ways to give images: files, a ZIP or a folder dropped into the browser, or a folder of this computer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, cast

import streamlit as st

from core.errors import BadInput, FacetryError
from core.ingest import source, upload
from ui import state, text
from ui.safe import safe_md

MOST = 500
"""Files that one drop may hold: beyond, the browser's own upload loses some without a word."""


class Uploaded(Protocol):
    """What Streamlit hands over for one file; name is a relative path when a folder was dropped."""

    @property
    def name(self) -> str: ...


@st.cache_data(ttl=10, max_entries=20, show_spinner=False)
def files_in(folder: str) -> int:
    """How many files a folder holds, remembered for seconds: pages are drawn at every click. Raises BadInput."""
    return source.find(folder, "", state.workspace().config).given


def choose() -> None:
    """Offer the ways; as soon as images are given, look at them. Raises FacetryError."""
    asked = st.query_params.get("way", "")
    way = st.segmented_control(
        text.IMAGES_TITLE,
        list(text.WAYS),
        format_func=lambda one: text.WAYS[one],
        default=asked if asked in text.WAYS else "files",
        required=True,
        key="way",
        label_visibility="collapsed",
        bind="query-params",
    )
    if way == "path":
        _path()
        return
    files = st.file_uploader(
        text.FILES if way == "files" else text.DIRECTORY,
        accept_multiple_files=True if way == "files" else "directory",
        key=f"upload-{way}",
    )
    st.caption(text.UPLOAD_NOTE)
    if files:
        take(files)


def take(files: Sequence[Uploaded]) -> None:
    """Write what was dropped below the workspace and look at it. Raises FacetryError."""
    if len(files) > MOST:
        raise BadInput(text.too_many(len(files)))
    tables = [file for file in files if file.name.lower().endswith((".csv", ".tsv"))]
    images = [file for file in files if file not in tables] if len(tables) == 1 else list(files)
    zipped = [file for file in images if file.name.lower().endswith(".zip")]
    if zipped and len(images) > 1:
        raise BadInput(text.ONE_ZIP)
    if not images:
        raise BadInput(text.NO_IMAGES_DROPPED)
    folder = upload.new_folder(state.workspace().folder)
    tops = {PurePosixPath(file.name.replace("\\", "/")).parts[0] for file in images if "/" in file.name}
    place = folder if len(tops) == 1 or zipped else folder / text.UPLOADED
    with st.spinner(text.SAVING):
        saved = [upload.save(place, file.name, cast(BinaryIO, file)) for file in images]
    if zipped:
        place = saved[0]
    elif len(tops) == 1:
        place = folder / saved[0].relative_to(folder).parts[0]
    truth = str(save_table(tables[0])) if len(tables) == 1 else ""
    open_source(str(place), truth)


def save_table(file: Uploaded) -> Path:
    """Write a table that was dropped below the workspace. Raises BadInput."""
    folder = upload.new_folder(state.workspace().folder)
    return upload.save(folder, PurePosixPath(file.name.replace("\\", "/")).name, cast(BinaryIO, file))


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
    with st.container(horizontal=True, vertical_alignment="bottom"):
        folder = st.text_input(
            text.FOLDER,
            key="folder",
            placeholder=text.FOLDER_HINT,
            help=text.FOLDER_HELP,
            icon=":material/folder:",
            persist_state="session",
        )
        pressed = st.button(text.LOOK, type="primary", icon=":material/arrow_forward:", key="look")
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
        st.caption(f":green[:material/check:] {text.found(files_in(wanted))} {text.FOLDER_NOTE}")
    except FacetryError as error:
        st.caption(f":red[:material/error: {safe_md(str(error))}]")
