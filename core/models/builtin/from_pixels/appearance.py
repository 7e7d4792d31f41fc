"""Style and light of a whole image from simple statistics: lightness, chroma, flat areas, edges, size of the palette.

It tells plain cases apart (a pencil sketch, a flat cartoon, a night picture). A painting close to a photograph will
pass for one; a vision-language model sees more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.models.builtin.from_pixels.colours import lab

STATISTICS = (
    "lightness", "contrast", "shadows", "middle", "highlights", "chroma", "chroma spread", "dark share",
    "bright share", "paper share", "grey share", "flat share", "edge share", "texture share", "palette",
    "warmth", "redness", "top lightness", "bottom lightness", "grain", "crispness",
)  # fmt: skip
"""What `measure` returns, in order; shares and lightness run from 0 to 1, chroma and warmth are CIELAB / 100."""

STYLES = ("photo", "painting", "cartoon", "line sketch")
LIGHTS = ("bright", "medium light", "dim", "dark")
_LIGHT_CENTRES = np.array([0.74, 0.52, 0.32, 0.12])
_LIGHT_SPREAD = 0.09


def measure(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The statistics of one image, (h, w, 3) bytes, in the order of STATISTICS."""
    small = lab(rgb[::4, ::4])
    light, a, b = small[..., 0] / 100, small[..., 1] / 100, small[..., 2] / 100
    chroma = np.hypot(a, b)
    grey = rgb @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    down, right = np.diff(grey, axis=0)[:, :-1], np.diff(grey, axis=1)[:-1]
    slope = down * down + right * right  # squared, as its bounds below are
    bend = np.abs(4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:])
    level = (rgb[::2, ::2] // 32).astype(np.uint16)
    cell = (level[..., 0] * 8 + level[..., 1]) * 8 + level[..., 2]
    counts = np.bincount(cell.ravel(), minlength=512) / cell.size
    entropy = -(counts[counts > 0] * np.log2(counts[counts > 0])).sum() / 9
    third = max(1, len(light) // 3)
    shadows, middle, highlights = quantiles(light, 0.05, 0.5, 0.95)
    grain, crispness = quantiles(bend, 0.5, 0.9)
    values = (
        light.mean(), light.std(), shadows, middle, highlights, chroma.mean(), chroma.std(), _share(light < 0.2),
        _share(light > 0.8), _share((light > 0.92) & (chroma < 0.08)), _share(chroma < 0.08),
        _share(slope < 1), _share(slope > 40**2), _share((slope > 5**2) & (slope < 30**2)), entropy,
        b.mean(), a.mean(), light[:third].mean(), light[-third:].mean(), grain / 10, crispness / 50,
    )  # fmt: skip
    return np.array(values, dtype=np.float32)


def quantiles(values: NDArray[np.floating[Any]], *shares: float) -> list[float]:
    """What `np.quantile` gives (linear). Sorting float32 is quicker than picking two of them."""
    ordered = np.sort(values, axis=None)
    found = []
    for share in shares:
        low, part = divmod(share * (ordered.size - 1), 1)
        lower, upper = float(ordered[int(low)]), float(ordered[min(int(low) + 1, ordered.size - 1)])
        found.append(lower + (upper - lower) * part)
    return found


def _share(true: NDArray[np.bool_]) -> float:
    return np.count_nonzero(true) / true.size


_STYLE_TERMS = (
    "flat share", "edge share", "texture share", "palette", "paper share", "grey share", "grain", "crispness",
)  # fmt: skip
_STYLE_WEIGHTS = np.array([
    [-3.7, 5.6, 3.8, 1.0, -2.3, -0.6, -2.5, -0.9],
    [-9.7, -4.9, -0.2, 3.3, -2.2, -0.3, 3.3, -3.2],
    [11.8, -1.0, -4.3, -0.8, -4.7, -1.7, -1.0, 2.8],
    [1.6, 0.2, 0.6, -3.5, 9.2, 2.7, 0.2, 1.4],
])  # fmt: skip
_STYLE_BIAS = np.array([3.1, 0.9, -2.2, -4.4])
"""A logistic regression on photographs and on strokes, flat areas and outlines drawn from them, with painting and
cartoon one point lower, because most images are photographs: trained on one subject and tested on another it found
every cartoon and sketch, but without that point took half of some photographs for paintings."""


def style_shares(statistics: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, statistics) to (n, 4) shares of STYLES, each row summing to 1."""
    chosen = statistics[:, [STATISTICS.index(name) for name in _STYLE_TERMS]]
    return _softmax(chosen @ _STYLE_WEIGHTS.T + _STYLE_BIAS)


def light_shares(statistics: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, statistics) to (n, 4) shares of LIGHTS, each row summing to 1."""
    level = 0.5 * (statistics[:, STATISTICS.index("lightness")] + statistics[:, STATISTICS.index("middle")])
    away = (level[:, None] - _LIGHT_CENTRES) / _LIGHT_SPREAD
    away[:, 0] = np.minimum(away[:, 0], 0)  # brighter than bright is bright, darker than dark is dark
    away[:, -1] = np.maximum(away[:, -1], 0)
    return _softmax(-(away**2) / 2)


def _softmax(scores: NDArray[np.floating]) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
