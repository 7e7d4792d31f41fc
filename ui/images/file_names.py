"""How file names, or a list of images, were read that do not say what they are written in, and another choice."""

from __future__ import annotations

import streamlit as st

from core.domain import DatasetRow
from core.ingest import source
from core.ingest.text import NAME_PAGES, TABLE_PAGES, UTF_8, in_words
from ui import text
from ui.components.notices import act
from ui.session import run_data, state


def file_names(given: DatasetRow) -> None:
    """The code page that was found to fit, which a person can change; nothing where there was no doubt."""
    now, is_list = given.source.encoding, given.source.kind == "csv"
    if not now or now == UTF_8:
        return
    pages = TABLE_PAGES if is_list else (UTF_8, *NAME_PAGES)
    key = f"file-names-{given.id}"
    st.selectbox(
        text.TABLE_WRITTEN if is_list else text.FILE_NAMES,
        pages,
        index=pages.index(now),
        format_func=in_words,
        help=text.TABLE_WRITTEN_HELP if is_list else text.FILE_NAMES_HELP,
        key=key,
        on_change=act,
        args=(_read_again, given, key),
        width=360,
    )


def _read_again(given: DatasetRow, key: str) -> None:
    workspace = state.workspace()
    origin = source.find(given.source.path, "", workspace.config, encoding=st.session_state[key])
    if not source.is_complete(workspace.store.datasets.get(origin.dataset_id)):
        state.jobs().look(origin)
    state.choose_images(origin.dataset_id, run_data.images_at_hand()[1])
