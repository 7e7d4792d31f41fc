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


def height(line: Line) -> float:
    """Of its letters, as a share of the picture's height, also where the line is turned a little."""
    top, bottom = np.array(line.corners[:2]).mean(axis=0), np.array(line.corners[2:]).mean(axis=0)
    return float(abs(bottom[1] - top[1]) or abs(bottom[0] - top[0]))


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
