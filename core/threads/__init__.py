"""How many threads may calculate at once. The one place that says so: every model and all linear algebra ask here.

A model's own pool (`spare`) leaves a core to the pages. BLAS and OpenMP, which NumPy, SciPy and scikit-learn calculate
with, get one thread (`limit`): theirs wait for each other spinning, so that beside other work two threads are slower
than one, and sums over threads come in any order, so that the last bit could move a choice.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

# For libraries that are loaded later. Set here, before there are other threads: one that reads the environment while it
# grows may end the process (getenv of glibc).
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_name, "1")


def spare() -> int:
    """How many threads a model may take: all cores but one, which stays with the pages."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, usable - 1)


def limit() -> None:
    """Let BLAS and OpenMP calculate with one thread from now on: OpenMP where this thread calls it, BLAS everywhere.

    It is never undone. Two runs that each took the limit off at their end would take the other's off, too. A library
    that is loaded later reads the environment.
    """
    _libraries(len(sys.modules)).limit(limits=1)


@lru_cache(maxsize=1)
def _libraries(imported: int) -> Any:
    """The BLAS and OpenMP that are loaded, as a ThreadpoolController. To find them takes 5 ms, longer than many a
    calculation: they are looked for again once another number of modules is imported, which is what loads them."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def limited(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The same function, which calls `limit` first."""

    @wraps(function)
    def after_limit(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        limit()
        return function(*args, **kwargs)

    return after_limit
