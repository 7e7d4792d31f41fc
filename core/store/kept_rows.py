"""Rows of queries, kept in memory for all sessions: most pages ask what another page has just asked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

Rows = list[tuple[Any, ...]]
Version = tuple[int, ...]
_MOST = 50_000
"""Rows in all; about 25 MB where each holds a description."""


class KeptRows:
    """Query -> its rows, with the version of what they were read from. The least used go first."""

    def __init__(self, most: int = _MOST) -> None:
        """most: rows in all; a query with more than a tenth of them is never kept."""
        self._most = most
        self._kept: OrderedDict[str, tuple[Version, Rows]] = OrderedDict()
        self._rows = 0
        self._lock = threading.Lock()

    def get(self, query: str, version: Version) -> Rows | None:
        """The rows as of this version, or None. They are shared: never change them."""
        with self._lock:
            kept = self._kept.get(query)
            if kept is None or kept[0] != version:
                return None
            self._kept.move_to_end(query)
            return kept[1]

    def keep(self, query: str, version: Version, rows: Rows) -> None:
        """Keep the rows that a query had in this version, in place of those of any other."""
        with self._lock:
            if old := self._kept.pop(query, None):
                self._rows -= _weight(old[1])
            if _weight(rows) <= self._most // 10:
                self._kept[query] = (version, rows)
                self._rows += _weight(rows)
            while self._rows > self._most:
                _, (_, oldest) = self._kept.popitem(last=False)
                self._rows -= _weight(oldest)


def _weight(rows: Rows) -> int:
    return len(rows) + 1  # the query itself takes space too
