"""Groups that many groupings of resamples agree on, and how sure they are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.models.builtin.consensus import Places, consensus, places, principal


def blobs(apart: float, each: int = 40, groups: int = 3) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    random = np.random.default_rng(1)
    centres = np.eye(groups, 12) * apart
    return np.vstack([centre + random.normal(size=(each, 12)) for centre in centres]), np.repeat(range(groups), each)


def agreement(member: NDArray[np.intp], truth: NDArray[np.intp]) -> float:
    """Share of items in a group that is mostly of their own kind."""
    return sum(int(np.bincount(truth[member == j]).max()) for j in np.unique(member)) / len(truth)


def shares_by(rule: Places, points: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(points @ rule.weights.T + rule.bias)
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


@pytest.mark.parametrize("graph", [False, True])
def test_what_is_apart_stays_apart_and_is_sure(graph: bool) -> None:
    points, truth = blobs(12.0)
    found = consensus([points, points[:, :6]], 3, graph)
    assert agreement(found.member, truth) == 1.0
    assert found.stability.min() > 0.9
    assert np.allclose(found.shares.sum(axis=1), 1.0)
    assert (found.shares.argmax(axis=1) == found.member).all()


def test_groups_of_nothing_are_shaky() -> None:
    points = np.random.default_rng(2).normal(size=(200, 12))
    found = consensus([points], 5)
    assert found.stability.mean() < 0.5
    assert np.median(found.shares.max(axis=1)) < 0.6


def test_the_middle_between_two_groups_is_less_sure_than_their_members() -> None:
    points, _ = blobs(8.0, groups=2)
    between = np.vstack([points, (points[:40].mean(axis=0) + points[40:].mean(axis=0))[None] / 2])
    sure = consensus([between], 2, graph=False).shares.max(axis=1)
    assert sure[-1] < np.median(sure[:-1])


def test_a_graph_of_neighbours_finds_a_ring_around_a_core() -> None:
    random = np.random.default_rng(3)
    angle = random.uniform(0, 2 * np.pi, 150)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 6 + random.normal(scale=0.2, size=(150, 2))
    points = np.vstack([random.normal(scale=0.5, size=(50, 2)), ring])
    truth = np.repeat([0, 1], [50, 150])
    assert agreement(consensus([points], 2, graph=True).member, truth) > 0.95


@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 2), (5, 3), (30, 29), (60, 1)])
def test_any_number_of_groups(n: int, k: int) -> None:
    points = np.random.default_rng(4).normal(size=(n, 4))
    found = consensus([points], k)
    assert found.shares.shape == (n, k)
    assert len(np.unique(found.member)) <= k
    assert (np.diff(np.bincount(found.member, minlength=k)) <= 0).all()  # the largest first


def test_where_fewer_items_differ_the_last_groups_are_empty() -> None:
    found = consensus([np.repeat(np.eye(2, 3), 10, axis=0)], 4)
    assert np.bincount(found.member, minlength=4).tolist() == [10, 10, 0, 0]
    assert found.stability.tolist() == [1.0, 1.0, 0.0, 0.0]


def test_the_same_items_give_the_same_groups() -> None:
    points, _ = blobs(3.0)
    first, second = consensus([points], 4), consensus([points], 4)
    assert (first.shares == second.shares).all()


def test_the_rule_gives_items_their_shares_and_later_ones_too() -> None:
    points, truth = blobs(10.0, each=60)
    some = np.arange(len(points)) % 2 == 0
    found = consensus([points[some]], 3)
    rule = places(points[some], found.shares, np.ones(1))
    given = shares_by(rule, points)
    assert np.abs(given[some] - found.shares).mean() < 0.05
    assert agreement(given[~some].argmax(axis=1), truth[~some]) == 1.0


def test_nothing_is_placed_in_an_empty_group() -> None:
    points, _ = blobs(6.0, groups=2)
    shares = np.zeros((len(points), 3))
    shares[:40, 0] = shares[40:, 2] = 1.0
    rule = places(points, shares, np.ones(1))
    assert shares_by(rule, points)[:, 1].max() < 1e-6
    alone = places(points, np.ones((len(points), 1)), np.ones(1))
    assert (shares_by(alone, points) == 1.0).all()


@pytest.mark.parametrize("shape", [(8, 20), (20, 8)])
def test_leading_axes_keep_the_distances_that_they_can(shape: tuple[int, int]) -> None:
    points = np.random.default_rng(4).normal(size=shape)
    whole, part = principal(points, 8), principal(points, 3)
    centred = points - points.mean(axis=0)
    assert np.allclose(whole @ whole.T, centred @ centred.T, atol=1e-5)
    assert part.shape == (shape[0], 3)
    assert np.allclose(part, whole[:, :3], atol=1e-5)
