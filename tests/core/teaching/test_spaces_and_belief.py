"""Evidence as spaces, likeness, and what a run said as shares of today's groups."""

import numpy as np
import pytest

from core.domain import Assignment
from core.models.builtin.from_pixels.evidence import COLOURS, STATISTICS, SUBJECT, TOP
from core.teaching.belief import belief
from core.teaching.kernels import Linear, Together
from core.teaching.spaces import place_all, points


def evidence(n: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    top = np.hstack([np.tile(np.arange(32), (n, 1)), random.dirichlet(np.ones(32), n)])
    made = {
        SUBJECT: random.gamma(1.0, size=(n, 3840)),
        TOP: top,
        COLOURS: random.dirichlet(np.ones(24), n),
        STATISTICS: random.normal(size=(n, 21)) * np.logspace(0, 3, 21),
    }
    return {space: values.astype(np.float32) for space, values in made.items()}


def test_each_space_is_placed_and_missing_rows_stay_missing() -> None:
    measured = evidence(40)
    for values in measured.values():
        values[7] = np.nan
    words = np.eye(40, 384, dtype=np.float32)
    found = place_all(made := points(measured, {"label": words}), [(len(next(iter(made.values()))), made)])
    assert set(found) == {"subject", "kinds", "colours", "style", "label"}
    for name, places in found.items():
        assert places.measured.tolist() == [row != 7 or name == "label" for row in range(40)]


def test_blocks_are_placed_as_the_whole() -> None:
    measured = evidence(30)
    whole = points(measured)
    blocks = [
        points({space: values[part] for space, values in measured.items()}) for part in (slice(0, 13), slice(13, 30))
    ]
    one, other = place_all(whole, [(30, whole)]), place_all(whole, zip((13, 17), blocks, strict=True))
    for name in one:
        np.testing.assert_allclose(one[name].values, other[name].values, atol=1e-5)


def test_each_statistic_counts() -> None:
    found = place_all(
        made := points({STATISTICS: evidence(200)[STATISTICS]}), [(len(next(iter(made.values()))), made)]
    )["style"]
    spread = found.values.std(axis=0)
    assert spread.max() < 2 * spread.min()


def test_no_evidence_gives_no_space() -> None:
    assert place_all({}, []) == {}
    blank = {"label": np.full((3, 384), np.nan, dtype=np.float32)}
    assert place_all(blank, [(3, blank)]) == {}


@pytest.mark.parametrize(
    "kernel",
    [
        Linear(np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)),
        Together(np.random.default_rng(0).integers(-1, 3, size=(9, 16)).astype(np.int16)),
    ],
)
def test_sums_are_what_likeness_adds_up_to(kernel: Linear | Together) -> None:
    rows, weights = np.array([1, 4, 8]), np.random.default_rng(1).normal(size=(3, 2))
    every = kernel.between(np.arange(9), rows)
    np.testing.assert_allclose(kernel.sums(rows, weights), every @ weights, atol=1e-5)


def test_groups_without_evidence_are_like_none() -> None:
    kernel = Together(np.array([[0, 1], [-1, -1], [-1, -1], [0, 2]], dtype=np.int16))
    assert kernel.between(np.arange(4), np.arange(4)).tolist() == [
        [1, 0, 0, 0.5],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [0.5, 0, 0, 1],
    ]


def test_what_a_run_said_adds_up_over_merged_groups() -> None:
    said = [
        Assignment("a", 0.5, {"a": 0.5, "b": 0.3, "gone": 0.2}),
        Assignment("a"),
        None,
        Assignment(None, probabilities={"a": 0.2, "b": 0.1}),
        Assignment("a", 0.6, {"a": 0.6, "c": 0.4}),
    ]
    shares = belief(said, [0, 0, None, None, 1], {"a": 0, "b": 0, "c": 1, "": 2}, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert shares[0, 0] == pytest.approx(0.8, abs=0.08)
    assert shares[1, 0] == pytest.approx(0.8, abs=0.08)
    np.testing.assert_allclose(shares[2], 1 / 3)
    assert shares[3].argmax() == 2
    assert shares[4, 1] == pytest.approx(0.6, abs=0.01), "a person put it there since, by its label"


def test_without_a_column_for_no_group_its_share_is_dealt_out() -> None:
    shares = belief([Assignment(None, probabilities={"a": 0.2, "b": 0.0})], [None], {"a": 0, "b": 1}, 2)
    np.testing.assert_allclose(shares, [[0.6, 0.4]])
