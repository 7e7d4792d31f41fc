"""Maps: places of images in many dimensions laid out in two or three, so that they can be drawn.

Numbers in, numbers out; the same input gives the same map. `tick` is called with the share that is done (0 to 1) and
may raise, which is how a calculation under way is stopped.
"""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.domain import Vector
from core.errors import BadInput

Method = Literal["pca", "tsne", "umap"]
Tick = Callable[[float], None]
Rows = NDArray[np.intp]

MOST: Mapping[Method, int] = {"pca": 5_000_000, "tsne": 5_000, "umap": 20_000}
"""Images that a method lays out itself. Of more, it lays out so many, evenly taken, and each other one stands among
those that it is most like. Cost in n images: PCA n; t-SNE n², with a large factor; UMAP n log n."""
LEAST = 4
"""Images that a map needs."""
_PERPLEXITY = 30
_NEAREST = 5
_BLOCK = 1_000
_ROUNDS = (250, 250, 500)
"""Iterations of t-SNE between two ticks, after which it goes on from where it was. The first pulls neighbours together
(early exaggeration, van der Maaten and Hinton, JMLR 2008); 250 are the fewest that scikit-learn takes."""
_EXAGGERATION = 12.0
_JUDGED, _KEPT = 500, 10


@dataclass(frozen=True, slots=True)
class Layout:
    """Where images stand on a map.

    Attributes:
        points: (n, 2 or 3) coordinates from -1 to 1, without unit.
        laid_out: how many of them the method itself laid out.
        held: the share of the differences between images that the axes hold, 0 to 1; None for methods whose axes mean
            nothing.
        neighbours: of the ten images that are most like an image, how many are among the ten nearest to it on the map,
            on average over at most 500 images.
    """

    points: Vector
    laid_out: int
    held: float | None
    neighbours: float


@threads.limited
def laid_out(places: Vector, method: Method, dimensions: int, tick: Tick = lambda _: None) -> Layout:
    """Lay out (n, p) places, finite, in the order of their axes by what they hold (see `core.propagation.sampling`).

    Raises BadInput for too few images and where UMAP is not installed, and what `tick` raises.
    """
    if len(places) < LEAST:
        raise BadInput(f"A map needs at least {LEAST} images that something was measured of.")
    tick(0.0)
    start = np.zeros((len(places), dimensions), dtype=np.float32)
    start[:, : min(dimensions, places.shape[1])] = places[:, :dimensions]
    held = None
    if method == "pca":
        points, number = start, len(places)
        total = float(places.var(axis=0, dtype=np.float64).sum())
        held = float(points.var(axis=0, dtype=np.float64).sum()) / total if total else 1.0
    else:
        chosen = np.unique(np.linspace(0, len(places) - 1, min(len(places), MOST[method])).astype(np.intp))
        number = len(chosen)
        own = {"tsne": _tsne, "umap": _umap}[method](places[chosen], start[chosen], lambda share: tick(0.8 * share))
        points = own if number == len(places) else _among(places, chosen, own, lambda share: tick(0.8 + 0.15 * share))
    tick(0.95)
    centred = points - (points.max(axis=0) + points.min(axis=0)) / 2
    points = np.asarray(centred / max(float(np.abs(centred).max()), 1e-12), dtype=np.float32)
    return Layout(points, number, held, _neighbours_kept(places, points))


def _tsne(places: Vector, start: Vector, tick: Tick) -> Vector:
    """t-SNE (Barnes-Hut, van der Maaten, JMLR 2014), from the principal axes, round by round."""
    from core.libraries.scipy import sparse
    from core.libraries.sklearn import TSNE

    count = len(places)
    perplexity = min(_PERPLEXITY, (count - 1) / 3)
    number = min(count, int(3 * perplexity) + 2)
    near, distance = _nearest(places, places, number, lambda share: tick(0.2 * share), np.arange(count))
    ends = np.arange(0, near.size + 1, near.shape[1])
    graph = sparse.csr_matrix((np.maximum(distance, 1e-12).ravel(), near.ravel(), ends), shape=(count, count))
    graph.setdiag(0)
    spread = max(float(start[:, 0].std()), 1e-12)
    points = start / spread * 1e-4
    if not points[:, -1].any():  # fewer axes than the map has: it needs a little to begin with
        points = points + np.random.default_rng(0).normal(0, 1e-5, points.shape).astype(np.float32)
    for place, rounds in enumerate(_ROUNDS):
        tick(0.2 + 0.8 * sum(_ROUNDS[:place]) / sum(_ROUNDS))
        points = TSNE(
            start.shape[1],
            perplexity=perplexity,
            early_exaggeration=1.0 if place else _EXAGGERATION,
            max_iter=rounds,
            init=points,
            metric="precomputed",
            random_state=0,
        ).fit_transform(graph)
    return np.asarray(points, dtype=np.float32)


def has_umap() -> bool:
    """Whether the part that UMAP needs is installed."""
    return importlib.util.find_spec("umap") is not None


def _umap(places: Vector, start: Vector, tick: Tick) -> Vector:
    """UMAP (McInnes et al., arXiv 1802.03426) as umap-learn has it; it tells nothing on the way."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it misses TensorFlow, which nothing here needs
            umap: Any = importlib.import_module("umap")
    except ImportError:
        raise BadInput(
            "UMAP is a part of its own. Stop Facetry, run `python3 start.py install umap`, and start it again; "
            "or take t-SNE, which shows much the same."
        ) from None
    tick(0.1)
    near = min(15, len(places) - 1)
    init = start / max(float(np.abs(start).max()), 1e-12) * 10
    fitted = umap.UMAP(n_neighbors=near, n_components=start.shape[1], init=init, random_state=0, n_jobs=1)
    return np.asarray(fitted.fit_transform(places), dtype=np.float32)


def _among(places: Vector, chosen: Rows, points: Vector, tick: Tick) -> Vector:
    """Places on the map for all rows: those chosen have theirs, each other one the average of the five chosen ones that
    it is most like, weighted by likeness."""
    found = np.empty((len(places), points.shape[1]), dtype=np.float32)
    others = np.setdiff1d(np.arange(len(places)), chosen)
    near, distance = _nearest(places[others], places[chosen], _NEAREST, tick)
    weight = 1 / np.maximum(distance, 1e-6)
    weight /= weight.sum(axis=1, keepdims=True)
    found[others] = (points[near] * weight[:, :, None]).sum(axis=1)
    found[chosen] = points
    return found


def _nearest(rows: Vector, among: Vector, number: int, tick: Tick, own: Rows | None = None) -> tuple[Rows, Vector]:
    """Of each row the (n, number) nearest rows of `among`, the nearest first, and their Euclidean distances.

    own: where each row is in `among`; it comes first then, before others that are the same.
    """
    near = np.empty((len(rows), number), dtype=np.intp)
    distance = np.empty((len(rows), number), dtype=np.float32)
    squares = (among**2).sum(axis=1)
    for first in range(0, len(rows), _BLOCK):
        tick(first / len(rows))
        block = rows[first : first + _BLOCK]
        apart = squares - 2 * block @ among.T + (block**2).sum(axis=1)[:, None]
        if own is not None:
            apart[np.arange(len(block)), own[first : first + _BLOCK]] = -np.inf
        best = np.argpartition(apart, number - 1, axis=1)[:, :number]
        own = np.take_along_axis(apart, best, axis=1)
        order = np.argsort(own, axis=1, kind="stable")
        near[first : first + _BLOCK] = np.take_along_axis(best, order, axis=1)
        distance[first : first + _BLOCK] = np.sqrt(np.maximum(np.take_along_axis(own, order, axis=1), 0))
    return near, distance


def _neighbours_kept(places: Vector, points: Vector) -> float:
    """See `Layout.neighbours`."""
    rows = np.unique(np.linspace(0, len(places) - 1, min(len(places), _JUDGED)).astype(np.intp))
    number = min(_KEPT + 1, len(places))
    like, _ = _nearest(places[rows], places, number, lambda _: None, rows)
    near, _ = _nearest(points[rows], points, number, lambda _: None, rows)
    kept = [len(set(one) & set(other)) - 1 for one, other in zip(like.tolist(), near.tolist(), strict=True)]
    return float(np.mean(kept)) * _KEPT / max(number - 1, 1)
