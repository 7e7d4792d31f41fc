"""Lines as they would be read, and pictures with text in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from core.domain import Line


def line(text: str, top: float = 0.1, height: float = 0.03, left: float = 0.1, score: float = 0.98) -> Line:
    """A line whose letters are so high, all as shares of the picture."""
    right, bottom = min(1.0, left + 0.5 * height * len(text)), top + height
    return Line(text, ((left, top), (right, top), (right, bottom), (left, bottom)), score)


def page(*texts: str, first: float = 0.04, others: float = 0.02) -> list[Line]:
    """Lines below each other; the letters of the first are so high, those of the others lower."""
    heights = [first, *[others] * (len(texts) - 1)]
    return [line(text, 0.05 + 0.8 * i / max(len(texts), 1), heights[i]) for i, text in enumerate(texts)]


def paint(path: Path, texts: Sequence[str], size: tuple[int, int] = (640, 480)) -> Path:
    """A white picture with lines of text, the first the largest; none for no text."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for i, text in enumerate(texts):
        draw.text((40, 40 + 70 * i), text, fill="black", font=ImageFont.load_default(44 if i == 0 else 26))
    image.save(path, quality=92)
    return path
