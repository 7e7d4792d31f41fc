"""Folders that go with the work they are for, also when the process that made them was killed.

Below a workspace: one process has it open, so what it does not work on itself is dead. Beside one: a lock tells, which
the system gives up with the process.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_BELOW = re.compile(r"(packing|incoming)-\w+")
_LOCK = "lock"
_DAY = 86_400
_at_work: set[Path] = set()
_working = threading.Lock()


@contextmanager
def below(workspace: Path, kind: str) -> Iterator[Path]:
    """A folder in a workspace that is open. kind: packing or incoming. Raises OSError."""
    place = workspace / f"{kind}-{secrets.token_hex(4)}"
    with _working:
        _at_work.add(place)
    try:
        sweep(workspace)
        place.mkdir(parents=True)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        with _working:
            _at_work.discard(place)


def sweep(workspace: Path) -> None:
    """Remove what killed processes left below a workspace that is open here; what is at work stays."""
    with _working:
        for place in workspace.glob("*-*"):
            if _BELOW.fullmatch(place.name) and place not in _at_work and not place.is_symlink():
                shutil.rmtree(place, ignore_errors=True)


def opened(workspace: Path) -> None:
    """What to do when a workspace was opened: nobody is at work in it yet."""
    sweep(workspace)
    for part in workspace.glob("brought/*/*.part"):
        part.unlink(missing_ok=True)


def closed(workspace: Path) -> None:
    """What to do when it was closed: nobody is at work in it any more."""
    with _working:
        _at_work.difference_update([place for place in _at_work if place.parent == workspace])
    sweep(workspace)


@contextmanager
def beside(folder: Path, kind: str) -> Iterator[Path]:
    """A new folder beside `folder`, which the block may rename. What killed processes left of the kind goes.

    Raises OSError.
    """
    start = f"{folder.name}.{kind}-"
    for left in folder.parent.glob("*"):
        if left.name.startswith(start) and _is_dead(left):
            shutil.rmtree(left, ignore_errors=True)
    place = folder.with_name(start + secrets.token_hex(4))
    try:
        place.mkdir(parents=True, mode=0o700)
        with _held(place):
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def release(place: Path) -> None:
    """Take the lock's file out of a folder that is about to get its own name."""
    (place / _LOCK).unlink(missing_ok=True)


@contextmanager
def _held(place: Path) -> Iterator[None]:
    """Hold the lock of a folder. On Windows, where a folder with an open file cannot be renamed, there is none."""
    if os.name != "posix":
        yield
        return
    with (place / _LOCK).open("w") as lock:
        _try_lock(lock)
        yield


def _is_dead(place: Path) -> bool:
    with contextlib.suppress(OSError):
        if time.time() - place.stat().st_mtime > _DAY:
            return True
        if os.name == "posix":
            with (place / _LOCK).open() as lock:
                return _try_lock(lock)
    return False


def _try_lock(file: IO[str]) -> bool:
    """Lock a file until it is closed, where the system knows how (not on Windows); False when another has it."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
