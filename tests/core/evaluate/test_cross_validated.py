"""Probabilities come from a classifier that did not see the label, so that planted errors are found."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluate.cross_validated import probabilities
from core.evaluate.label_errors import label_errors


def test_planted_label_errors_are_listed_and_hardly_anything_else() -> None:
    draw = np.random.default_rng(0)
    truth = np.repeat(np.arange(3), 60)
    features = draw.normal(size=(180, 20)) + 6 * np.eye(3, 20)[truth]
    labels, wrong = truth.copy(), draw.choice(180, 15, replace=False)
    labels[wrong] = (labels[wrong] + 1) % 3
    chances = probabilities(features.astype(np.float32), labels)
    assert chances.sum(axis=1) == pytest.approx(1)
    found = {one.row: one.likely for one in label_errors(labels, chances)}
    assert len(found.keys() & set(wrong.tolist())) >= 10
    assert len(found.keys() - set(wrong.tolist())) <= 5
    assert all(found[row] == truth[row] for row in found.keys() & set(wrong.tolist()))


def test_a_class_of_one_image_or_one_class_only_is_refused() -> None:
    rows = np.zeros((4, 2), dtype=np.float32)
    with pytest.raises(ValueError, match="2 classes, the rarest with 1"):
        probabilities(rows, np.array([0, 0, 0, 1]))
    with pytest.raises(ValueError, match="1 classes"):
        probabilities(rows, np.array([0, 0, 0, 0]))
