"""Which call keys are being asked about right now, so that two runs of one process do not pay for the same answers."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Set


class Claims:
    """Keys that somebody is asking about. One for all who share a store; who takes keys must release every one.

    Nobody who has keys waits for others: so nobody waits for ever.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._changed = threading.Condition()

    def take(self, keys: Iterable[str]) -> set[str]:
        """Take those of the keys that nobody has, and return them."""
        with self._changed:
            mine = set(keys) - self._taken
            self._taken |= mine
        return mine

    def release(self, keys: Iterable[str]) -> None:
        """Give up keys that were taken: what was answered is saved, the rest may be asked by others."""
        with self._changed:
            self._taken.difference_update(keys)
            self._changed.notify_all()

    def wait(self, keys: Set[str], seconds: float) -> None:
        """Wait until one of the keys is nobody's, or for so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: not keys <= self._taken, seconds)
