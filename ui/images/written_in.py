"""What a table is written in that does not say it: the code page that was found to fit, which a person can change."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.errors import FacetryError
from core.ingest.table import JSON, NAMED, read_table
from core.ingest.text import CODE_PAGES, TABLE_PAGES, in_words
from ui import text


def written_in(table: Path, said: str = "", *, key: str) -> str:
    """Ask, where there is a doubt; "" where there is none, or for what was found out. said: what was chosen before."""
    with st.spinner(text.TABLE_READING):
        found = said or _found(str(table), _stamp(table))
    if found not in TABLE_PAGES or (not said and found not in CODE_PAGES):
        return ""
    chosen = st.selectbox(
        text.TABLE_WRITTEN,
        TABLE_PAGES,
        index=TABLE_PAGES.index(found),
        format_func=in_words,
        help=text.TABLE_WRITTEN_HELP,
        key=f"{key}-written-{table}",
        width=360,
    )
    return chosen if said or chosen != found else ""


def _stamp(table: Path) -> str:
    try:
        return str(table.stat().st_mtime_ns)
    except OSError:
        return ""


@st.cache_data(max_entries=8, show_spinner=False)
def _found(table: str, stamp: str) -> str:
    """The encoding of a table as it was found out; "" where it is none, or cannot be read."""
    path = Path(table)
    try:
        return read_table(path).encoding if path.is_file() and path.suffix.lower() in (*NAMED, *JSON) else ""
    except FacetryError:  # whoever reads it says so
        return ""
