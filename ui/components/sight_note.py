"""What a person is to know of what the vision model could see, wherever the result is."""

from __future__ import annotations

import streamlit as st

from core.domain import RunSettings
from core.pipeline.sight import said_of_sight
from ui.components.safe import safe_md


def sight_note(settings: RunSettings) -> None:
    """A line each; nothing where the criterion was seen as typed. The first time, a model that reads criteria is
    loaded: pages that show pictures call this last."""
    for sentence in said_of_sight(settings):
        st.markdown(f":orange[:material/visibility_off:] {safe_md(sentence, 300)}")
