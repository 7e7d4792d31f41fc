"""DuckDB's write-ahead log: what was saved since the database file was last brought up to date.

A head names the database and how often it was brought up to date. Then come entries [size][checksum][payload], and
each transaction ends with the same one. DuckDB 2.0 gives up at the first damaged entry, or silently takes a damaged
size for the end of the log. Here the damaged transaction is cut out. What follows can be applied as it is to the tables
into which that one inserted nothing. In the others, changes and deletions name rows by numbers that are others now, so
only what is inserted there is.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.store.recovery.checksums import checksum
from core.store.recovery.database_file import ID_SIZE, state

_SIZES = struct.Struct("<QQ")
_KIND = 2
_USE_TABLE, _INSERT, _DELETE, _UPDATE, _ROW_GROUP = 0x19, 0x1A, 0x1B, 0x1C, 0x1E
_END_PAYLOAD = b"\x64\x00\x64\xff\xff"
_END = _SIZES.pack(len(_END_PAYLOAD), checksum(_END_PAYLOAD)) + _END_PAYLOAD
_HEAD_BEGIN, _HEAD_MIDDLE, _HEAD_END = b"\x64\x00\x62\x65\x00\x02\x66\x00\x10", b"\x67\x00", b"\xff\xff"
_HEAD = re.compile(
    re.escape(_HEAD_BEGIN)
    + rb"((?:[\x80-\xff]?[\x00-\x7f]){16})"
    + re.escape(_HEAD_MIDDLE)
    + rb"[\x80-\xff]*[\x00-\x7f]"
    + re.escape(_HEAD_END)
)
_LONGEST_HEAD = 100
_FLIPPED = 2
"""In so many bytes an identifier may differ and be meant for the same database."""


@dataclass(frozen=True, slots=True)
class Log:
    """What can be read of a log.

    Attributes:
        transactions: those that are whole, in order.
        whole: how many of them come before the first damage, and can be applied as they are.
        lost: how many damaged places there are that nothing can mend; each is one transaction or more.
        mended: how many ends of transactions were damaged and are whole again.
        shifted: the tables in which a damaged place may have inserted rows, so that rows after it have other numbers;
            None where that cannot be told.
        fits: whether the head names the state of the database file that lies beside it.
    """

    transactions: tuple[bytes, ...]
    whole: int
    lost: int
    mended: int
    shifted: frozenset[str] | None
    fits: bool

    @property
    def damaged(self) -> bool:
        """Whether DuckDB would lose something that was saved: not for the torn end that a crash leaves."""
        return bool(self.lost or self.mended or (self.transactions and not self.fits))


def place(database: Path) -> Path:
    """Where DuckDB keeps the log of a database file: beside the real one, where that is a link."""
    real = database.resolve()
    return real.with_name(real.name + ".wal")


def read(database: Path) -> Log | None:
    """The log of a database file, or None where there is none. Neither may be open in this process: closing a file
    gives up the lock that DuckDB holds on it."""
    try:
        content = place(database).read_bytes()
    except FileNotFoundError:
        return None
    return parse(content, *state(database))


def parse(content: bytes, identifier: bytes, iteration: int) -> Log:
    """Read a log. identifier, iteration: which database (b"" where that is lost), and how often it was brought up to
    date (see `state`)."""
    head = make_head(identifier or bytes(ID_SIZE), iteration)
    found = _HEAD.match(content)
    start = found.end() if found else _first_entry(content)
    transactions, whole, lost, mended, shifted = _transactions(content, start)
    known = content.startswith((head, make_head(identifier or bytes(ID_SIZE), iteration - 1)) if iteration else head)
    if not found and not transactions and len(content) >= len(head):
        lost = 1  # a crash may leave a torn end, but the head comes first
    if found and not known and identifier:
        flipped = sum(map(int.__ne__, _numbers(found[1]), identifier))
        if flipped > _FLIPPED:  # the log of another database
            transactions, whole, lost = [], 0, lost + 1
        elif not flipped:  # another state of this one: what changes or deletes rows by number may mean others
            whole, shifted = 0, None
    return Log(tuple(transactions), whole, lost, mended, shifted, known)


def make_head(identifier: bytes, iteration: int) -> bytes:
    """The head of the log of a database file in this state (LEB128 numbers, as DuckDB's serializer writes them)."""
    numbers = b"".join(map(_number, identifier))
    return _HEAD_BEGIN + numbers + _HEAD_MIDDLE + _number(iteration) + _HEAD_END


def deleted_from(transactions: Sequence[bytes]) -> set[str]:
    """The tables that rows are deleted from: what was inserted there may not be there any more."""
    entries = (entry for transaction in transactions for entry in _with_tables(transaction))
    return {table for kind, table, _ in entries if kind == _DELETE}


def only_safe(transaction: bytes, shifted: frozenset[str] | None, without: Collection[str] = ()) -> bytes:
    """What can be applied of a transaction behind a gap: its inserts, and all that it does to tables whose rows have
    kept their numbers. without: tables in which nothing is to be inserted, unless these are."""
    kept = []
    for kind, table, entry in _with_tables(transaction):
        same_numbers = shifted is not None and table not in shifted
        if kind == _USE_TABLE or same_numbers or (kind in (_INSERT, _ROW_GROUP) and table not in without):
            kept.append(entry)
    return b"".join(kept) + _END


def only_inserts(transaction: bytes) -> bytes:
    """What a transaction inserts, for a database that is not the log's own: large inserts left their blocks there."""
    wanted = (_USE_TABLE, _INSERT)
    return b"".join(entry for kind, _, entry in _with_tables(transaction) if kind in wanted) + _END


def _with_tables(transaction: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Kind, table and bytes of each entry but the last, which ends it."""
    table = ""
    for entry in _entries(transaction):
        payload = entry[_SIZES.size :]
        if payload[_KIND] == _USE_TABLE:
            table = _name_in(payload)
        if payload != _END_PAYLOAD:
            yield payload[_KIND], table, entry


def _name_in(payload: bytes) -> str:
    named = payload.partition(b"\x04main")[2]
    return named[1 : 1 + named[0]].decode("ascii", errors="replace") if named else ""


def _inserted_into(damaged: bytes) -> frozenset[str] | None:
    """The tables that a damaged transaction may have inserted into; None where that cannot be told."""
    found, table, at = set(), "", 0
    while at < len(damaged):
        if not _is_complete(damaged, at):
            return None
        size, _ = _SIZES.unpack_from(damaged, at)
        payload, is_whole = damaged[at + _SIZES.size : at + _SIZES.size + size], _entry_end(damaged, at) is not None
        at += _SIZES.size + size
        kind = payload[_KIND] if is_whole else None
        if kind == _USE_TABLE:
            table = _name_in(payload)
        elif kind not in (_UPDATE, _DELETE):
            if not table or kind not in (_INSERT, _ROW_GROUP, None):
                return None
            found.add(table)
    return frozenset(found)


def _transactions(content: bytes, start: int) -> tuple[list[bytes], int, int, int, frozenset[str] | None]:
    transactions: list[bytes] = []
    whole, lost, mended = -1, 0, 0
    shifted: frozenset[str] | None = frozenset()
    at = begun = start
    while at < len(content):
        end = _entry_end(content, at)
        if end is None and _is_nearly_an_end(content, at):
            transactions.append(content[begun:at] + _END)
            mended += 1
            at = begun = at + len(_END)
        elif end is None:
            following = content.find(_END, at)
            is_torn = not _is_complete(content, at) or not any(content[at:])  # zeros: the disk had more room than data
            if following < 0 and is_torn:
                break  # the end that a crash leaves: this transaction was never acknowledged
            lost += 1
            whole = len(transactions) if whole < 0 else whole
            if following < 0:
                break
            inserted = _inserted_into(content[begun:following])
            shifted = None if shifted is None or inserted is None else shifted | inserted
            at = begun = following + len(_END)
        elif content.startswith(_END, at):
            transactions.append(content[begun:end])
            at = begun = end
        else:
            at = end
    return transactions, len(transactions) if whole < 0 else whole, lost, mended, shifted


def _is_nearly_an_end(content: bytes, at: int) -> bool:
    """Whether a damaged entry can only have been the one that ends a transaction, which is always the same."""
    there = content[at : at + len(_END)]
    return len(there) == len(_END) and sum(map(int.__ne__, there, _END)) <= _SIZES.size // 2


def _entries(transaction: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(transaction):
        end = _entry_end(transaction, at)
        if end is None:
            return
        yield transaction[at:end]
        at = end


def _entry_end(content: bytes, at: int) -> int | None:
    """Where a whole entry ends; None for a damaged one."""
    if not _is_complete(content, at):
        return None
    size, stored = _SIZES.unpack_from(content, at)
    payload = content[at + _SIZES.size : at + _SIZES.size + size]
    return at + _SIZES.size + size if size > _KIND and checksum(payload) == stored else None


def _is_complete(content: bytes, at: int) -> bool:
    """Whether an entry that begins here would end within the log."""
    if at + _SIZES.size > len(content):
        return False
    size, _ = _SIZES.unpack_from(content, at)
    return at + _SIZES.size + int(size) <= len(content)


def _first_entry(content: bytes) -> int:
    """Where the first entry begins, behind a damaged head."""
    places = range(min(_LONGEST_HEAD, len(content)))
    return next((at for at in places if _entry_end(content, at)), 0)


def _number(value: int) -> bytes:
    more = value >> 7
    return bytes([value & 0x7F | 0x80]) + _number(more) if more else bytes([value])


def _numbers(content: bytes) -> list[int]:
    values, value, shift = [], 0, 0
    for byte in content:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(value)
            value = shift = 0
    return values
