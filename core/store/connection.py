"""The one connection of a process to its database; DuckDB gives a database up after a fatal error (a checkpoint that
finds the disk full, say), and then it is opened anew as soon as nobody uses the old one any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import duckdb

from core.errors import FacetryError, Paused
from core.store import opening

_PATIENCE = 5.0
"""Seconds that closing waits for calls of other threads."""
_GIVES_UP = (duckdb.FatalException, duckdb.InternalException)


class Connection:
    """Lends cursors, one a call: a connection is never shared between threads."""

    def __init__(self, folder: Path, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        """connect: opens the database. What it raises is raised here, and where it has to be opened anew."""
        self._folder, self._connect = folder, connect
        self._changed = threading.Condition()
        self._lent = threading.local()
        self._number = 0
        self._root: duckdb.DuckDBPyConnection | None = connect()
        self._given_up = False

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for the block. Raises Paused where the disk or the memory is at fault: nothing saved is lost then,
        and the same call works once there is room."""
        try:
            with self._lend() as cursor:
                yield cursor
        except (duckdb.Error, MemoryError) as error:
            self._given_up = self._given_up or isinstance(error, _GIVES_UP)
            raise (_explained(error, self._folder) or error) from None

    def close(self) -> None:
        """Lend no more cursors; those that other threads have are waited for, but not for ever: closing closes them
        too, and DuckDB refuses that while they are in use."""
        with self._changed:
            root, self._root, self._given_up = self._root, None, False
            self._changed.wait_for(lambda: not self._number, _PATIENCE)
            if root:
                with suppress(duckdb.Error):
                    root.close()

    @contextmanager
    def _lend(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The connection itself is used under the lock only, by one thread at a time."""
        with self._changed:
            if self._given_up and not self._held():  # a thread that holds a cursor would wait for itself
                self._open_anew()
            if self._root is None:
                raise Paused(f"The database in {self._folder} is closed. Start again, then continue.")
            cursor = self._root.cursor()
            self._count(1)
        try:
            with closing(cursor):
                yield cursor
        finally:
            with self._changed:
                self._count(-1)

    def _held(self) -> int:
        """How many cursors this thread has."""
        return int(getattr(self._lent, "number", 0))

    def _count(self, change: int) -> None:
        self._number += change
        self._lent.number = self._held() + change
        self._changed.notify_all()

    def _open_anew(self) -> None:
        """While one cursor is left, connecting would give the database back that was given up."""
        self._changed.wait_for(lambda: not (self._given_up and self._number))
        if not self._given_up:
            return  # another thread has done it meanwhile
        if self._root:
            with suppress(duckdb.Error):
                self._root.close()
        self._root = None
        self._root = self._connect()
        self._given_up = False


def _explained(error: BaseException, folder: Path) -> FacetryError | None:
    """The sentence for trouble at work; None for what only a fault of ours can be."""
    reason = opening.reason(error)
    if reason == "full":
        return Paused(
            f"The disk that holds the workspace {folder} is full. What was saved is kept. Make room, then continue."
        )
    if reason == "memory":
        return Paused("There is too little free memory. What was saved is kept. Close other programs, then continue.")
    if reason or isinstance(error, (*_GIVES_UP, duckdb.IOException)):
        return Paused(
            f"The database in {folder} cannot be read or written ({opening.first_line(error)}). "
            "What was saved is kept. Check the disk and its permissions, then continue."
        )
    return None
