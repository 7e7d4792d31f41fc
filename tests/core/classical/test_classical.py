"""Classical baselines: groups that are apart are found by every method, and what is scaled and reduced is as said."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from core.classical import groups
from core.classical.groups import KINDS, NOISE, Method, grouped
from core.classical.reduce import SCALINGS, Reduction, Scaling, reduced
from core.errors import BadInput


def blobs(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    points, truth = make_blobs(n, 8, centers=3, cluster_std=0.6, random_state=3)
    return points.astype(np.float32), truth


@pytest.mark.parametrize("method", KINDS)
def test_groups_that_are_apart_are_found_and_again_the_same(method: Method) -> None:
    points, truth = blobs()
    found = grouped(points, method, 3)
    kept = found.labels != NOISE
    assert kept.mean() > 0.8
    assert adjusted_rand_score(truth[kept], found.labels[kept]) > 0.99
    assert found.sampled == 300
    assert np.array_equal(grouped(points, method, 3).labels, found.labels)


@pytest.mark.parametrize("method", KINDS)
def test_of_a_large_set_a_sample_is_grouped_and_the_rest_follows(
    method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {name: groups.Kind(100, kind.needs_k, kind.cost) for name, kind in KINDS.items()}
    monkeypatch.setattr(groups, "KINDS", small)
    points, truth = blobs()
    found = grouped(points, method, 3)
    assert (found.sampled, len(found.labels)) == (100, 300)
    assert adjusted_rand_score(truth, found.labels) > 0.99


@pytest.mark.parametrize("k", [0, 1, 11])
def test_a_number_of_groups_that_does_not_fit_is_refused(k: int) -> None:
    with pytest.raises(BadInput, match=f"10 images with features cannot be put into {k} groups"):
        grouped(blobs(10)[0], "k-means", k)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_columns_are_scaled_each_by_itself(scaling: Scaling) -> None:
    points = blobs()[0] * np.logspace(0, 3, 8, dtype=np.float32)
    found = reduced(points, Reduction(scaling, variance=0))
    expected = {
        "none": points,
        "standard": (points - points.mean(0)) / points.std(0),
        "minmax": (points - points.min(0)) / (points.max(0) - points.min(0)),
        "robust": (points - np.median(points, 0)) / np.subtract(*np.quantile(points, [0.75, 0.25], axis=0)),
    }[scaling]
    assert np.allclose(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("variance", [0.5, 0.9, 1.0])
def test_as_few_axes_are_kept_as_hold_that_share_of_the_variance(variance: float) -> None:
    points = blobs()[0] * np.array([5, 4, 3, 2, 1, 1, 0.1, 0.1], dtype=np.float32)
    found = reduced(points, Reduction("none", variance))
    expected = PCA(random_state=0).fit(points)
    kept = int((np.cumsum(expected.explained_variance_ratio_) < variance - 1e-6).sum()) + 1
    assert found.shape == (300, min(kept, 8))
    assert found.var(axis=0).sum() >= variance * points.var(axis=0).sum() * 0.999
    assert np.allclose(np.abs(found), np.abs(expected.transform(points)[:, : found.shape[1]]), atol=1e-2)


def test_labels_turn_the_axes_to_what_tells_classes_apart() -> None:
    points, truth = blobs()
    noise = np.random.default_rng(0).normal(size=(300, 20)).astype(np.float32) * 5
    labels = [f"t{label}" if place % 3 else None for place, label in enumerate(truth)]
    found = reduced(np.hstack([points, noise]), Reduction("standard", discriminant=True), labels)
    assert found.shape == (300, 2)
    assert adjusted_rand_score(truth, grouped(found, "k-means", 3).labels) > 0.95


@pytest.mark.parametrize(
    ("rows", "how", "labels", "sentence"),
    [
        (1, Reduction(), [], "Fewer than two images"),
        (9, Reduction(variance=1.5), [], "share of the variance"),
        (9, Reduction(discriminant=True), [None] * 9, "at least two kinds"),
        (9, Reduction(discriminant=True), ["a"] * 9, "at least two kinds"),
    ],
)
def test_what_cannot_be_reduced_says_why(rows: int, how: Reduction, labels: list[str | None], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        reduced(blobs(9)[0][:rows], how, labels)


@pytest.mark.parametrize("method", KINDS)
@pytest.mark.parametrize(
    "rows", [np.zeros((20, 4)), np.eye(3), np.eye(4), np.vstack([np.zeros((19, 4)), np.full((1, 4), 1e6)])]
)
def test_odd_rows_are_grouped_or_refused_with_a_sentence(rows: NDArray[np.float64], method: Method) -> None:
    for how in (Reduction("none", 0.0), Reduction(), Reduction("minmax", 1.0)):
        found = grouped(reduced(rows.astype(np.float32), how), method, 2)
        assert len(found.labels) == len(rows)


def test_a_mixture_that_cannot_be_fitted_says_what_to_do() -> None:
    far = (1e7 + np.random.default_rng(0).normal(size=(30, 8))).astype(np.float32)
    with pytest.raises(BadInput, match="Scale them"):
        grouped(far, "gaussian mixture", 2)


@pytest.mark.parametrize("method", [method for method, kind in KINDS.items() if kind.needs_k])
def test_as_many_groups_as_images_are_one_each(method: Method) -> None:
    labels = grouped(blobs(4)[0], method, 4).labels
    assert sorted(labels) == [0, 1, 2, 3] or method == "mini-batch k-means"
