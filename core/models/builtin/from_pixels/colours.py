"""The subject's colours: CIELAB pixels under a saliency weight, counted by colour term.

The terms are the eleven basic ones (Berlin & Kay, 1969) and some narrower ones that people use for things. Each has a
few typical points in CIELAB; a pixel belongs softly to the nearest terms. It does not correct the white balance.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

_TYPICAL = {
    "black": "000000 141414 232323 2b2a2e",
    "dark grey": "404040 4a4c50 35383c 504a46",
    "grey": "808080 6b7078 8a8580 929591",
    "light grey": "b4b4b4 c4c4c4 b8bcc4 c2bcb4",
    "white": "ffffff f2f2f2 e2e2e6 f5f2ea dfe3ee",
    "cream": "f0e8d0 e8dcc8 f5ecd8",
    "red": "ff0000 e50000 c80815 dc143c b22222 d9262e ff2d2d",
    "dark red": "800000 650021 8b0000 5c0a14",
    "pink": "ff81c0 ffc0cb ff69b4 ffb6c1 e75480 ff1493 cb416b f4a6b8 d87093 c71585",
    "salmon": "fa8072 ff796c f08080 e9967a ff7f6e",
    "peach": "ffb07c ffdab9 ffcba4",
    "orange": "f97306 ffa500 ff8c00 e8601c ff5a0a",
    "yellow": "ffff14 ffff84 ffd700 f0e442 fff3a0 e1c340 ffdf5a",
    "olive": "6e750e 808000 a69b3a",
    "green": "15b01a 008000 90ee90 2e5a2e 9acd32 228b22 4f7942 b5d99c",
    "dark green": "033500 0b3d1e 1e3a20",
    "turquoise": "06c2ac 40e0d0 008080 5fb8b0",
    "light blue": "95d0fc 87ceeb add8e6 b0c4de",
    "blue": "0343df 4169e1 0000ff 6495ed 1f5fa8 3a6ea5",
    "navy": "01153e 000080 1f2a44 14213d",
    "purple": "7e1e9c 800080 4b0082 9370db 6a4c9c 5b3a8c 6a5acd",
    "lilac": "bf77f6 c79fef d8bfd8 b9a0e0 da70d6",
    "brown": "653700 8b4513 a0522d 5c4033 7b4a2b 3e2723",
    "beige": "e0cfa0 d2b48c c2b280 cdb79e b8a488",
}
TERMS: tuple[str, ...] = tuple(_TYPICAL)

FAMILIES: dict[str, tuple[str, ...]] = {
    "black": ("black",), "grey": ("grey", "light grey", "dark grey"), "white": ("white", "cream"),
    "red": ("red", "dark red"), "pink": ("pink", "salmon"),
    "orange": ("orange", "peach"), "yellow": ("yellow",), "green": ("green", "olive", "dark green"),
    "blue": ("blue", "light blue", "navy", "turquoise"), "purple": ("purple", "lilac"), "brown": ("brown", "beige"),
}  # fmt: skip
"""The eleven basic colour terms, each with the narrower terms that count towards it."""

SHADED: dict[str, tuple[str, ...]] = {"white": ("light grey", "beige", "grey")}
"""Terms that a white thing shows in shadow or warm light: they count half towards the name of a group."""

_GIVES_WAY = {"black": 0.4, "grey": 0.4, "white": 0.75}
"""Colours that shadow, glass, tyres and asphalt have too: at what share of theirs another one stands out beside them.
White is seldom a shadow."""
_VIVID = {
    name: tuple(term for term in parts if term != "peach")  # also skin, and white in warm light
    for name, parts in FAMILIES.items()
    if name not in _GIVES_WAY and name != "brown"
}
_LEAST = 0.15

SAMPLE = 64
"""Colours are measured on SAMPLE x SAMPLE pixels."""
_SOFT = 10.0  # in CIELAB units: how near a second term must be to share a pixel
_BINS = (10, 18, 18)
_LEVELS = 32
_MOST_GAIN = 1.5


def lab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """sRGB bytes (..., 3) to CIELAB under D65 (IEC 61966-2-1, CIE 15): L 0 to 100, a and b about -100 to 100."""
    linear = _linear()[rgb] @ _RGB_TO_XYZ
    cubed = np.where(linear > 216 / 24389, np.cbrt(linear), (24389 / 27 * linear + 16) / 116)
    x, y, z = cubed[..., 0], cubed[..., 1], cubed[..., 2]
    out: NDArray[np.float32] = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)
    return out


def subject_weight(pixels: NDArray[np.float32], activation_map: NDArray[np.float32]) -> NDArray[np.float32]:
    """How surely each pixel belongs to the subject, 0 to 1.

    pixels: (64, 64, 3) CIELAB. activation_map: (64, 64), any scale. The map says roughly where the subject is; the
    colours that are commoner inside than outside then decide at its edges (a two-class naive Bayes, two rounds).
    """
    low, high = np.percentile(activation_map, (10, 98))
    prior = np.clip((activation_map - low) / (high - low + 1e-6), 0.0, 1.0) * _centre()
    prior = np.clip(prior, 0.02, 0.98).ravel()
    cell = _bin(pixels).ravel()
    weight: NDArray[np.float64] = prior
    for _ in range(2):
        inside, outside = _share(cell, weight)[cell], _share(cell, 1.0 - weight)[cell]
        weight = prior * inside / (prior * inside + (1.0 - prior) * outside)
    return weight.reshape(activation_map.shape).astype(np.float32)


def term_shares(rgb: NDArray[np.uint8], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """The share of each term of TERMS in an image: (h, w, 3) bytes weighted by (h, w); sums to 1."""
    level = _exposed(rgb).reshape(-1, 3).astype(np.intp) * _LEVELS // 256
    cell = (level[:, 0] * _LEVELS + level[:, 1]) * _LEVELS + level[:, 2]
    mass = np.bincount(cell, weight.ravel(), minlength=_LEVELS**3)
    used = np.flatnonzero(mass)
    shares = mass[used] @ _term_table()[used]
    total: NDArray[np.float32] = (shares / max(float(shares.sum()), 1e-9)).astype(np.float32)
    return total


def standing_out(main: str, shares: NDArray[np.float32]) -> str:
    """The term to describe an image by: `main`, or the vivid one that stands out beside a black, grey or white main.

    shares: (terms,), as `term_shares` gives them.
    """
    share = dict(zip(TERMS, shares.tolist(), strict=True))
    family = next(name for name, parts in FAMILIES.items() if main in parts)
    best = max(_VIVID.values(), key=lambda parts: sum(share[term] for term in parts))
    asked = _GIVES_WAY.get(family, np.inf) * sum(share[term] for term in FAMILIES[family])
    if sum(share[term] for term in best) < max(asked, _LEAST):
        return main
    return max(best, key=share.__getitem__)


def _exposed(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brighten an image whose lightest parts are not light, at most 1.5 times: a white in dim light is still white.

    The white-patch rule (Land & McCann, 1971) on luminance alone, so that no hue changes.
    """
    linear = _linear()
    brightest = float(np.percentile(linear[rgb] @ np.array([0.2126, 0.7152, 0.0722]), 99))
    gain = min(_MOST_GAIN, 1.0 / max(brightest, 1e-3))
    if gain <= 1.0:
        return rgb
    return np.round(255 * np.clip(linear * gain, 0.0, 1.0) ** (1 / 2.2)).astype(np.uint8)[rgb]


@cache
def likeness() -> NDArray[np.float32]:
    """(terms, terms): 1 for the same term, falling with the CIELAB distance of their centres (10 units a deviation)."""
    points, owner = _typical_points()
    centres = np.stack([points[owner == i].mean(0) for i in range(len(TERMS))])
    squared = ((centres[:, None] - centres[None]) ** 2).sum(-1)
    near: NDArray[np.float32] = np.exp(-squared / (2 * _SOFT**2)).astype(np.float32)
    return near


_RGB_TO_XYZ = (
    np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
    / np.array([[0.95047], [1.0], [1.08883]])
).T


@cache
def _linear() -> NDArray[np.float64]:
    value = np.arange(256) / 255.0
    out: NDArray[np.float64] = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return out


@cache
def _centre() -> NDArray[np.float64]:
    axis = np.linspace(-1, 1, SAMPLE)
    out: NDArray[np.float64] = np.exp(-(axis[:, None] ** 2 + axis[None] ** 2) / (2 * 0.7**2))
    return out


@cache
def _typical_points() -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    codes = [(i, code) for i, codes in enumerate(_TYPICAL.values()) for code in codes.split()]
    rgb = np.array([list(bytes.fromhex(code)) for _, code in codes], dtype=np.uint8)
    return lab(rgb), np.array([i for i, _ in codes], dtype=np.intp)


@cache
def _term_table() -> NDArray[np.float32]:
    """(32768, terms) soft membership of every RGB cell, so that naming a pixel is one look-up."""
    middle = (np.arange(_LEVELS) * 256 // _LEVELS + 128 // _LEVELS).astype(np.uint8)
    grid = np.stack(np.meshgrid(middle, middle, middle, indexing="ij"), axis=-1).reshape(-1, 3)
    points, owner = _typical_points()
    colours = lab(grid)
    nearest = np.full((len(grid), len(TERMS)), np.inf, dtype=np.float32)
    for point, term in zip(points, owner, strict=True):
        squared = ((colours - point) ** 2).sum(1)
        np.minimum(nearest[:, term], squared, out=nearest[:, term])
    soft = np.exp(-(nearest - nearest.min(1, keepdims=True)) / (2 * _SOFT**2))
    table: NDArray[np.float32] = soft / soft.sum(1, keepdims=True)
    return table


def _bin(pixels: NDArray[np.float32]) -> NDArray[np.intp]:
    scaled = (pixels - np.array([0, -90, -90])) / np.array([100, 180, 180])
    index = np.clip(scaled * np.array(_BINS), 0, np.array(_BINS) - 1e-3).astype(np.intp)
    cell: NDArray[np.intp] = (index[..., 0] * _BINS[1] + index[..., 1]) * _BINS[2] + index[..., 2]
    return cell


def _share(cell: NDArray[np.intp], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """A smoothed histogram over the colour bins, so that neighbouring shades support each other."""
    from core.libraries.scipy import gaussian_filter

    counts = np.bincount(cell, weight, minlength=int(np.prod(_BINS))).reshape(_BINS)
    smooth: NDArray[np.float64] = gaussian_filter(counts, 0.7).ravel() + 1e-3
    smooth /= smooth.sum()
    return smooth
