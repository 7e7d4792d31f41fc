"""A very long image (a screenshot of a whole page, a webtoon, a receipt) as a sheet: its strips side by side, in order.

Whoever looks at an image fits it into a square: of 480 x 15360 pixels 24 x 768 would be left, which says nothing and
which some models refuse. A sheet is one picture for all who look, models that take a single image included.
"""

from __future__ import annotations

import math

from PIL import Image

from core.ingest.view_comment import of_strips

SIDE = 2048
"""Longest side of a sheet in pixels, so that text stays legible: twice that of other views."""
_LONG, _LONGEST_WHOLE = 6, 2048
"""How many times as long as wide an image is that is cut, where its longer side has more pixels than these."""
_SHARE = 16
"""This share of a strip's width is shown twice, as a line of text may lie on the cut, and is left free beside it."""
_BETWEEN = "#767676"


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
    kind = "columns" if is_tall else "rows"
    sheet.info["comment"] = of_strips(number, kind)
    return sheet, f"shown as {number} {kind}, as it is {along / across:.0f} times as long as wide"
