"""Which given labels are probably wrong: confident learning (Northcutt, Jiang and Chuang, JAIR 2021).

A class counts as confidently seen in an image where its probability reaches what images with that label have on
average. Counted by given label and class seen, that gives how many labels of each class are wrong and which class they
are of; as many images are listed, those first in which the other class most outweighs the given one ("prune by noise
rate").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class LabelError:
    """One given label that is probably wrong.

    Attributes:
        row: of the image.
        given: the column of its label.
        likely: the column of the class that it probably is of.
        confidence: the probability of the given label, 0 to 1; small where the label is surely wrong.
    """

    row: int
    given: int
    likely: int
    confidence: float


def label_errors(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> list[LabelError]:
    """The given labels that are probably wrong, the surest first.

    Args:
        labels: (n,), the column of the class that each image is labelled with; every class occurs.
        probabilities: (n, classes), rows adding up to 1, each from a model that did not see that image's label
            (cross-validated), or the list says what the model has learnt by heart.

    Raises ValueError where the shapes do not fit.
    """
    if probabilities.shape[:1] != labels.shape or probabilities.ndim != 2:
        raise ValueError(f"{labels.shape} labels for probabilities of shape {probabilities.shape}")
    wrong = np.zeros(len(labels), dtype=bool)
    counts = confident_joint(labels, probabilities)
    for given in range(probabilities.shape[1]):
        rows = np.flatnonzero(labels == given)
        keep = len(rows) - 1  # one image of each class is taken to be right
        for likely in np.argsort(-counts[given]):
            number = min(int(counts[given, likely]), keep)
            if likely == given or number <= 0:
                continue
            margin = probabilities[rows, likely] - probabilities[rows, given]
            wrong[rows[np.argsort(-margin, kind="stable")[:number]]] = True
    best = probabilities.argmax(axis=1)
    found = np.flatnonzero(wrong & (best != labels))
    confidences = probabilities[found, labels[found]]
    listed = found[np.argsort(confidences, kind="stable")]
    return [
        LabelError(int(row), int(labels[row]), int(best[row]), float(probabilities[row, labels[row]])) for row in listed
    ]


def tells_apart(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> bool:
    """Whether the probabilities see the labels at all: whether their likeliest class is right more often than blind
    guesses are, averaged over the classes, by two standard errors. If not, they say nothing of single labels."""
    number = np.bincount(labels)
    right = np.bincount(labels, weights=probabilities.argmax(axis=1) == labels)
    guess = 1 / len(number)
    error = np.sqrt((guess * (1 - guess) / number).sum()) * guess
    return bool((right / number).mean() > guess + 2 * error)


def confident_joint(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """(classes, classes): how many images with the row's label are estimated to be of the column's class.

    Rows add up to the number of images with that label.
    """
    classes = probabilities.shape[1]
    number = np.bincount(labels, minlength=classes)
    own = probabilities[np.arange(len(labels)), labels]
    thresholds = np.bincount(labels, weights=own, minlength=classes) / np.maximum(number, 1)
    thresholds[number == 0] = np.inf
    confident = probabilities >= thresholds - _TOLERANCE
    seen = confident.any(axis=1)
    several = confident.sum(axis=1) > 1
    guess = np.where(several, probabilities.argmax(axis=1), confident.argmax(axis=1))
    joint = np.zeros((classes, classes))
    np.add.at(joint, (labels[seen], guess[seen]), 1)
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), 1))
    scaled = joint / joint.sum(axis=1, keepdims=True) * number[:, None]
    return _rounded(scaled, number)


def _rounded(rows: NDArray[np.float64], totals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole numbers near to `rows` whose rows add up to `totals`: the largest remainders are rounded up."""
    whole = np.floor(rows + _TOLERANCE).astype(np.int64)
    for place, missing in enumerate(totals - whole.sum(axis=1)):
        remainders = rows[place] - whole[place]
        whole[place, np.argsort(-remainders, kind="stable")[: max(int(missing), 0)]] += 1
    return whole
