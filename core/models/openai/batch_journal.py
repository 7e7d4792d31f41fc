"""Which request lies in which batch of a server, kept in the workspace: a batch that was made is paid for, so that it
must be found again after a stop, a crash or a restart.

Requests stand there as hashes; no text, key or address is kept. It knows no server and sends nothing.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

_NAME = "batches.json"
_DAYS = 30
"""So long a server keeps what a batch answered."""
_DAYS_READ = 2
"""So long answers that were handed over can be had again without asking: whoever asked may have crashed before saving
them, or while a second batch for those that were not usable was under way. Later, to ask again means to try anew."""
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Entry:
    """One batch.

    Attributes:
        file: id of the requests' file on the server, by which the entry is known.
        batch: its id, "" while it is not known whether the server made it.
        requests: their hashes.
        day, read: ISO dates when it was made and when its answers were first handed over, "" before that.
    """

    file: str
    requests: tuple[str, ...]
    day: str
    batch: str = ""
    read: str = ""


_ENTRIES: TypeAdapter[tuple[Entry, ...]] = TypeAdapter(tuple[Entry, ...])


def _today() -> date:
    return datetime.now(UTC).date()


class Journal:
    """The batches of a workspace. Safe to use from several threads and by several models of one process.

    Writing raises OSError when the disk does not take it.
    """

    def __init__(self, folder: Path | None, today: Callable[[], date] = _today) -> None:
        """folder: the workspace; None to remember while this object lives only."""
        self._path = None if folder is None else folder / _NAME
        self._today = today
        self._entries: tuple[Entry, ...] = ()

    def holding(self, requests: Collection[str]) -> list[Entry]:
        """The batches that hold some of these requests, the newest first, each with only those of them that no newer
        one holds."""
        left, found = set(requests), []
        with _lock:
            entries = self._read()
        for entry in reversed(entries):
            if held := tuple(mark for mark in entry.requests if mark in left):
                left -= set(held)
                found.append(replace(entry, requests=held))
        return found

    def add(self, file: str, requests: Sequence[str]) -> Entry:
        """Note that a batch is about to be made of a file."""
        entry = Entry(file, tuple(requests), self._today().isoformat())
        with _lock:
            self._write((*self._read(), entry))
        return entry

    def made(self, file: str, batch: str) -> None:
        """Note the batch that was made of a file."""
        self._change(file, lambda entry: replace(entry, batch=batch))

    def handed_over(self, file: str, failed: Collection[str]) -> None:
        """Note that answers were read. failed: requests without one, which will be asked anew."""
        gone, today = set(failed), self._today().isoformat()

        def change(entry: Entry) -> Entry:
            left = tuple(mark for mark in entry.requests if mark not in gone)
            return replace(entry, requests=left, read=entry.read or today)

        self._change(file, change)

    def forget(self, file: str) -> None:
        """The batch of this file is of no use any more."""
        self._change(file, lambda entry: replace(entry, requests=()))

    def _change(self, file: str, change: Callable[[Entry], Entry]) -> None:
        with _lock:
            self._write([change(entry) if entry.file == file else entry for entry in self._read()])

    def _read(self) -> tuple[Entry, ...]:
        if self._path is None:
            return self._entries
        try:
            return _ENTRIES.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return ()
        except ValidationError:  # not ours, or older than this form: nothing can be found by it
            return ()

    def _write(self, entries: Sequence[Entry]) -> None:
        today = self._today()
        oldest, oldest_read = (str(today - timedelta(days=days)) for days in (_DAYS, _DAYS_READ))
        kept = tuple(
            entry
            for entry in entries
            if entry.requests and entry.day > oldest and (not entry.read or entry.read > oldest_read)
        )
        if self._path is None:
            self._entries = kept
            return
        part = self._path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(_ENTRIES.dump_json(kept))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
