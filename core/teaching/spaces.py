"""The evidence of a corpus as spaces in which images that are alike lie near each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import numpy as np

from core.domain import Vector
from core.models.builtin.from_pixels.evidence import COLOURS, STATISTICS, SUBJECT, TOP, class_shares, subject_points
from core.propagation.sampling import Axes, Places, fit_axes

Space = Literal["subject", "kinds", "colours", "style", "description", "label"]
"""What the network sees, the kinds of thing it takes it for, shares of colours, style and light, and the meaning of the
texts."""

_MEASURED: dict[str, tuple[str, Callable[[Vector], Vector]]] = {
    "subject": (SUBJECT, subject_points),
    "kinds": (TOP, lambda top: np.sqrt(class_shares(top))),
    "colours": (COLOURS, lambda shares: np.sqrt(np.maximum(shares, 0))),
    "style": (STATISTICS, lambda values: values),
}


def points(evidence: Mapping[str, Vector], texts: Mapping[str, Vector] | None = None) -> dict[str, Vector]:
    """Space -> (n, d) points of the images; rows of NaN where nothing was measured.

    evidence: of the built-in vision model, space -> (n, d). texts: "description" or "label" -> (n, d) embeddings.
    """
    found = {name: _where_measured(evidence[key], make) for name, (key, make) in _MEASURED.items() if key in evidence}
    return found | dict(texts or {})


def _where_measured(values: Vector, make: Callable[[Vector], Vector]) -> Vector:
    seen = ~np.isnan(values).any(axis=1)
    made = make(values[seen]) if seen.any() else np.zeros((0, 1), dtype=np.float32)
    out = np.full((len(values), made.shape[1]), np.nan, dtype=np.float32)
    out[seen] = made
    return out


def place_all(sample: Mapping[str, Vector], blocks: Iterable[tuple[int, Mapping[str, Vector]]]) -> dict[str, Places]:
    """Space -> places of the images of all blocks, in order; the axes are fitted on a sample of them.

    blocks: the number of images of each and their points. Only one block is held at once. Spaces in which the sample
    has no evidence are left out.
    """
    axes = {name: _fitted(name, values) for name, values in sample.items() if np.isfinite(values).all(axis=1).any()}
    parts: dict[str, list[Places]] = {name: [] for name in axes}
    for number, block in blocks:
        for name, (fitted, scale) in axes.items():
            missing = np.full((number, len(fitted.origin)), np.nan, dtype=np.float32)
            parts[name].append(fitted.place([block.get(name, missing) / scale]))
    return {name: _joined(own) for name, own in parts.items() if own}


def _fitted(name: str, values: Vector) -> tuple[Axes, Vector]:
    """Axes, and what values are divided by before, so that each statistic counts: they have no common unit."""
    scale = np.maximum(np.nanstd(values, axis=0), 1e-3) if name == "style" else np.ones(1, dtype=np.float32)
    return fit_axes(values / scale), scale


def _joined(parts: list[Places]) -> Places:
    return Places(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.beyond for part in parts]),
        np.concatenate([part.measured for part in parts]),
    )
