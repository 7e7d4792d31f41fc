"""What is left out of tests that are about something else, because it takes most of a small run's time.

Each is tested where it is at work: decoding in workers in tests/core/ingest, safety copies in tests/core/store and
tests/faults, a new database and a process that rebuilds a damaged one in tests/core/store, and all together by the
demo, the command line and the browser tests.
"""

from __future__ import annotations

import functools
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from core.ingest import source
from core.ingest.decode import prepare
from core.store import Store
from core.store.answers import Answers
from core.store.recovery import rebuild, restore
from core.store.schema import DATABASE

_backup = Answers.backup
_rebuilt = restore._rebuilt


def decode_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every source be decoded in this process: starting a worker costs a second each time."""
    monkeypatch.setattr(
        source, "prepare_all", lambda files, copies, place: (prepare(file, copies, place.max_pixels) for file in files)
    )


def without_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step that has finished make no safety copies: a dozen files a step."""
    monkeypatch.setattr(Answers, "backup", lambda *_: None)


def with_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it make them after all."""
    monkeypatch.setattr(Answers, "backup", _backup)


def with_blank_database(folder: Path) -> Path:
    """A workspace's folder, with an empty database if there is no folder: to make its tables takes longer than to open
    it."""
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
        (folder / DATABASE).write_bytes(_blank_database())
    return folder


@functools.cache
def _blank_database() -> bytes:
    with TemporaryDirectory() as folder:
        Store(Path(folder)).close()
        return (Path(folder) / DATABASE).read_bytes()


def rebuild_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a damaged database be rebuilt in this process: one of its own costs half a second. Only for damage that does
    not end a process."""
    monkeypatch.setattr(restore, "_rebuilt", _rebuilt_here)


def rebuild_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be rebuilt in a process of its own after all."""
    monkeypatch.setattr(restore, "_rebuilt", _rebuilt)


def _rebuilt_here(folder: Path, scratch: Path, use: str = "all") -> dict[str, Any]:
    """`restore._rebuilt` without its process; its errors become what they are there."""
    try:
        return vars(rebuild.rebuild(folder, scratch, use))
    except MemoryError:
        raise
    except (rebuild.duckdb.Error, OSError) as error:
        raise OSError(str(error)) from None
