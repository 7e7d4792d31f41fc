"""Internal metrics and the number of groups, against scikit-learn and an independent computation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs

from core.evaluate.internal import internal
from core.evaluate.number_of_groups import how_many


def blobs(k: int, n: int = 240) -> tuple[np.ndarray, list[str]]:
    points, groups = make_blobs(n, 6, centers=k, cluster_std=1.0, random_state=k)
    return points.astype(np.float32), [f"c{group}" for group in groups]


def test_they_equal_scikit_learns_and_leave_unassigned_rows_out() -> None:
    points, groups = blobs(4)
    given: list[str | None] = [None if place % 10 == 0 else group for place, group in enumerate(groups)]
    kept = [place for place, group in enumerate(given) if group is not None]
    rows, labels = points[kept], [groups[place] for place in kept]
    found = internal(points, given)
    assert (found.n, found.sampled) == (len(kept), len(kept))
    assert found.silhouette == pytest.approx(sk.silhouette_score(rows, labels), abs=1e-6)
    assert found.calinski_harabasz == pytest.approx(sk.calinski_harabasz_score(rows, labels))
    assert found.davies_bouldin == pytest.approx(sk.davies_bouldin_score(rows, labels))


def test_a_large_set_is_sampled_and_says_so() -> None:
    points, groups = blobs(3)
    found = internal(points, groups, sample=60)
    assert (found.n, found.sampled) == (240, 60)
    assert found.silhouette == pytest.approx(sk.silhouette_score(points, groups), abs=0.05)


def test_groups_of_one_cloud_look_alike_and_others_do_not() -> None:
    drawn = np.random.default_rng(3)
    cloud, apart = drawn.normal(size=(80, 5)), drawn.normal(size=(30, 5)) + 20
    points = np.concatenate([cloud, apart]).astype(np.float32)
    groups = ["pup" if place % 2 else "dog" for place in range(80)] + ["car"] * 30
    (pair,) = internal(points, groups).look_alike
    assert {pair.one, pair.other} == {"dog", "pup"}
    # By hand: each image against the centre of its own group without it, and the other's.
    nearer = 0
    for place in range(80):
        own = [other for other in range(80) if groups[other] == groups[place] and other != place]
        others = [other for other in range(80) if groups[other] != groups[place]]
        away = [np.linalg.norm(points[place] - points[rows].mean(axis=0)) for rows in (own, others)]
        nearer += bool(away[1] < away[0])
    assert pair.share == pytest.approx(nearer / 80)
    assert internal(points[40:], ["dog"] * 40 + ["car"] * 30).look_alike == ()


def test_a_group_of_one_image_is_no_look_alike_by_itself() -> None:
    points = np.array([[0.0], [0.1], [0.2], [5.0]], dtype=np.float32)
    assert internal(points, ["a", "a", "a", "b"]).look_alike == ()


@pytest.mark.parametrize(
    ("groups", "balance"), [([], None), (["a"] * 8, 1.0), (list("aaaabbbb"), 1.0), (list("aaaaaaab"), 0.5436)]
)
def test_balance_and_groupings_that_cannot_be_compared(groups: list[str], balance: float | None) -> None:
    found = internal(np.random.default_rng(0).random((len(groups), 3), dtype=np.float32), groups)
    assert found.balance == (None if balance is None else pytest.approx(balance, abs=1e-4))
    assert (found.silhouette is None) == (len(set(groups)) < 2)


def test_rows_and_groups_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="3 rows for 1 groups"):
        internal(np.zeros((3, 2), dtype=np.float32), ["a"])


@pytest.mark.parametrize("k", [3, 5])
def test_groups_that_are_apart_are_counted(k: int) -> None:
    found = how_many(blobs(k)[0], range(2, 10))
    assert found is not None
    assert found.lowest <= k <= found.highest
    assert found.recommended == k
    assert found.answers["silhouette"] == k


def test_each_number_equals_an_independent_computation() -> None:
    points, _ = blobs(3, 120)
    found = how_many(points, [2, 3, 4])
    assert found is not None
    middle = points.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(points.T))
    turned = (points - middle) @ vectors[:, np.argsort(-values)]
    for at in found.at:
        fitted = KMeans(at.k, n_init=3, random_state=0).fit(points)
        assert at.inertia == pytest.approx(fitted.inertia_, rel=1e-5)
        assert at.silhouette == pytest.approx(sk.silhouette_score(points, fitted.labels_), abs=1e-5)
        drawn = [
            np.random.default_rng(seed).uniform(turned.min(axis=0), turned.max(axis=0), turned.shape)
            for seed in range(100, 108)
        ]
        blind = [np.log(KMeans(at.k, n_init=3, random_state=0).fit(one).inertia_) for one in drawn]
        assert at.gap == pytest.approx(np.mean(blind) - np.log(fitted.inertia_), abs=0.06)


def test_what_cannot_be_tried_is_none() -> None:
    assert how_many(np.ones((20, 3), dtype=np.float32), range(2, 5)) is None
    assert how_many(blobs(3)[0], [2, 3], cancelled=lambda: True) is None
