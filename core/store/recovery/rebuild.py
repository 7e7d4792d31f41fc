"""Fill a new database from a damaged one and from the copies. Runs in a process of its own: damaged files can end it.

What can be read of the damaged file comes first, as it is the newest; then the copies, the newest generation first;
then, where something of these was lost, what the log says was inserted. Nothing of these files is changed.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from core.store import opening, schema
from core.store.copies import Copies, Copy, link
from core.store.recovery import database_file, log_file
from core.store.recovery.log_file import Log
from core.store.recovery.report import UNUSABLE

_CHUNK = 2048
"""Rows that are read or lost together: DuckDB's vectors."""
_TRIES = 20
_ONLY_GROW = ("answer", "evidence", "reply", "replied", "image", "dataset", "dataset_item", "run", "result")
"""Tables of which older copies may add rows that newer ones lack; of others the newest that can be read counts."""


@dataclass
class Found:
    """What came from where.

    Attributes:
        whole: whether all of the damaged file and its log could be read.
        opened: whether the damaged file could be opened at all.
        has_log: whether all that can be applied of the log was, and every row of the tables could be read.
        tables: those of which every row could be read.
        bad_copies: the copies that could not be read.
    """

    whole: bool = True
    opened: bool = False
    has_log: bool = False
    tables: list[str] = field(default_factory=list)
    bad_copies: list[str] = field(default_factory=list)


def rebuild(folder: Path, scratch: Path, use: str = "all") -> Found:
    """Make `scratch`/new.duckdb of the workspace `folder`.

    use: "all"; "no log", "no file" or "copies" where reading the log, the file or both has ended an earlier process.
    """
    new, found = scratch / "new.duckdb", Found(whole=use == "all")
    for path in (new, log_file.place(new)):
        path.unlink(missing_ok=True)
    with closing(duckdb.connect(str(new))) as connection:
        schema.migrate(connection)
    damaged = folder / schema.DATABASE
    log = log_file.read(damaged) if use in ("all", "no file") else None
    if damaged.exists() and use in ("all", "no log"):
        _from_file(new, damaged, scratch, log, found)
    _from_copies(new, folder / "backup", found)
    if log and not found.has_log:
        _from_log_alone(new, scratch, log, found)
    found.whole = found.whole and found.opened
    with closing(duckdb.connect(str(new))) as connection:
        schema.tidy_loaded(connection)
        connection.execute("CHECKPOINT")
    return found


def _from_file(new: Path, damaged: Path, scratch: Path, log: Log | None, found: Found) -> None:
    """Take over what can be read of the file with its log."""
    linked = _under_another_name(damaged, scratch, new)
    found.whole = found.whole and not database_file.has_bad_headers(damaged)
    transactions = _applicable(log, linked) if log else []
    if log:
        found.whole = found.whole and not log.lost and len(transactions) == len(log.transactions)
    _set_log(linked, transactions)
    found.opened = _opens(linked)
    if not found.opened:
        return
    with closing(_Both(new, linked)) as both:
        for table in schema.TABLES:
            try:
                if both.take_over(table):
                    found.tables.append(table)
            except duckdb.CatalogException:
                found.tables.append(table)  # which this older database did not have yet
            except duckdb.Error as error:
                _stop_for_the_machine(error)
    is_all = set(found.tables) == set(schema.TABLES)
    found.has_log = is_all and (log is None or len(transactions) == len(log.transactions))
    found.whole = found.whole and is_all


def _under_another_name(damaged: Path, scratch: Path, new: Path) -> Path:
    """The damaged file where its log is not: DuckDB finds a log by the file's name. Damaged headers are mended."""
    linked = scratch / "damaged.duckdb"
    linked.unlink(missing_ok=True)
    if database_file.has_bad_headers(damaged):
        shutil.copyfile(damaged, linked)
        database_file.mend_headers(linked, like=new)
    else:
        link(damaged, linked)
    return linked


def _applicable(log: Log, linked: Path) -> list[bytes]:
    """The transactions of a log that can be applied to the file, in order; after a gap, what they insert."""

    def opens(transactions: Sequence[bytes]) -> bool:
        _set_log(linked, transactions)
        return _opens(linked)

    behind = log.transactions[log.whole :]
    without = log_file.deleted_from(behind) - set(_ONLY_GROW)
    after = [log_file.only_safe(transaction, log.shifted, without) for transaction in behind]
    return _fitting([*log.transactions[: log.whole], *after], opens)


def _fitting(transactions: list[bytes], opens: Callable[[Sequence[bytes]], bool]) -> list[bytes]:
    """These transactions without the few that cannot be applied; what follows one of these only inserts."""
    good: list[bytes] = []
    for _ in range(_TRIES):
        if opens([*good, *transactions]):
            return [*good, *transactions]
        low, high = 0, len(transactions)  # the first `low` can be applied, the first `high` cannot
        if not opens(good):
            return []
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if opens([*good, *transactions[:middle]]) else (low, middle)
        good += transactions[:low]
        transactions = [log_file.only_safe(transaction, None) for transaction in transactions[low + 1 :]]
    return good


def _from_log_alone(new: Path, scratch: Path, log: Log, found: Found) -> None:
    """Take over what a log inserted, though the file that it belongs to is lost, or cannot take it."""
    blank = scratch / "blank.duckdb"

    def opens(transactions: Sequence[bytes]) -> bool:
        _set_log(blank, transactions)
        return _opens(blank)

    inserts = [log_file.only_inserts(transaction) for transaction in log.transactions]
    best: list[bytes] = []
    version = max(schema.scripts())
    some = inserts[:: max(1, len(inserts) // 2)]  # the first, one in the middle and one of the last
    for number in sorted(schema.scripts(), reverse=True):  # a log of an earlier version has other columns
        _make_blank(blank, number)
        fitting = _fitting(inserts, opens) if any(opens([one]) for one in some) else []
        if len(fitting) > len(best):
            best, version = fitting, number
        if len(best) == len(inserts):
            break
    _make_blank(blank, version)
    _set_log(blank, best)
    gone = log_file.deleted_from(log.transactions)
    with closing(_Both(new, blank)) as both:
        for table in schema.TABLES:
            if table in _ONLY_GROW or (table not in found.tables and table not in gone):
                with suppress(duckdb.CatalogException):  # a table that this version did not have yet
                    both.take_over(table)


def _make_blank(place: Path, version: int) -> None:
    for path in (place, log_file.place(place)):
        path.unlink(missing_ok=True)
    with closing(duckdb.connect(str(place))) as connection:
        schema.migrate(connection, upto=version)


def _set_log(database: Path, transactions: Sequence[bytes]) -> None:
    """Give a database file that lies in our scratch folder this log."""
    place = log_file.place(database)
    place.unlink(missing_ok=True)
    if transactions:
        place.write_bytes(log_file.make_head(*database_file.state(database)) + b"".join(transactions))


def _opens(database: Path) -> bool:
    try:
        duckdb.connect(str(database), read_only=True).close()
    except duckdb.Error as error:
        _stop_for_the_machine(error)
        return False
    return True


class _Both:
    """An old database beside the new one that takes over its rows, in one connection. Damage makes a connection
    useless: after an error there is a new one."""

    def __init__(self, new: Path, old: Path) -> None:
        self._new, self._old = new, old
        self._connection: duckdb.DuckDBPyConnection | None = None

    def take_over(self, table: str) -> bool:
        """Copy the rows of a table that can be read; returns whether these are all."""
        (last,) = self._execute(f"SELECT coalesce(max(rowid), -1) FROM old.{table}")[0]
        return self._range(table, 0, int(last) + 1)

    def _range(self, table: str, begin: int, end: int) -> bool:
        """The same for a range of row numbers; halves one that cannot be read, down to what is lost together."""
        sql = f"INSERT OR IGNORE INTO {table} BY NAME SELECT * FROM old.{table} WHERE rowid >= ? AND rowid < ?"
        try:
            self._execute(sql, [begin, end])
        except duckdb.Error as error:
            _stop_for_the_machine(error)
        else:
            return True
        if end - begin > _CHUNK:
            middle = begin + max(_CHUNK, (end - begin) // 2 // _CHUNK * _CHUNK)
            self._range(table, begin, middle)
            self._range(table, middle, end)
        return False

    def _execute(self, sql: str, values: Sequence[int] = ()) -> list[tuple[Any, ...]]:
        try:
            if self._connection is None:
                self._connection = duckdb.connect(str(self._new))
                place = str(self._old).replace("'", "''")
                self._connection.execute(f"ATTACH '{place}' AS old (READ_ONLY)")
            return self._connection.execute(sql, values).fetchall()
        except duckdb.Error:
            self.close()
            raise

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


def _from_copies(new: Path, backup: Path, found: Found) -> None:
    """Add what the generations hold and the damaged file did not give."""
    with closing(duckdb.connect(str(new))) as connection:
        for table in schema.TABLES:
            if table in found.tables and table not in _ONLY_GROW:
                continue  # a copy could bring back what was removed since
            for generation in Copies(backup).generations():
                copies = generation.of_table(table)
                loaded = [_load(connection, table, copy, found) for copy in copies.values()]
                if table not in _ONLY_GROW and loaded and all(loaded):
                    break


def _load(connection: duckdb.DuckDBPyConnection, table: str, copy: Copy, found: Found) -> bool:
    """Add the rows of one file that the table lacks; returns whether the file could be read."""
    try:
        if not copy.is_intact:
            raise OSError
        schema.add_copy(connection, table, copy.path)
    except (duckdb.Error, OSError) as error:
        _stop_for_the_machine(error)
        found.bad_copies.append(copy.path.relative_to(copy.path.parents[1]).as_posix())
        return False
    return True


def _stop_for_the_machine(error: BaseException) -> None:
    """Let through what says nothing of the file: then nothing may be concluded from it."""
    if opening.reason(error) in ("memory", "full"):
        raise error


def main(arguments: Sequence[str]) -> int:
    """FOLDER SCRATCH USE: rebuild, print what was found as JSON; returns the exit status."""
    folder, scratch, use = arguments
    try:
        found = rebuild(Path(folder), Path(scratch), use)
    except (MemoryError, duckdb.Error, OSError) as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    print(json.dumps(vars(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
