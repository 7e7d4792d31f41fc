"""Probabilities of classes for each image from a classifier that did not see its label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.domain import Vector

_FOLDS = 5


@threads.limited
def probabilities(features: Vector, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n, classes): multinomial logistic regression, cross-validated in five folds or as many as the rarest class has
    images.

    Args:
        features: (n, dimensions), finite; scaled to unit variance here, in each fold by its own training images.
        labels: (n,), the column of the class that each image is labelled with; at least two classes, each with two
            images or more, or ValueError is raised.

    Costs about n x dimensions x classes for each of some hundred steps of each fold.
    """
    from core.libraries.sklearn import LogisticRegression, StratifiedKFold

    number = np.bincount(labels)
    if len(number) < 2 or number.min() < 2:
        raise ValueError(f"{len(number)} classes, the rarest with {number.min() if len(number) else 0} images")
    folds = StratifiedKFold(min(_FOLDS, int(number.min())), shuffle=True, random_state=0)
    found = np.zeros((len(labels), len(number)))
    for learnt, asked in folds.split(features, labels):
        mean, scale = features[learnt].mean(axis=0), np.maximum(features[learnt].std(axis=0), 1e-6)
        model = LogisticRegression(C=0.01, max_iter=300)
        model.fit((features[learnt] - mean) / scale, labels[learnt])
        found[asked] = model.predict_proba((features[asked] - mean) / scale)
    return found
