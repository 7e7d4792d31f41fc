"""Scores from a table of counts equal scikit-learn's over the images one by one."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as sk

from core.evaluate.confusion import confusion
from core.evaluate.counted import scores
from core.evaluate.metrics import agreement, score

NAMES = {
    "nmi": sk.normalized_mutual_info_score,
    "ami": sk.adjusted_mutual_info_score,
    "ari": sk.adjusted_rand_score,
    "fmi": sk.fowlkes_mallows_score,
    "homogeneity": sk.homogeneity_score,
    "completeness": sk.completeness_score,
    "v_measure": sk.v_measure_score,
}


def test_random_pairs_of_every_shape() -> None:
    draw = np.random.default_rng(0)
    for _ in range(1_000):
        number = int(draw.integers(1, 60))
        truth = draw.integers(0, draw.integers(1, 9), number)
        groups = np.where(draw.random(number) < draw.random(), truth, draw.integers(0, draw.integers(1, 9), number))
        table = confusion([str(one) for one in truth], [str(one) for one in groups])
        found = scores(table.counts)
        for name, of in NAMES.items():
            assert found[name] == pytest.approx(of(truth, groups), abs=1e-9), (name, truth, groups)


@pytest.mark.parametrize(
    ("truth", "groups"),
    [("a", "x"), ("aa", "xx"), ("ab", "xx"), ("aa", "xy"), ("ab", "xy"), ("abc", "xyz"), ("aabb", "xyxy")],
)
def test_edge_cases_are_those_of_scikit_learn(truth: str, groups: str) -> None:
    found = scores(confusion(list(truth), list(groups)).counts)
    for name, of in NAMES.items():
        assert found[name] == pytest.approx(of(list(truth), list(groups)), abs=1e-9), name


def test_no_images_agree_fully() -> None:
    assert agreement(confusion([], [])) == {"nmi": 1.0, "ari": 1.0}


def test_the_assigned_alone_are_the_same_where_all_are() -> None:
    found = score(list("aabb"), list("xxyx"), {}, {})
    assert {key: found[f"{key}_assigned"] for key in NAMES} == {key: found[key] for key in NAMES}
