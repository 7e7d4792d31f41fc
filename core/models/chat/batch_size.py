"""How many items a model is asked about in one request: fewer while it cannot answer so many, then more again."""

from __future__ import annotations

import threading

_DOUBTS, _DOUBTS_ON_TRIAL = 3, 2
"""So many requests of the present size fail in a row, and the next are half as large: fewer are chance, as where one in
twenty fails whatever its size. On trial is a size that was too much before."""
_PATIENCE, _MOST_PATIENCE = 4, 64
"""So many are answered before twice as many items are tried; twice as many each time that the trial fails."""
_NOT_THE_SIZE = 8
"""So many requests about a single item fail in a row, and it is not the size that they fail of."""


class BatchSize:
    """The number of items in a request of one model. Safe to use from several threads.

    It halves and doubles, as the congestion window of TCP does in its slow start. Requests of another size than the
    present one say nothing: they were sent before it changed, or are the rest of a call.
    """

    def __init__(self, most: int) -> None:
        self.now = self._most = most
        self._answered = self._failed = 0
        self._patience = _PATIENCE
        self._on_trial = False
        self._lock = threading.Lock()

    def worked(self, size: int) -> None:
        """A request about so many items was answered, for the most part at least."""
        with self._lock:
            if size != self.now:
                return
            if self._on_trial:
                self._on_trial, self._patience = False, _PATIENCE
            self._answered, self._failed = self._answered + 1, 0
            if self.now < self._most and self._answered >= self._patience:
                self._change(min(self._most, 2 * self.now))
                self._on_trial = True

    def failed(self, size: int) -> None:
        """A request about so many items was not answered, or for the smaller part."""
        with self._lock:
            if size != self.now:
                return
            self._answered, self._failed = 0, self._failed + 1
            if self.now == 1:
                if self._failed >= _NOT_THE_SIZE:
                    self._change(self._most)
            elif self._failed >= (_DOUBTS_ON_TRIAL if self._on_trial else _DOUBTS):
                if self._on_trial:
                    self._patience = min(2 * self._patience, _MOST_PATIENCE)
                self._change(self.now // 2)

    def too_long(self, size: int) -> None:
        """A request about so many items is longer than the model takes, which is no chance: never so many again."""
        with self._lock:
            if 1 < size <= self._most:
                self._most = size // 2
            if self.now > self._most:
                self._change(self._most)

    def _change(self, size: int) -> None:
        self.now, self._answered, self._failed, self._on_trial = size, 0, 0, False
