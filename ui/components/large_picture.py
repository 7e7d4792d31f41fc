"""One image as large as fits, among those before and after it, which arrow keys lead to at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from ui import text
from ui.components.asset import asset
from ui.components.gallery import told

_picture = st.components.v2.component(
    "facetry_large_picture",
    html=asset("large_picture.html"),
    css=asset("large_picture.css"),
    js=asset("large_picture.js"),
)


@dataclass(frozen=True, slots=True)
class Near:
    """An image that is shown or may come next. alt: what it shows, in words. search: the query of its address."""

    id: str
    alt: str
    search: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A part of a picture. corners: (x, y) as shares of its width and height. telling: drawn more strongly."""

    corners: Sequence[tuple[float, float]]
    telling: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Part of a list of images. first: the place of near[0] in it, from 0. total: how many there are. follows: where in
    `near` the image after the one that is shown stands, should that have left the list."""

    near: Sequence[Near]
    first: int
    total: int
    follows: int = 0


def large_picture(
    shown: Near,
    line: Line,
    groups: Sequence[str],
    *,
    key: str,
    pictures: bool,
    outlined: Sequence[Outline] = (),
    picture: str = "",
    on_step: Callable[[str], None],
    on_close: Callable[[], None],
    on_move: Callable[[str, str], None],
) -> None:
    """Show it. Arrow keys and two buttons go on, Escape closes, 1 to 9 move it.

    Args:
        groups: ids, in the order of their numbers.
        pictures: whether there are pictures, or words alone.
        outlined: parts of the picture to draw a line around.
        picture: the id of the picture to show of it, where that is another: the image that it is a part of.
        on_step: called with the id of the image that is shown now; the browser's address has it already.
        on_move: called with an item's id and a group's.
    """

    def stepped() -> None:
        if item := told(key, "stepped"):
            on_step(str(item))

    def closed() -> None:
        if told(key, "closed"):
            on_close()

    def moved() -> None:
        if wanted := told(key, "moved"):
            on_move(str(wanted.get("item")), str(wanted.get("to")))

    data = {
        **asdict(shown),
        "near": [asdict(one) for one in line.near],
        "first": line.first,
        "total": line.total,
        "follows": line.follows,
        "groups": list(groups),
        "pictures": pictures,
        "picture": picture,
        "lines": [asdict(part) for part in outlined],
        "words": text.LARGE_PICTURE,
    }
    _picture(key=key, data=data, on_stepped_change=stepped, on_closed_change=closed, on_moved_change=moved)
