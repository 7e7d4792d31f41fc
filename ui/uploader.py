"""The drop zone for images, folders and ZIP files: a component that sends them straight to disk through ui.uploads.

Streamlit's own uploader lost files of large folders without a word and held all of them in memory.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.ingest import upload
from ui import state, text

_PARTS = {
    kind: Path(__file__).with_name(f"uploader.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
}
_uploader = st.components.v2.component("facetry_uploader", **_PARTS)
_OLDER = 3
"""How many uploads that were broken off are offered."""


def uploader(*, key: str) -> str | None:
    """Show it; returns the id of an upload once all of it is here, or a person wants to use what is here."""
    workspace = state.workspace()
    older = [
        {"id": one.id, "name": one.name or text.UPLOADED, "here": len(one.arrived()), "all": len(one.wanted)}
        for one in upload.unfinished(upload.home(workspace.config))[:_OLDER]
    ]
    data = {"token": workspace.token, "words": text.UPLOADER, "older": older}
    shown = _uploader(key=key, data=data, on_arrived_change=lambda: None)
    return shown.arrived
