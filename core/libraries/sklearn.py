"""What Facetry takes from scikit-learn."""

from __future__ import annotations

import core.libraries.scipy  # noqa: F401 - first: scikit-learn is made of it, and another thread may be loading it

# isort: split
from sklearn import metrics
from sklearn.cluster import AgglomerativeClustering, KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import kneighbors_graph
from sklearn.utils.extmath import randomized_svd

__all__ = [
    "AgglomerativeClustering",
    "ConvergenceWarning",
    "KMeans",
    "LogisticRegression",
    "MiniBatchKMeans",
    "kneighbors_graph",
    "metrics",
    "randomized_svd",
]
