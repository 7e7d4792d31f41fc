"""A workspace as a process leaves it that was killed: answers in the database file, and more in its log."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from core.store import Store

IN_FILE, IN_LOG, AT_ONCE = 1000, 1065, 15
ALL = IN_FILE + IN_LOG
_MAKE = f"""
import os
from pathlib import Path
from core.engine.requests import Answer, Outcome, Work
from core.domain import RunSettings
from core.store import Store

store = Store(Path({{folder!r}}))
run = store.runs.create(RunSettings("d1", "colour", 3))

def save(first, last):
    store.answers.save(run, "describe", "model/1", None, [
        Outcome(Work(f"i{{{{n}}}}", f"k{{{{n}}}}"), Answer(f'"what image {{{{n}}}} shows"')) for n in range(first, last)
    ])

for first in range(0, {IN_FILE}, 100):
    save(first, first + 100)
if {{copies}}:
    store.answers.backup(run, "describe")
with store._db._connection.cursor() as cursor:
    cursor.execute("CHECKPOINT")
for first in range({IN_FILE}, {ALL}, {AT_ONCE}):
    save(first, first + {AT_ONCE})
os._exit(0)  # as kill -9: nothing is closed
"""


def make(folder: Path, *, copies: bool) -> Path:
    """A workspace with ALL answers, IN_LOG of which only the log has. copies: whether those in the file are copied."""
    code = _MAKE.format(folder=str(folder), copies=copies)
    subprocess.run([sys.executable, "-c", code], check=True)
    return folder


def answers(folder: Path) -> int:
    """How many answers an opened workspace has, all of which must be right, and its run agree with them."""
    store = Store(folder)
    try:
        rows = store._db.read("SELECT call_key, value FROM answer")
        assert all(value == f'"what image {key[1:]} shows"' for key, value in rows)
        (run,) = store.runs.recent() if rows else (None,)
        if run:
            assert store.answers.step_counts(run.id) == {"describe": (len(rows), 0)}
        return len(rows)
    finally:
        store.close()


def copy_of(saved: Path, folder: Path) -> Path:
    """The same in another folder, to damage."""
    return Path(shutil.copytree(saved, folder))


def change(file: Path, place: int | float, content: bytes | None = None) -> None:
    """Overwrite a file from a place on (a share of its length, if it is a fraction); no content: flip the bits of one
    byte."""
    old = bytearray(file.read_bytes())
    at = int(len(old) * place) if isinstance(place, float) else place % len(old)
    new = bytes([old[at] ^ 0xFF]) if content is None else content[: len(old) - at]
    old[at : at + len(new)] = new
    file.write_bytes(old)
