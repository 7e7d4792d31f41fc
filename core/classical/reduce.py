"""Scale features and reduce their dimensions before they are grouped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core import threads
from core.domain import Vector
from core.errors import BadInput

Scaling = Literal["none", "standard", "minmax", "robust"]
SCALINGS: tuple[Scaling, ...] = get_args(Scaling)
_FIT = 50_000
"""Rows that principal components are found in where there are more, drawn evenly; all rows are projected."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """How features are made ready.

    Attributes:
        scaling: "standard" to mean 0 and deviation 1, "minmax" to 0..1, "robust" by median and quartiles, each column
            by itself; "none" leaves them.
        variance: the share of the variance that principal components keep, 0 to 1; 0 for no PCA.
        discriminant: linear discriminant analysis in place of PCA, where there are labels.
    """

    scaling: Scaling = "standard"
    variance: float = 0.9
    discriminant: bool = False


@dataclass(frozen=True, slots=True)
class Linear:
    """What scaling and reducing do to a row: ((row - middle) * scale) @ axes.

    Attributes:
        middle, scale: (dimensions,) float64.
        axes: (dimensions, fewer) float64; None to keep them.
    """

    middle: NDArray[np.float64]
    scale: NDArray[np.float64]
    axes: NDArray[np.float64] | None = None

    def __call__(self, features: Vector) -> Vector:
        """(n, dimensions) -> (n, fewer) float32."""
        scaled = (features - self.middle.astype(np.float32)) * self.scale.astype(np.float32)
        return np.asarray(scaled if self.axes is None else scaled @ self.axes.astype(np.float32), dtype=np.float32)

    def back(self, points: Vector) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(weights (k, dimensions), offsets (k,)) of k reduced points: row @ weights.T + offsets is the larger the
        nearer the reduced row lies to a point (the squared distance, negative, less what all points share)."""
        there = np.asarray(points, dtype=np.float64)
        weights = 2 * (there if self.axes is None else there @ self.axes.T) * self.scale
        return weights, -weights @ self.middle - (there**2).sum(axis=1)


@threads.limited
def reduced(features: Vector, how: Reduction, labels: Sequence[str | None] = ()) -> Vector:
    """The features scaled and reduced, (n, dimensions) -> (n, fewer). See `fitted`."""
    matrix = np.asarray(features, dtype=np.float32)
    return fitted(matrix, how, labels)(matrix)


@threads.limited
def fitted(features: Vector, how: Reduction, labels: Sequence[str | None] = ()) -> Linear:
    """What makes these features, (n, dimensions), ready; of a later row it can be asked too.

    Args:
        labels: for LDA, the class of each row, None where it is not known; at least two classes.

    Costs n x dimensions²; PCA of more than 50,000 rows is fitted to a sample of them. Raises BadInput.
    """
    if len(features) < 2:
        raise BadInput("Fewer than two images have descriptors; there is nothing to compare.")
    matrix = np.asarray(features, dtype=np.float32)
    scaling = _scaling(matrix, how.scaling)
    if how.discriminant:
        return _discriminant(scaling, matrix, labels)
    return _principal(scaling, matrix, how.variance) if how.variance else scaling


def _scaling(features: Vector, scaling: Scaling) -> Linear:
    """The scaler of each column by itself; a constant column is only moved."""
    from core.libraries.sklearn import preprocessing

    columns = features.shape[1]
    if scaling == "none":
        return Linear(np.zeros(columns), np.ones(columns))
    if scaling == "minmax":
        low = preprocessing.MinMaxScaler().fit(features)
        return Linear(np.asarray(low.data_min_, dtype=np.float64), np.asarray(low.scale_, dtype=np.float64))
    found = preprocessing.StandardScaler() if scaling == "standard" else preprocessing.RobustScaler()
    found.fit(features)
    middle = found.mean_ if scaling == "standard" else found.center_
    return Linear(np.asarray(middle, dtype=np.float64), 1 / np.asarray(found.scale_, dtype=np.float64))


def _principal(scaling: Linear, features: Vector, variance: float) -> Linear:
    from core.libraries.sklearn import PCA

    if not 0 < variance <= 1:
        raise BadInput("The share of the variance to keep is a number above 0 and at most 1, such as 0.9.")
    drawn = features
    if len(features) > _FIT:
        drawn = features[np.random.default_rng(0).permutation(len(features))[:_FIT]]
    ready, most = scaling(drawn), min(drawn.shape)
    if not ready.var(axis=0).any():
        return scaling  # all rows are the same
    found = PCA(n_components=most, svd_solver="covariance_eigh", random_state=0).fit(ready)
    kept = int(np.searchsorted(np.cumsum(found.explained_variance_ratio_), variance - 1e-9)) + 1
    return _along(scaling, found.mean_, found.components_[: min(kept, most)].T)


def check_labels(labels: Sequence[str | None]) -> None:
    """Raises BadInput where LDA cannot learn from the labels of images, one each."""
    if not 1 < len(set(labels)) < len(labels):
        raise BadInput("LDA needs labels of at least two kinds, and more labelled images than kinds.")


def _discriminant(scaling: Linear, features: Vector, labels: Sequence[str | None]) -> Linear:
    from core.libraries.sklearn import LinearDiscriminantAnalysis

    known = [place for place, label in enumerate(labels) if label is not None]
    check_labels([labels[place] for place in known])
    found = LinearDiscriminantAnalysis().fit(scaling(features[known]), [str(labels[place]) for place in known])
    return _along(scaling, found.xbar_, found.scalings_[:, : len(found.classes_) - 1])


def _along(scaling: Linear, mean: NDArray[np.floating], axes: NDArray[np.floating]) -> Linear:
    """The scaling, and then the axes from this mean of scaled rows."""
    return Linear(scaling.middle + np.asarray(mean) / scaling.scale, scaling.scale, np.asarray(axes, dtype=np.float64))
