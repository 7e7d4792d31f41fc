"""An image on which a person draws one rectangle, by mouse, finger or keyboard."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.ingest.focus import Box
from ui import text
from ui.components.asset import asset
from ui.components.gallery import told

_drawing = st.components.v2.component(
    "facetry_box_drawing",
    html=asset("box_drawing.html"),
    css=asset("box_drawing.css"),
    js=asset("box_drawing.js"),
)


def box_drawing(image: str, box: Box | None, *, key: str, on_drawn: Callable[[Box], None]) -> None:
    """Show it. image: the id of our copy. box: what is drawn already. on_drawn: called with what a person drew."""

    def drawn() -> None:
        wanted = told(key, "drawn")
        if isinstance(wanted, list) and len(wanted) == 4:
            left, top, right, bottom = (min(max(float(share), 0.0), 1.0) for share in wanted)
            on_drawn((left, top, right, bottom))

    _drawing(key=key, data={"image": image, "box": box, "words": text.DRAWING}, on_drawn_change=drawn)
