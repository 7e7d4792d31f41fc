"""Matching by hand, each group's own scores and the commonest confusion, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from core.evaluate.confusion import commonest_confusion, confusion, matching, per_group
from core.evaluate.intervals import intervals
from core.evaluate.metrics import score, score_table

TRUTH = ["car"] * 4 + ["dog"] * 3 + ["ship"]
FOUND = ["a", "a", "a", "b", "b", "b", None, "a"]
NAMES = {"a": "autos", "b": "dogs"}


def test_a_pair_by_hand_is_kept_and_the_rest_is_matched_around_it() -> None:
    table = confusion(TRUTH, FOUND)
    assert matching(table) == {0: 0, 1: 1}
    assert matching(table, {"ship": "a"}) == {2: 0, 1: 1}
    assert matching(table, {"car": "b"}) == {0: 1, 2: 0}
    assert matching(table, {"ship": "gone", "plane": "a"}) == matching(table)


def test_scores_say_what_was_matched_by_hand() -> None:
    got = score_table(confusion(TRUTH, FOUND), NAMES, (), by_hand={"ship": "a", "plane": "b"})
    assert got["matched_by_hand"] == {"ship": "autos"}
    assert got["acc"] == pytest.approx(3 / 8)
    assert got["per_class"]["ship"]["recall"] == 1.0
    assert score(TRUTH, FOUND, NAMES, ())["matched_by_hand"] == {}


def test_each_group_has_its_label_and_its_commonest_one() -> None:
    first, second = per_group(confusion(TRUTH, FOUND), NAMES, {"ship": "a"})
    assert (first["group"], first["n"], first["label"], first["commonest"]) == ("autos", 4, "ship", "car")
    assert (first["precision"], first["recall"], first["share"]) == (0.25, 1.0, 0.75)
    assert (second["label"], second["precision"]) == ("dog", pytest.approx(2 / 3))


def test_the_commonest_confusion_leaves_out_pairs_and_what_is_in_no_group() -> None:
    worst = commonest_confusion(
        confusion(["x"] * 5 + ["y"] * 9, ["b", "b", "a", "a", "a", *["b"] * 4, *[None] * 5]), {}
    )
    assert worst == {"label": "x", "cluster": "b", "group": "b", "n": 2, "of": 5}
    assert commonest_confusion(confusion(["x", "y"], ["a", "b"]), {}) is None
    assert commonest_confusion(confusion(["x", "y"], [None, None]), {}) is None


@pytest.mark.parametrize(("classes", "clusters"), [(1, 1), (1, 5), (5, 1), (3, 3), (7, 4), (2, 30)])
def test_ami_equals_scikit_learn(classes: int, clusters: int) -> None:
    draw = np.random.default_rng(classes * 100 + clusters)
    truth = [f"t{i}" for i in draw.integers(0, classes, 90)]
    found = [f"c{i}" for i in draw.integers(0, clusters, 90)]
    assert score(truth, found, {}, ())["ami"] == pytest.approx(sk.adjusted_mutual_info_score(truth, found))


def test_an_interval_keeps_what_was_matched_by_hand() -> None:
    table = confusion(["x"] * 50 + ["y"] * 50, ["a"] * 50 + ["b"] * 50)
    own, crossed = intervals(table), intervals(table, by_hand={"x": "b", "y": "a"})
    assert own
    assert crossed
    assert own["acc"] == (pytest.approx(0.963, abs=0.001), 1.0)
    assert crossed["acc"] == (0.0, pytest.approx(0.037, abs=0.001))


def test_two_thousand_classes_are_scored_without_intervals() -> None:
    truth = [f"class {i}" for i in range(2000)] * 2
    table = confusion(truth, [f"c{i % 2000}" for i in range(4000)])
    assert intervals(table) is None
    assert score_table(table, {}, ())["acc"] == 1.0
