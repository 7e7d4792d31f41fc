"""DuckDB's write-ahead log: what was saved since the database file was last brought up to date.

A head names the database and how often it was brought up to date. Then come entries [size][checksum][payload], and
each transaction ends with the same one. DuckDB 2.0 gives up at the first damaged entry, or silently takes a damaged
size for the end of the log. Here the damaged transaction is cut out. What follows it cannot all be applied, as changes
and deletions name rows by their number, which is another now; what it inserts can.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.store.recovery.checksums import checksum

_SIZES = struct.Struct("<QQ")
_KIND = 2
_USE_TABLE, _INSERT, _ROW_GROUP = 0x19, 0x1A, 0x1E
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
_HEADER = 4096
_ID_PLACE, _ID_SIZE = 124, 16


@dataclass(frozen=True, slots=True)
class Log:
    """What can be read of a log.

    Attributes:
        transactions: those that are whole, in order.
        whole: how many of them come before the first damage, and can be applied as they are.
        lost: how many damaged places there are that nothing can mend; each is one transaction or more.
        mended: how many ends of transactions were damaged and are whole again.
        fits: whether the head names the state of the database file that lies beside it.
    """

    transactions: tuple[bytes, ...]
    whole: int
    lost: int
    mended: int
    fits: bool

    @property
    def damaged(self) -> bool:
        """Whether DuckDB would lose something that was saved: not for the torn end that a crash leaves."""
        return bool(self.lost or self.mended or (self.transactions and not self.fits))


def place(database: Path) -> Path:
    """Where DuckDB keeps the log of a database file."""
    return database.with_name(database.name + ".wal")


def read(database: Path) -> Log | None:
    """The log of a database file, or None where there is none. Neither may be open in this process: closing a file
    gives up the lock that DuckDB holds on it."""
    try:
        content = place(database).read_bytes()
    except FileNotFoundError:
        return None
    return parse(content, *state(database))


def parse(content: bytes, identifier: bytes, iteration: int) -> Log:
    """Read a log. identifier, iteration: which database, and how often it was brought up to date (see `state`)."""
    head = make_head(identifier, iteration)
    found = _HEAD.match(content)
    start = found.end() if found else _first_entry(content)
    transactions, whole, lost, mended = _transactions(content, start)
    known = content.startswith((head, make_head(identifier, iteration - 1))) if iteration else content.startswith(head)
    if not found and not transactions and len(content) >= len(head):
        lost = 1  # a crash may leave a torn end, but the head comes first
    # A head that reads well and names another state is no damage: its changes do not belong to this file.
    same_database = found is not None and _numbers(found[1]) == list(identifier)
    if not known and same_database:
        whole = 0
    return Log(tuple(transactions), whole, lost, mended, known)


def make_head(identifier: bytes, iteration: int) -> bytes:
    """The head of the log of a database file in this state (LEB128 numbers, as DuckDB's serializer writes them)."""
    numbers = b"".join(map(_number, identifier))
    return _HEAD_BEGIN + numbers + _HEAD_MIDDLE + _number(iteration) + _HEAD_END


def only_inserts(transaction: bytes, *, with_blocks: bool = True) -> bytes:
    """A transaction without its changes and deletions of rows.

    with_blocks: whether the log is applied to its own file, in which large inserts have left their blocks.
    """
    wanted = {_USE_TABLE, _INSERT} | ({_ROW_GROUP} if with_blocks else set())
    entries = [entry for entry in _entries(transaction) if entry[_SIZES.size + _KIND] in wanted]
    return b"".join(entries) + _END


def _transactions(content: bytes, start: int) -> tuple[list[bytes], int, int, int]:
    transactions: list[bytes] = []
    whole, lost, mended = -1, 0, 0
    at = begun = start
    while at < len(content):
        end = _entry_end(content, at)
        if end is None and _is_nearly_an_end(content, at):
            transactions.append(content[begun:at] + _END)
            mended += 1
            at = begun = at + len(_END)
        elif end is None:
            following = content.find(_END, at)
            if following < 0 and not _is_complete(content, at):
                break  # the torn end of a crash: this transaction was never acknowledged
            lost += 1
            whole = len(transactions) if whole < 0 else whole
            if following < 0:
                break
            at = begun = following + len(_END)
        elif content.startswith(_END, at):
            transactions.append(content[begun:end])
            at = begun = end
        else:
            at = end
    return transactions, len(transactions) if whole < 0 else whole, lost, mended


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


def state(database: Path) -> tuple[bytes, int]:
    """A database file's identifier, and how often it was brought up to date (the larger of two headers counts)."""
    try:
        with database.open("rb") as file:
            headers = file.read(3 * _HEADER)
    except FileNotFoundError:
        headers = b""
    headers = headers.ljust(3 * _HEADER, b"\0")
    iterations = [int.from_bytes(headers[_HEADER * n + 8 : _HEADER * n + 16], "little") for n in (1, 2)]
    return headers[_ID_PLACE : _ID_PLACE + _ID_SIZE], max(iterations)


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
