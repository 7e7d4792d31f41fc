"""What Facetry takes from SciPy."""

from __future__ import annotations

from scipy import sparse
from scipy.cluster.hierarchy import ward
from scipy.linalg import eigh, solve_triangular
from scipy.ndimage import gaussian_filter
from scipy.optimize import linear_sum_assignment, minimize, minimize_scalar
from scipy.sparse.csgraph import minimum_spanning_tree

__all__ = [
    "eigh",
    "gaussian_filter",
    "linear_sum_assignment",
    "minimize",
    "minimize_scalar",
    "minimum_spanning_tree",
    "solve_triangular",
    "sparse",
    "ward",
]
