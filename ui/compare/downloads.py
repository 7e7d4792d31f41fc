"""A comparison to take away."""

from __future__ import annotations

import streamlit as st

from core.results.compare import Comparison
from ui import text
from ui.routes.downloads import comparison_address


def downloads(found: Comparison) -> None:
    """A link for each form in which it can be had."""
    with st.container(horizontal=True):
        for file, label in (
            ("matrix.csv", text.COMPARE_MATRIX_GET),
            ("images.csv", text.COMPARE_IMAGES_GET),
            ("comparison.json", text.COMPARE_JSON_GET),
        ):
            place = comparison_address(found.first.run.id, found.second.run.id, file)
            st.link_button(label, place, icon=":material/download:", key=f"get-{file}")
