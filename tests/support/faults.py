"""Faults on purpose, as SQLite's tests make them: the n-th operation of a sort fails, or ends the process.

An operation is a set of functions that are replaced while an `Injector` is in force; a fault says what the n-th of them
raises. Only what happens in one folder counts, and what DuckDB and sockets do. A write that fails has written half.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb
from full_disk import no_file_larger_than

OPERATIONS: dict[str, tuple[tuple[Any, str], ...]] = {
    "open": ((builtins, "open"), (io, "open")),  # for writing
    "write": (),  # of what was opened so
    "make folder": ((os, "mkdir"),),
    "fsync": ((os, "fsync"),),
    "rename": ((os, "rename"), (os, "replace")),
    "link": ((os, "link"),),
    "unlink": ((os, "unlink"), (os, "rmdir")),
    "connect": ((duckdb, "connect"),),
    "execute": ((duckdb.DuckDBPyConnection, "execute"),),
    "commit": ((duckdb.DuckDBPyConnection, "commit"),),
    "receive": ((socket.socket, "recv"),),  # an answer, by the side that asks; servers use recv_into
    "grow": (),  # any file past a size, by the system itself: Python and DuckDB meet the same full disk
}
"""Name -> the functions that do it, each an owner and an attribute."""


GROWTH = 8192
"""Bytes: with "grow", no file may be larger than so many times the number."""


@dataclass(frozen=True)
class Fault:
    """error: makes what the operation raises; None: the process is killed there. gives_up: DuckDB refuses everything
    from then on, until the database is opened anew."""

    name: str
    operation: str
    error: Callable[[], BaseException] | None
    gives_up: bool = False

    def __str__(self) -> str:
        return f"{self.operation}: {self.name}"


def _os_error(number: int) -> Callable[[], OSError]:
    return lambda: OSError(number, os.strerror(number))


_DISK = {"disk full": errno.ENOSPC, "disk fails": errno.EIO, "not allowed": errno.EACCES}
_FULL = 'Could not write file "facetry.duckdb.wal": No space left on device'
_INVALID = "FATAL Error: Failed: database has been invalidated because of a previous fatal error. The database must be "
_INVALID += f'restarted prior to being used again.\nOriginal error: "{_FULL}"'
_COMMIT = "Failed to commit"


def _given_up() -> BaseException:
    return duckdb.FatalException(_INVALID)


_DATABASE: dict[str, Callable[[], BaseException]] = {
    "disk full": lambda: duckdb.IOException(f"IO Error: {_FULL}"),
    "out of memory": lambda: duckdb.OutOfMemoryException(
        "Out of Memory Error: failed to allocate data of size 1.0 MiB"
    ),
    "disk fails": lambda: duckdb.IOException("IO Error: Could not read from file: Input/output error"),
}
FAULTS = (
    *(
        Fault(name, operation, _os_error(number))
        for operation in ("open", "write", "make folder", "fsync", "rename", "link", "unlink")
        for name, number in _DISK.items()
    ),
    *(Fault(name, operation, error) for operation in ("connect", "execute") for name, error in _DATABASE.items()),
    Fault("disk full", "commit", lambda: duckdb.TransactionException(f"TransactionContext Error: {_COMMIT}: {_FULL}")),
    Fault("out of memory", "commit", _DATABASE["out of memory"]),
    *(Fault("given up", operation, _given_up, gives_up=True) for operation in ("execute", "commit")),
    Fault("reset", "receive", lambda: ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")),
    Fault("time-out", "receive", lambda: TimeoutError("timed out")),
    Fault("disk full", "grow", OSError),
    *(Fault("killed", operation, None) for operation in OPERATIONS if operation != "grow"),
)  # fmt: skip


class Injector:
    """In the block, operation `number` of the fault's sort below `folder` fails, and with `lasting` all after it.

    Attributes:
        count: how many there were. fired: whether the fault came.
    """

    def __init__(self, fault: Fault, number: int, folder: Path, *, lasting: bool = False) -> None:
        self._fault, self._number, self._folder, self._lasting = fault, number, f"{folder}{os.sep}", lasting
        self.count = 0
        self.fired = False
        self._given_up = False
        self._limit = ExitStack()
        self._kept: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> Injector:
        wanted = self._fault.operation
        if wanted == "grow":
            self._limit.enter_context(no_file_larger_than(self._number * GROWTH))
        for operation in {wanted, *(("open",) if wanted == "write" else ())}:
            for owner, name in OPERATIONS[operation]:
                self._replace(owner, name, self._opening if operation == "open" else self._failing)
        if self._fault.gives_up:
            for name in ("begin", "execute", "commit", "rollback", "fetchall"):
                self._replace(duckdb.DuckDBPyConnection, name, self._refusing)
            self._replace(duckdb, "connect", self._reviving)
        return self

    def __exit__(self, *_: object) -> None:
        self._limit.close()
        for owner, name, real in reversed(self._kept):
            setattr(owner, name, real)
        self._kept.clear()

    def _replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        real = getattr(owner, name)
        self._kept.append((owner, name, real))
        setattr(owner, name, make(real))

    def hit(self, before: Callable[[], object] = lambda: None) -> None:
        """Count one operation; where it is the one, do what happens `before` and fail."""
        self.count += 1
        if self.count == self._number or (self._lasting and self.count > self._number):
            before()
            self.fired = True
            if self._fault.error is None:
                os.kill(os.getpid(), signal.SIGKILL)
            self._given_up = self._fault.gives_up
            assert self._fault.error
            raise self._fault.error()

    def _is_ours(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> bool:
        """Whether it happens in the folder, as far as it can be told; DuckDB and sockets always count."""
        first = arguments[0] if arguments else None
        if isinstance(first, str | os.PathLike):
            return named.get("dir_fd") is not None or os.fspath(first).startswith(self._folder)
        return True

    def _failing(self, real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            if self._is_ours(arguments, named):
                self.hit()
            return real(*arguments, **named)

        return call

    def _opening(self, real: Any) -> Any:
        def call(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            if not set(mode) & set("wax+") or not self._is_ours((file,), {}):
                return real(file, mode, *arguments, **named)
            if self._fault.operation == "open":
                self.hit()
                return real(file, mode, *arguments, **named)
            return _Writer(real(file, mode, *arguments, **named), self)

        return call

    def _refusing(self, real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            if self._given_up:
                raise duckdb.FatalException(_INVALID)
            return real(*arguments, **named)

        return call

    def _reviving(self, real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self._given_up = False
            return real(*arguments, **named)

        return call


class _Writer:
    """A file of which each write counts. It has no number, so that nothing is written past it."""

    def __init__(self, file: IO[Any], injector: Injector) -> None:
        self._file, self._injector = file, injector

    def write(self, data: Any) -> Any:
        self._injector.hit(lambda: self._file.write(data[: len(data) // 2]))
        return self._file.write(data)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Any:
        return iter(self._file)


@contextmanager
def counting(folder: Path) -> Iterator[dict[str, int]]:
    """How often each operation happens in the block, known at its end."""
    found: dict[str, int] = {}
    with ExitStack() as stack:
        injectors = {
            operation: stack.enter_context(Injector(Fault("", operation, OSError), 0, folder))
            for operation in OPERATIONS
            if operation != "grow"
        }
        yield found
    found |= {operation: injector.count for operation, injector in injectors.items()}
