"""Reads the text in all images of a dataset in the background, so that *Find* knows it whatever they are grouped by."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import streamlit as st

from core.domain import Progress
from core.pipeline.read_text import read_all, text_read
from core.workspace import Workspace
from ui import text
from ui.components.looking import under_way
from ui.session import state


def read_text(dataset_id: str, *, quiet: bool = False) -> None:
    """What is known of the text in the images, with a button that reads those that were not read. quiet: say nothing
    where all were read, nor draw a frame."""
    found = text_read(state.workspace(), dataset_id)
    if found.is_whole:
        if not quiet:
            st.caption(text.text_found(found.with_text, found.images))
        return
    with st.container(border=not quiet):
        under_way(
            f"read-text-{dataset_id}",
            partial(_read, dataset_id),
            label=text.READ_TEXT,
            note=text.text_read(found.read, found.images),
            by_itself=False,
            primary=False,
        )


def _read(dataset_id: str, place: Workspace, cancel: threading.Event, show: Callable[[Progress], None]) -> None:
    read_all(place, dataset_id, cancel, show)
