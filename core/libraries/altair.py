"""What Facetry takes from Altair."""

from __future__ import annotations

import core.libraries.sklearn  # noqa: F401 - first: both are made of narwhals, and another thread may be loading it

# isort: split
import altair as alt

__all__ = ["alt"]
