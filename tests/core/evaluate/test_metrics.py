"""The extrinsic metrics against scikit-learn and against examples worked out by hand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sk

from core.evaluate.metrics import confusion, hungarian_accuracy, normalised, score

MEANINGS = {"car": 0, "automobile": 0, "dog": 1, "puppy": 1, "ship": 2, "nonsense": 3}


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """A toy embedding in which synonyms coincide and all else is orthogonal."""
    out = np.zeros((len(texts), 4), dtype=np.float32)
    for row, text in enumerate(texts):
        out[row, MEANINGS.get(text, 3)] = 1.0
    return out


def brute_force(truth: Sequence[str], predicted: Sequence[str | None]) -> float:
    classes = sorted(set(truth))
    clusters: list[str | None] = sorted({p for p in predicted if p is not None})
    clusters += [f"nobody {i}" for i in range(len(classes))]
    best = 0
    for chosen in itertools.permutations(clusters, len(classes)):
        match = dict(zip(classes, chosen, strict=True))
        best = max(best, sum(match[t] == p for t, p in zip(truth, predicted, strict=True)))
    return best / len(truth)


@pytest.mark.parametrize(("n_classes", "n_clusters"), [(3, 3), (4, 2), (2, 5), (1, 4), (4, 1)])
def test_hungarian_accuracy_equals_trying_every_matching(n_classes: int, n_clusters: int) -> None:
    rng = np.random.default_rng(n_classes * 10 + n_clusters)
    truth = [f"t{i}" for i in rng.integers(0, n_classes, 60)]
    predicted: list[str | None] = [None if i == 0 else f"c{i}" for i in rng.integers(0, n_clusters + 1, 60)]
    assert hungarian_accuracy(truth, predicted) == pytest.approx(brute_force(truth, predicted))


def test_scores_equal_scikit_learn_with_unassigned_as_one_more_cluster() -> None:
    rng = np.random.default_rng(3)
    truth = [f"t{i}" for i in rng.integers(0, 4, 200)]
    predicted: list[str | None] = [None if i == 5 else f"c{i}" for i in rng.integers(0, 6, 200)]
    filled = [p or "none" for p in predicted]
    got = score(truth, predicted, {}, embed)
    assert got["nmi"] == pytest.approx(sk.normalized_mutual_info_score(truth, filled))
    assert got["ari"] == pytest.approx(sk.adjusted_rand_score(truth, filled))
    assert got["fmi"] == pytest.approx(sk.fowlkes_mallows_score(truth, filled))
    assert got["homogeneity"] == pytest.approx(sk.homogeneity_score(truth, filled))
    assert got["completeness"] == pytest.approx(sk.completeness_score(truth, filled))
    assert got["v_measure"] == pytest.approx(sk.v_measure_score(truth, filled))
    kept = [i for i, p in enumerate(predicted) if p is not None]
    assert got["nmi_assigned"] == pytest.approx(
        sk.normalized_mutual_info_score([truth[i] for i in kept], [filled[i] for i in kept])
    )
    assert (got["n"], got["n_assigned"], got["n_unassigned"]) == (200, len(kept), 200 - len(kept))
    assert (got["k_true"], got["k_found"]) == (4, 5)


def test_hand_made_example() -> None:
    truth = ["car", "car", "car", "dog", "dog", "ship"]
    predicted = ["a", "a", "b", "b", "b", None]
    got = score(truth, predicted, {"a": "Automobiles", "b": "puppy"}, embed)
    assert got["acc"] == pytest.approx(4 / 6)
    assert got["acc_assigned"] == pytest.approx(4 / 5)
    assert got["purity"] == pytest.approx(4 / 6)
    assert got["name_acc"] == pytest.approx(4 / 6)
    assert got["name_acc_assigned"] == pytest.approx(4 / 5)
    assert got["per_class"]["car"] == pytest.approx(
        {"n": 3, "precision": 1.0, "recall": 2 / 3, "f1": 0.8, "cluster": "Automobiles"}
    )
    assert got["per_class"]["ship"] == {"n": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0, "cluster": None}


def test_good_groups_with_nonsense_names_show() -> None:
    truth = ["car", "car", "dog", "dog"]
    got = score(truth, ["a", "a", "b", "b"], {"a": "nonsense", "b": "car"}, embed)
    assert got["acc"] == 1.0
    assert got["name_acc"] == 0.0


def test_two_clusters_may_mean_one_class() -> None:
    got = score(
        ["car"] * 4 + ["dog"] * 2, ["a", "a", "b", "b", "c", "c"], {"a": "cars", "b": "automobile", "c": "dog"}, embed
    )
    assert got["acc"] == pytest.approx(4 / 6)
    assert got["name_acc"] == 1.0


def test_name_acc_is_none_when_classes_are_numbers() -> None:
    got = score(["1", "2"], ["a", "b"], {"a": "car", "b": "dog"}, embed)
    assert got["name_acc"] is None
    assert got["name_acc_assigned"] is None


def test_all_unassigned() -> None:
    got = score(["car", "dog"], [None, None], {}, embed)
    assert got["acc"] == got["purity"] == got["name_acc"] == got["nmi"] == 0.0
    assert got["k_found"] == 0
    assert got["acc_assigned"] is None
    assert got["per_class"]["car"]["cluster"] is None


def test_one_class_and_one_cluster() -> None:
    assert score(["car"] * 3, ["a"] * 3, {"a": "car"}, embed)["acc"] == 1.0
    one_class = score(["car"] * 4, ["a", "a", "a", "b"], {}, embed)
    assert one_class["acc"] == pytest.approx(0.75)
    assert one_class["purity"] == 1.0
    assert score(["car", "dog", "dog"], ["a"] * 3, {}, embed)["acc"] == pytest.approx(2 / 3)


def test_no_images_gives_no_scores() -> None:
    got = score([], [], {}, embed)
    assert got["n"] == 0
    assert got["acc"] is None
    assert got["per_class"] == {}


def test_confusion_puts_unassigned_last() -> None:
    table = confusion(["x", "y", "y"], ["b", None, "a"])
    assert table.classes == ("x", "y")
    assert table.clusters == ("a", "b", None)
    assert table.counts.tolist() == [[0, 1, 0], [1, 0, 1]]
    with pytest.raises(ValueError, match="1 truths for 2"):
        confusion(["x"], ["a", "b"])


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("T-Shirts", "t shirt"),
        ("Daisies", "daisy"),
        ("glass", "glass"),
        ("dishes", "dish"),
        ("bus", "bus"),
        ("RED", "red"),
    ],
)
def test_normalised(name: str, plain: str) -> None:
    assert normalised(name) == plain
