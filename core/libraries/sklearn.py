"""What Facetry takes from scikit-learn."""

from __future__ import annotations

import core.libraries.scipy  # noqa: F401 - first: scikit-learn is made of it, and another thread may be loading it

# isort: split
from sklearn import metrics, preprocessing
from sklearn.cluster import (
    DBSCAN,
    HDBSCAN,
    AgglomerativeClustering,
    KMeans,
    MiniBatchKMeans,
    SpectralClustering,
)
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import TSNE
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors, kneighbors_graph
from sklearn.utils.extmath import randomized_svd

__all__ = [
    "DBSCAN",
    "HDBSCAN",
    "PCA",
    "TSNE",
    "AgglomerativeClustering",
    "ConvergenceWarning",
    "GaussianMixture",
    "IsolationForest",
    "KMeans",
    "LinearDiscriminantAnalysis",
    "LocalOutlierFactor",
    "LogisticRegression",
    "MiniBatchKMeans",
    "NearestNeighbors",
    "SpectralClustering",
    "StratifiedKFold",
    "kneighbors_graph",
    "metrics",
    "preprocessing",
    "randomized_svd",
]
