"""Labels that are probably wrong: those that were swapped on purpose are found, and nothing where all is right."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluate.label_errors import confident_joint, label_errors, tells_apart


def probabilities(truth: np.ndarray, classes: int, sure: float, seed: int = 0) -> np.ndarray:
    """What a model that is mostly right might say: `sure` for the true class on average, the rest spread."""
    draw = np.random.default_rng(seed)
    found = draw.dirichlet(np.ones(classes), len(truth)) * (1 - sure)
    found[np.arange(len(truth)), truth] += sure
    return np.asarray(found)


def test_swapped_labels_are_listed_with_the_class_that_they_are_of() -> None:
    draw = np.random.default_rng(5)
    truth = draw.integers(0, 5, 600)
    labels, swapped = truth.copy(), draw.permutation(600)[:40]
    labels[swapped] = (labels[swapped] + 1) % 5
    found = label_errors(labels, probabilities(truth, 5, 0.7))
    listed = {error.row for error in found}
    assert listed <= set(swapped.tolist())
    assert len(listed) > 24  # of 40
    assert all(error.likely == truth[error.row] and error.given == labels[error.row] for error in found)
    assert [error.confidence for error in found] == sorted(error.confidence for error in found)


def test_nothing_is_listed_where_the_model_agrees_with_every_label() -> None:
    truth = np.random.default_rng(2).integers(0, 3, 90)
    assert label_errors(truth, probabilities(truth, 3, 0.8)) == []


def test_rows_of_the_joint_add_up_to_the_labels_given() -> None:
    draw = np.random.default_rng(3)
    for classes in (2, 3, 9):
        labels = draw.integers(0, classes, 200)
        joint = confident_joint(labels, draw.dirichlet(np.ones(classes), 200))
        assert joint.sum(axis=1).tolist() == np.bincount(labels, minlength=classes).tolist()
        assert joint.min() >= 0


def test_a_class_keeps_at_least_one_image() -> None:
    labels = np.array([0, 0, 1, 1, 1])
    seen = np.array([[0.1, 0.9], [0.2, 0.8], [0.1, 0.9], [0.1, 0.9], [0.1, 0.9]])
    assert len({error.row for error in label_errors(labels, seen)} & {0, 1}) <= 1


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="labels for probabilities"):
        label_errors(np.array([0, 1]), np.zeros((3, 2)))


@pytest.mark.parametrize("classes", [2, 5, 15])
def test_labels_are_told_apart_only_by_who_sees_them(classes: int) -> None:
    labels = np.arange(4 * classes) % classes
    assert tells_apart(labels, probabilities(labels, classes, 0.6))
    assert not tells_apart(labels, probabilities(np.roll(labels, 1), classes, 0.6))
    assert not tells_apart(labels, np.full((len(labels), classes), 1 / classes))
