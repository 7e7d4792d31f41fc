"""The extrinsic metrics against scikit-learn and against examples worked out by hand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from sklearn import metrics as sk

from core.evaluate.confusion import confusion
from core.evaluate.metrics import chance_verdict, hungarian_accuracy, score, sentence
from core.evaluate.names import Word

DOG = Word(frozenset({"dog"}), frozenset({"dog", "puppy"}))
LEXICON = ({"dog": DOG, "puppy": Word(frozenset({"puppy"}), frozenset({"puppy"}))},)
"""A toy lexicon in which a puppy is a dog."""


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
    got = score(truth, predicted, {}, LEXICON)
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
    got = score(truth, predicted, {"a": "Automobiles", "b": "puppy"}, LEXICON)
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
    got = score(truth, ["a", "a", "b", "b"], {"a": "nonsense", "b": "car"}, LEXICON)
    assert got["acc"] == 1.0
    assert got["name_acc"] == 0.0


def test_two_clusters_may_mean_one_class_by_the_same_word() -> None:
    got = score(
        ["car"] * 4 + ["dog"] * 2, ["a", "a", "b", "b", "c", "c"], {"a": "cars", "b": "automobile", "c": "dog"}, LEXICON
    )
    assert got["acc"] == pytest.approx(4 / 6)
    assert got["name_acc"] == 1.0


def test_name_acc_is_none_when_classes_are_numbers() -> None:
    got = score(["1", "2"], ["a", "b"], {"a": "car", "b": "dog"}, LEXICON)
    assert got["name_acc"] is None
    assert got["name_acc_assigned"] is None


def test_all_unassigned() -> None:
    got = score(["car", "dog"], [None, None], {}, LEXICON)
    assert got["acc"] == got["purity"] == got["name_acc"] == got["nmi"] == 0.0
    assert got["k_found"] == 0
    assert got["acc_assigned"] is None
    assert got["per_class"]["car"]["cluster"] is None


def test_one_class_and_one_cluster() -> None:
    assert score(["car"] * 3, ["a"] * 3, {"a": "car"}, LEXICON)["acc"] == 1.0
    one_class = score(["car"] * 4, ["a", "a", "a", "b"], {}, LEXICON)
    assert one_class["acc"] == pytest.approx(0.75)
    assert one_class["purity"] == 1.0
    assert score(["car", "dog", "dog"], ["a"] * 3, {}, LEXICON)["acc"] == pytest.approx(2 / 3)


def test_no_images_gives_no_scores() -> None:
    got = score([], [], {}, LEXICON)
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


def test_a_placeholder_counts_as_no_name() -> None:
    truth, predicted = ["car", "car", "dog", "dog"], ["a", "a", "b", "b"]
    names = {"a": "car", "b": "dog"}
    assert score(truth, predicted, names, LEXICON, hints={"b"})["name_acc"] == 0.5
    assert score(truth, predicted, names, LEXICON, hints={"b"})["per_class"]["dog"]["cluster"] == "dog"


def test_chance_is_the_share_of_the_commonest_class() -> None:
    got = score(["car", "car", "car", "dog"], ["a", "b", None, "b"], {}, LEXICON)
    assert got["chance"] == 0.75
    assert got["chance_assigned"] == pytest.approx(2 / 3)
    assert score([], [], {}, LEXICON)["chance"] is None


@pytest.mark.parametrize(
    ("acc", "shuffled", "verdict"),
    [
        (0.75, 0.5, ": no better than chance"),
        (0.6, 0.5, ": no better than chance"),
        (0.754, 0.5, ": no better than chance"),
        (0.76, 0.76, ": no better than chance, as blindly formed groups reach it"),
        (0.76, 0.5, ""),
    ],
)
def test_what_chance_reaches_is_no_success(acc: float, shuffled: float, verdict: str) -> None:
    scores = {"acc": acc, "chance": 0.75, "shuffled": shuffled, "n": 1200}
    assert chance_verdict(scores) == verdict
    assert sentence(scores) == (
        f"Matches the labels for {100 * acc:.0f} % of 1,200 images, "
        f"where always saying the commonest label gives 75 %{verdict}."
    )


def test_groups_that_were_dealt_out_blindly_are_no_better_than_chance() -> None:
    """Ten classes of five images: blind groups match twice as many as the commonest class, whatever they are."""
    truth = [str(i % 10) for i in range(50)]
    beaten = 0
    for seed in range(20):
        dealt = [str(i) for i in np.random.default_rng(seed).permutation(truth)]
        got = score(truth, dealt, {}, LEXICON)
        assert got["chance"] == 0.1
        beaten += not chance_verdict(got)
    assert beaten <= 2
    assert chance_verdict(score(truth, truth, {}, LEXICON)) == ""


def test_a_perfect_match_of_two_images_is_what_chance_gives() -> None:
    got = score(["a", "b"], ["x", "y"], {}, LEXICON)
    assert (got["acc"], got["chance"], got["shuffled"]) == (1.0, 0.5, 1.0)
    assert score(["a", "b"], [None, None], {}, LEXICON)["shuffled"] == 0.0
    assert score([], [], {}, LEXICON)["shuffled"] is None
