"""Waiting for what happens in another thread or process."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(done: Callable[[], bool], seconds: float = 20) -> None:
    """Return as soon as it is done, and fail when it takes too long."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
