"""Scale features and reduce their dimensions before they are grouped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

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


@threads.limited
def reduced(features: Vector, how: Reduction, labels: Sequence[str | None] = ()) -> Vector:
    """The features scaled and reduced, (n, dimensions) -> (n, fewer).

    Args:
        labels: for LDA, the class of each row, None where it is not known; at least two classes.

    Costs n x dimensions²; PCA of more than 50,000 rows is fitted to a sample of them. Raises BadInput.
    """
    if len(features) < 2:
        raise BadInput("Fewer than two images have descriptors; there is nothing to compare.")
    scaled = _scaled(np.asarray(features, dtype=np.float32), how.scaling)
    if how.discriminant:
        return _discriminant(scaled, labels)
    return _principal(scaled, how.variance) if how.variance else scaled


def _scaled(features: Vector, scaling: Scaling) -> Vector:
    from core.libraries.sklearn import preprocessing

    scalers = {
        "standard": preprocessing.StandardScaler,
        "minmax": preprocessing.MinMaxScaler,
        "robust": preprocessing.RobustScaler,
    }
    if scaling == "none":
        return features
    return np.asarray(scalers[scaling]().fit_transform(features), dtype=np.float32)


def _principal(features: Vector, variance: float) -> Vector:
    from core.libraries.sklearn import PCA

    if not 0 < variance <= 1:
        raise BadInput("The share of the variance to keep is a number above 0 and at most 1, such as 0.9.")
    drawn = features
    if len(features) > _FIT:
        drawn = features[np.random.default_rng(0).permutation(len(features))[:_FIT]]
    most = min(drawn.shape)
    fitted = PCA(n_components=most, svd_solver="covariance_eigh", random_state=0).fit(drawn)
    kept = int(np.searchsorted(np.cumsum(fitted.explained_variance_ratio_), variance - 1e-9)) + 1
    axes = fitted.components_[: min(kept, most)]
    return np.asarray((features - fitted.mean_.astype(np.float32)) @ axes.T.astype(np.float32))


def _discriminant(features: Vector, labels: Sequence[str | None]) -> Vector:
    from core.libraries.sklearn import LinearDiscriminantAnalysis

    known = [place for place, label in enumerate(labels) if label is not None]
    classes = {labels[place] for place in known}
    if len(classes) < 2 or len(known) <= len(classes):
        raise BadInput("LDA needs labels of at least two kinds, and more labelled images than kinds.")
    fitted = LinearDiscriminantAnalysis().fit(features[known], [str(labels[place]) for place in known])
    return np.asarray(fitted.transform(features), dtype=np.float32)
