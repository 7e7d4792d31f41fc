"""Images on a page: a lazily loading wall of thumbnails, fetched by URL from our own route.

A component, because a thousand thumbnails through st.image are sent with every rerun and cannot be clicked. The
JavaScript sets text and attributes only; nothing from a model or a file name is ever read as HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from ui.components.asset import asset

_wall = st.components.v2.component(
    "facetry_wall",
    html="<div class='wall' role='group'></div>",
    css=asset("tiles.css"),
    js=asset("tiles.js", "wall.js"),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One image on a wall. alt: what it shows, in words. picture: False for a record without an image."""

    id: str
    alt: str
    caption: str = ""
    picture: bool = True


def wall(
    tiles: Sequence[Tile],
    label: str,
    *,
    key: str,
    size: int = 148,
    lines: int = 1,
    on_open: Callable[[str], None] | None = None,
) -> None:
    """Show thumbnails at least `size` pixels wide, as many a row as fit; label names the wall to a screen reader.

    Arrow keys go from tile to tile.

    Args:
        lines: how many lines of caption are shown.
        on_open: called with the item's id when a person clicks a thumbnail.
    """

    def opened() -> None:
        item = told(key, "opened")
        if item and on_open:
            on_open(str(item))

    data = laid_out(tiles, label, size, lines) | {"clickable": on_open is not None}
    _wall(key=key, data=data, on_opened_change=opened)


def laid_out(tiles: Sequence[Tile], label: str, size: int, lines: int) -> dict[str, Any]:
    """What `tiles.js` shows."""
    return {"tiles": [asdict(tile) for tile in tiles], "label": label, "size": size, "lines": lines}


def told(key: str, event: str) -> Any:
    """What a component tells of an event, in its callback; None where it does not.

    It may come from a component that the page has just replaced: its state is gone, and so is its meaning.
    """
    return st.session_state.get(key, {}).get(event)
