"""The drop zone for images, folders and ZIP files: a component that sends them straight to disk (ui.routes.uploads).

Streamlit's own uploader lost files of large folders without a word and held all of them in memory.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.ingest.sources import upload
from core.ingest.sources.file_kind import HEAD, SUFFIXES
from core.ingest.table import SUFFIXES as TABLES
from ui import text
from ui.components.asset import asset
from ui.session import state

_uploader = st.components.v2.component(
    "facetry_uploader",
    html=asset("uploader.html"),
    css=asset("uploader.css"),
    js=asset("upload_job.js", "uploader.js"),
)
_OLDER = 3
"""How many uploads that were broken off are offered."""


def uploader(*, key: str) -> str | None:
    """Show it; returns the id of an upload once all of it is here, or a person wants to use what is here."""
    workspace = state.workspace()
    older = [_told(unfinished) for unfinished in upload.unfinished(upload.home(workspace.config), _OLDER)]
    known = {"endings": [*sorted(SUFFIXES), ".zip", *TABLES], "head": HEAD}
    data = {"token": workspace.token, "words": text.UPLOADER, "older": older, "known": known}
    arrived: str | None = _uploader(key=key, data=data, on_arrived_change=lambda: None).arrived
    return arrived


def _told(older: upload.Upload) -> dict[str, Any]:
    """What the page says of an upload that is not finished. What another tab still sends is only shown."""
    sending = upload.is_alive(older.id)
    line = (text.being_sent if sending else text.broken_off)(older.name or text.UPLOADED, older.so_far())
    return {"id": older.id, "line": line, "usable": not sending and bool(older.arrived()), "sending": sending}
