"""A very long image (a screenshot of a whole page, a webtoon, a receipt) as a sheet: its strips side by side, in order.

Whoever looks at an image fits it into a square: of 480 x 15360 pixels 24 x 768 would be left, which says nothing and
which some models refuse. A sheet is one picture for all who look, models that take a single image included.
"""

from __future__ import annotations

import math
import re

from PIL import Image

SIDE = 2048
"""Longest side of a sheet in pixels, so that text stays legible: twice that of other views."""
_LONG, _LONGEST_WHOLE = 6, 2048
"""How many times as long as wide an image is that is cut, where its longer side has more pixels than these."""
_SHARE = 16
"""This share of a strip's width is shown twice, as a line of text may lie on the cut, and is left free beside it."""
_BETWEEN = "#767676"
_MARK = re.compile(rb"facetry sheet: (\d+) (columns|rows)")


def is_long(size: tuple[int, int]) -> bool:
    """Whether an image of this width and height is shown as a sheet."""
    return max(size) >= _LONG * min(size) and max(size) > _LONGEST_WHOLE


def as_sheet(image: Image.Image) -> tuple[Image.Image, str]:
    """The strips of a long RGB image from left to right (of a wide one from top to bottom), and a note that says so."""
    is_tall = image.height > image.width
    across, along = min(image.size), max(image.size)
    number, spare = round(math.sqrt(along / across)), -(-across // _SHARE)
    each = -(-(along + (number - 1) * spare) // number)
    size = number * across + (number - 1) * spare, each
    sheet = Image.new("RGB", size if is_tall else size[::-1], _BETWEEN)
    for place in range(number):
        start, left = min(place * (each - spare), along - each), place * (across + spare)
        if is_tall:
            sheet.paste(image.crop((0, start, across, start + each)), (left, 0))
        else:
            sheet.paste(image.crop((start, 0, start + each, across)), (0, left))
    strips = f"{number} {'columns' if is_tall else 'rows'}"
    sheet.info["comment"] = f"facetry sheet: {strips}".encode()
    return sheet, f"shown as {strips}, as it is {along / across:.0f} times as long as wide"


def strips_of(image: Image.Image) -> tuple[int, str] | None:
    """How many strips a view is made of, and what they are ("columns" from left to right, "rows" from top to bottom);
    None for an image that is shown whole. image: the JPEG file that the sheet was saved as."""
    comment = image.info.get("comment", b"")
    found = _MARK.fullmatch(comment) if isinstance(comment, bytes) else None
    return (int(found[1]), found[2].decode()) if found else None
