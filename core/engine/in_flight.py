"""The call keys that are being asked about now, so that two runs of one process do not pay for the same answers."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Set


class Claims:
    """Keys that are being asked about. All users of a store share one object. A caller that takes keys must release
    them all.

    Deadlock-free: a holder of keys never waits.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._changed = threading.Condition()

    def take(self, keys: Iterable[str]) -> set[str]:
        """Take the keys that no other caller holds, and return them."""
        with self._changed:
            mine = set(keys) - self._taken
            self._taken |= mine
        return mine

    def release(self, keys: Iterable[str]) -> None:
        """Release keys. What was answered is saved by now; other callers may ask the rest."""
        with self._changed:
            self._taken.difference_update(keys)
            self._changed.notify_all()

    def wait(self, keys: Set[str], seconds: float) -> None:
        """Wait until one of the keys is free, at most for so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: not keys <= self._taken, seconds)
