"""The text layer of a PDF page as lines with their places, where it says what is seen. Runs in a worker."""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.domain import Line

_CELLS = 10_000
"""Places are told on so many cells on the longer side."""
_SAME_LINE, _APART = 0.5, 1.2
"""Of the height of letters: by how much pieces of one line overlap at least, and how far they lie apart at most."""
_STAMP, _SCANNED = 60, 0.5
"""Fewer letters than this over a picture of more than half of the page are a stamp on a scan, not what it says."""
_READABLE = 0.9
"""The share of signs that are letters, digits or the like; a layer with less was made with a font that hides them."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of letters of one font, and where it lies in cells."""

    text: str
    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        return max(1, self.bottom - self.top)

    @property
    def is_sideways(self) -> bool:
        return len(self.text) > 2 and self.height > self.right - self.left

    def goes_on(self, other: _Piece) -> bool:
        """Whether `other`, which begins further right, goes on with the line."""
        if self.is_sideways or other.is_sideways:
            return False
        least = min(self.height, other.height)
        overlap = min(self.bottom, other.bottom) - max(self.top, other.top)
        return overlap >= _SAME_LINE * least and other.left - self.right <= _APART * max(self.height, other.height)

    def joined(self, other: _Piece) -> _Piece:
        space = " " if other.left - self.right > 0.15 * self.height else ""
        return _Piece(
            f"{self.text}{space}{other.text}",
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def lines(page: Any) -> tuple[Line, ...] | None:
    """The lines of a page (`pypdfium2.PdfPage`) from top to bottom; None where it has no text layer, or one that does
    not say what is seen on it (a stamp on a scan, a font without a meaning of its signs)."""
    layer = page.get_textpage()
    signs = [sign for sign in layer.get_text_range() if not sign.isspace()]
    if not signs or sum(map(_is_readable, signs)) < _READABLE * len(signs):
        return None
    if len(signs) < _STAMP and _is_scan(page):
        return None
    rows = _rows(sorted(_pieces(page, layer), key=lambda piece: (piece.left, piece.top)))
    across, down = _size(page)
    return tuple(_line(row, across, down) for row in sorted(rows, key=lambda row: (row.top, row.left)))


def _is_readable(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNPSM" and sign != "\N{REPLACEMENT CHARACTER}"


def _is_scan(page: Any) -> bool:
    """Whether one picture covers most of the page."""
    import pypdfium2.raw as raw

    width, height = page.get_size()
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = image.get_bounds()
        if (right - left) * (top - bottom) > _SCANNED * width * height:
            return True
    return False


def _pieces(page: Any, layer: Any) -> Iterator[_Piece]:
    """The runs of letters, as they will lie on the picture of the page, whichever way that is turned."""
    import pypdfium2.raw as raw

    across, down = _size(page)

    def on_page(x: float, y: float) -> tuple[int, int]:
        column, row = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, across, down, 0, x, y, column, row)
        return column.value, row.value

    for place in range(layer.count_rects()):
        left, bottom, right, top = layer.get_rect(place)
        text = " ".join(layer.get_text_bounded(left, bottom, right, top).split())
        (x0, y0), (x1, y1) = on_page(left, top), on_page(right, bottom)
        piece = _Piece(text, min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        if text and piece.right > 0 and piece.bottom > 0 and piece.left < across and piece.top < down:
            yield piece


def _rows(pieces: Sequence[_Piece]) -> list[_Piece]:
    """The pieces joined to lines. pieces: from left to right."""
    rows: list[_Piece] = []
    for piece in pieces:
        found = next((place for place, row in enumerate(rows) if row.goes_on(piece)), None)
        if found is None:
            rows.append(piece)
        else:
            rows[found] = rows[found].joined(piece)
    return rows


def _line(row: _Piece, across: int, down: int) -> Line:
    left, right = (round(min(max(cell / across, 0.0), 1.0), 4) for cell in (row.left, row.right))
    top, bottom = (round(min(max(cell / down, 0.0), 1.0), 4) for cell in (row.top, row.bottom))
    return Line(row.text, ((left, top), (right, top), (right, bottom), (left, bottom)), 1.0)


def _size(page: Any) -> tuple[int, int]:
    """Width and height of a page in cells."""
    width, height = page.get_size()
    share = _CELLS / max(width, height, 1)
    return max(1, round(width * share)), max(1, round(height * share))
