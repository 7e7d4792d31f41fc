"""Restore a damaged or missing database: into a new file beside it, which takes its place at the end.

Killed at any moment, nothing is lost: until the new file is complete, the old one and its log stay as they are; once it
is, the next opening puts it in place. The damaged file and its log are kept under another name.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from core.errors import WorkspaceUnavailable
from core.store import opening
from core.store.copies import Copies, link, sync
from core.store.recovery import database_file, log_file
from core.store.recovery.report import REPORT, UNUSABLE, Restoration
from core.store.schema import DATABASE

_ROOT = Path(__file__).resolve().parents[3]
_SCRATCH = "restoring"
_LOCK = "restoring.lock"
_COMPLETE = "facetry.restored.duckdb"
_LATEST = (
    "SELECT max(saved) FROM (SELECT max(created_at) AS saved FROM answer UNION ALL SELECT max(created_at) FROM edit "
    "UNION ALL SELECT max(changed_at) FROM run UNION ALL SELECT max(created_at) FROM dataset)"
)


def is_missing(folder: Path) -> bool:
    """Whether there is no database although there are copies, or a log, of one."""
    database = folder / DATABASE
    if database.exists() and database.stat().st_size:
        return False  # DuckDB would make a new database of an empty file
    return bool(Copies(folder / "backup").generations() or log_file.place(database).exists())


def is_damaged(folder: Path) -> bool:
    """Whether the file has a damaged block, which may show at a later write only, or DuckDB would lose what is in the
    log, perhaps without a word."""
    log = log_file.read(folder / DATABASE)
    return (log is not None and log.damaged) or database_file.has_bad_blocks(folder / DATABASE)


def finish(folder: Path) -> None:
    """Put a restored database in place, where a process was killed before it had done so, and clear up after it."""
    if (folder / _COMPLETE).exists() or (folder / _SCRATCH).exists():
        with _alone(folder):
            _put_in_place(folder)


def restore(folder: Path) -> None:
    """Put the database of a workspace together again. Raises WorkspaceUnavailable, and then has changed nothing."""
    scratch, database = folder / _SCRATCH, folder / DATABASE
    with _alone(folder):
        if database.exists():
            _raise_if_open(folder, scratch)
        found = _rebuilt(folder, scratch)
        kept = _keep(database)
        new = scratch / "new.duckdb"
        _report(new, found, kept)
        new.replace(folder / _COMPLETE)
        sync(folder)
        _put_in_place(folder)


def _put_in_place(folder: Path) -> None:
    complete, database = folder / _COMPLETE, folder / DATABASE
    if complete.exists():  # else another process was first
        log_file.place(database).unlink(missing_ok=True)
        complete.replace(database)
        sync(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from restoring the same workspace, with a database that this one holds open. Clears up."""
    scratch, place = folder / _SCRATCH, folder / _LOCK
    try:
        lock = _locked(place)
        try:
            scratch.mkdir(exist_ok=True)
            yield
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            with suppress(OSError):
                place.unlink()  # while it is held: nobody else may clear up what a next one has begun
            lock.close()
    except (duckdb.Error, OSError, MemoryError) as error:
        raise opening.explained(error, folder) or WorkspaceUnavailable(
            f"The workspace {folder} is damaged and could not be restored ({error}). Nothing was changed."
        ) from None


def _locked(place: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(place))
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise
        place.unlink(missing_ok=True)  # cut short when a process was killed
        return duckdb.connect(str(place))


def _raise_if_open(folder: Path, scratch: Path) -> None:
    """Raise WorkspaceUnavailable where another process has the database open: what looks like damage is its work."""
    linked = scratch / "open.duckdb"
    linked.unlink(missing_ok=True)
    link(folder / DATABASE, linked)
    try:
        duckdb.connect(str(linked), read_only=True).close()
    except duckdb.Error as error:
        explained = opening.explained(error, folder)
        if explained:
            raise explained from None


def _rebuilt(folder: Path, scratch: Path) -> dict[str, Any]:
    """What the rebuilding process found. A file that ends it is left out of the next try, its log first."""
    for use in ("all", "no log", "no file", "copies"):
        command = [sys.executable, "-m", "core.store.recovery.rebuild", str(folder), str(scratch), use]
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
        if done.returncode == 0:
            return dict(json.loads(done.stdout.splitlines()[-1]))
        if done.returncode == -9:  # killed, most likely for want of memory
            raise MemoryError
        if done.returncode in (UNUSABLE, 1):
            raise OSError((done.stderr.strip().splitlines() or ["no reason given"])[-1])
    raise OSError("the process that rebuilds it ended each time")


def _keep(database: Path) -> str:
    """Give the damaged file and its log a second name, and return it; once, however often a restore was killed."""
    folder, log = database.parent, log_file.place(database)
    if not database.exists() and not log.exists():
        return ""
    known = next((path for path in folder.glob("facetry.damaged-*.duckdb") if _same(path, database)), None)
    kept = known or folder / f"facetry.damaged-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S-%f}.duckdb"
    for source, target in ((database, kept), (log, log_file.place(kept))):
        if source.exists() and not target.exists():
            link(source, target)
    return kept.name if database.exists() else log_file.place(kept).name


def _same(path: Path, other: Path) -> bool:
    return other.exists() and path.samefile(other)


def _report(new: Path, found: dict[str, Any], kept: str) -> None:
    """Write into the new database what became of the old one."""
    with closing(duckdb.connect(str(new))) as connection:
        (until,) = connection.execute(_LATEST).fetchall()[0]
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        bad = tuple(dict.fromkeys(found["bad_copies"]))
        whole = bool(found["whole"] and kept)
        report = Restoration(now, until, kept, whole, bad)
        connection.execute("INSERT INTO restoration VALUES (?, ?, false)", [now, REPORT.dump_json(report).decode()])
        connection.execute("CHECKPOINT")
