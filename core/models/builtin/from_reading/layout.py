"""How the lines of a picture lie: how large they are, where, and in what columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.domain import Line


@dataclass(frozen=True, slots=True)
class Page:
    """columns: at how many places lines begin. is_narrow: whether most of a line's width is text and lines are short.
    words_a_line: the mean."""

    columns: int
    is_narrow: bool
    words_a_line: float


_UPRIGHT, _WORD = 1.5, 4
"""A line of so many letters that is so many times as high as wide runs upwards or down."""
_LEAST = 1e-6


def height(line: Line) -> float:
    """Of its letters, as a share of the picture's height (of its width where the line runs upwards), above 0; also
    where the line is turned a little."""
    first, second, third, fourth = np.array(line.corners)
    tall = abs(float((third + fourth - first - second)[1])) / 2
    wide = abs(float((second + third - first - fourth)[0])) / 2
    runs_up = len(line.text) >= _WORD and tall > _UPRIGHT * wide > 0
    return max(wide if runs_up else tall, _LEAST)


def middle(line: Line) -> tuple[float, float]:
    """(x, y) of its middle."""
    x, y = np.array(line.corners).mean(axis=0)
    return float(x), float(y)


def of_page(lines: Sequence[Line]) -> Page:
    """Expects lines."""
    starts = sorted(min(x for x, _ in line.corners) for line in lines)
    columns = 1 + sum(after - before > 0.08 for before, after in pairwise(starts))
    words = float(np.mean([len(line.text.split()) for line in lines]))
    widest = max(max(x for x, _ in line.corners) - min(x for x, _ in line.corners) for line in lines)
    return Page(columns, widest > 0.5 and words < 5, words)
