"""Maps: what the axes of PCA are, what t-SNE keeps together, images beyond the limit, how a calculation is stopped."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import BadInput, Cancelled
from core.explore import layout
from core.explore.layout import Method, laid_out
from core.explore.regions import regions


def heaps(each: int, heaps: int = 3, dimensions: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Points in separate heaps, and the heap of each."""
    random = np.random.default_rng(4)
    kinds = np.repeat(np.arange(heaps), each)
    points = random.normal(size=(heaps, dimensions))[kinds] * 6 + random.normal(size=(len(kinds), dimensions))
    centred = points - points.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    return (centred @ axes.T).astype(np.float32), kinds.astype(np.uint8)


def same_heap(points: np.ndarray, kinds: np.ndarray) -> float:
    """The share of images whose nearest neighbour on the map is of their heap."""
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float((kinds[apart.argmin(axis=1)] == kinds).mean())


@pytest.mark.parametrize("dimensions", [2, 3])
def test_pca_is_the_leading_axes(dimensions: int) -> None:
    places, _ = heaps(20)
    found = laid_out(places, "pca", dimensions)
    own = places[:, :dimensions]
    assert np.corrcoef(found.points[:, 0], own[:, 0])[0, 1] == pytest.approx(1)
    assert found.held == pytest.approx(own.var(axis=0).sum() / places.var(axis=0).sum(), rel=1e-4)
    assert (found.laid_out, np.abs(found.points).max()) == (60, pytest.approx(1))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_tsne_keeps_neighbours_together(dimensions: int) -> None:
    places, kinds = heaps(15)
    found = laid_out(places, "tsne", dimensions)
    assert found.points.shape == (45, dimensions)
    assert same_heap(found.points, kinds) > 0.9
    assert found.held is None  # its axes mean nothing
    again = laid_out(places, "tsne", dimensions)
    assert np.array_equal(found.points, again.points)
    own = np.linalg.norm(places[:, None] - places[None], axis=2).argsort(axis=1)[:, 1:11]
    there = np.linalg.norm(found.points[:, None] - found.points[None], axis=2).argsort(axis=1)[:, 1:11]
    kept = np.mean([len(set(one) & set(other)) for one, other in zip(own, there, strict=True)])
    assert found.neighbours == pytest.approx(kept, abs=0.2)  # but for ties


def test_beyond_the_limit_each_stands_among_those_it_is_most_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST", {**layout.MOST, "tsne": 30})
    places, kinds = heaps(40)
    found = laid_out(places, "tsne", 2)
    assert (found.laid_out, len(found.points)) == (30, 120)
    assert same_heap(found.points, kinds) > 0.97


def test_fewer_axes_than_the_map_has() -> None:
    line = np.linspace(0, 1, 40, dtype=np.float32)[:, None]
    assert np.isfinite(laid_out(line, "pca", 3).points).all()
    assert np.isfinite(laid_out(line, "tsne", 2).points).all()
    assert np.isfinite(laid_out(np.zeros((9, 1), np.float32), "pca", 2).points).all()


def test_too_few_images_are_refused() -> None:
    with pytest.raises(BadInput, match="at least 4 images"):
        laid_out(np.zeros((3, 2), np.float32), "pca", 2)


def test_a_stop_ends_it_between_rounds() -> None:
    told: list[float] = []

    def tick(share: float) -> None:
        told.append(share)
        if share > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        laid_out(heaps(15)[0], "tsne", 2, tick)
    assert told == sorted(told)
    assert told[-1] < 0.5


def test_umap_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(layout.importlib, "import_module", gone)
    with pytest.raises(BadInput, match="install umap"):
        laid_out(heaps(5)[0], "umap", 2)


def test_regions_of_a_map() -> None:
    points = np.array([[0, 0], [0.2, 0], [1, 0], [1, 0.1], [1, -0.1], [-1, 0]], dtype=np.float32)
    kinds = np.array([0, 0, 1, 1, 1, 3], dtype=np.uint8)
    found = regions(points, kinds, range(4))  # nothing is of kind 2
    assert [(region.kind, region.images, region.nearest) for region in found] == [(1, 3, 0), (0, 2, 1), (3, 1, 0)]
    assert found[0].centre == pytest.approx((1, 0))
    assert [region.spread for region in found] == pytest.approx([0.1, 0.1, 0])
    assert regions(points, np.zeros(6, np.uint8), [0])[0].nearest is None


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_images_that_are_the_same_are_each_their_own_neighbour(method: Method) -> None:
    for places in (np.zeros((30, 4)), np.repeat(np.eye(4), 15, axis=0)):
        found = laid_out(places.astype(np.float32), method, 2)
        assert np.isfinite(found.points).all()
        assert found.neighbours <= 10
