"""DuckDB's database file: whether its blocks are what was written.

Blocks of 256 KiB follow three headers of 4 KiB; each begins with its checksum. A damaged block that is in use ends the
connection that reads it, an index's at the first insert, long after the opening. Which blocks are in use cannot be told
from outside; one that is not may be half written by a process that was killed, and a restore then finds all rows.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from core.store import schema
from core.store.recovery.checksums import checksum

_HEADER = 4096
_HEADERS = 3 * _HEADER
_USED = 512
"""Bytes of a header that may hold something; the others are zero."""
_BLOCK = 256 * 1024
_SUM = 8
_ID_PLACE, ID_SIZE = 124, 16


def has_bad_blocks(database: Path) -> bool:
    """Whether a block is not what was written. Reads the whole file, which must not be open in this process (see
    `log_file.read`)."""
    try:
        with database.open("rb") as file:
            file.seek(_HEADERS)
            return any(_is_bad(block) for block in iter(lambda: file.read(_BLOCK), b""))
    except FileNotFoundError:
        return False


def has_bad_headers(database: Path) -> bool:
    """Whether one of the three headers is damaged, without which DuckDB opens nothing."""
    return not all(map(_is_right, _headers(database)))


def state(database: Path) -> tuple[bytes, int]:
    """A database's identifier (b"" where its header is damaged or the file is missing), and how often it was brought up
    to date (the larger of two headers counts)."""
    first, *others = _headers(database)
    iterations = [int.from_bytes(header[_SUM : 2 * _SUM], "little") for header in others]
    return first[_ID_PLACE : _ID_PLACE + ID_SIZE] if _is_right(first) else b"", max(iterations)


def mend_headers(database: Path, like: Path) -> None:
    """Mend damaged headers of a copy as far as they are known: where only zeros stand; the first as in another database
    of this version, `like`; of the other two, which take turns, the one as the other, though it may be one turn old."""
    with like.open("rb") as file:
        usual = file.read(_HEADER)
    with database.open("r+b") as file:
        pages = [page if _is_right(page) else _sealed(page[:_SUM], page[_SUM:_USED]) for page in _headers(database)]
        if not _is_right(pages[0]):
            pages[0] = _sealed(b"", usual[_SUM:_USED])
        if not _is_right(pages[1]):
            pages[1] = pages[2]
        elif not _is_right(pages[2]):
            pages[2] = pages[1]
        file.write(b"".join(pages))


def _headers(database: Path) -> list[bytes]:
    """The three headers; zeros where the file is too short, or missing."""
    try:
        with database.open("rb") as file:
            return [file.read(_HEADER).ljust(_HEADER, b"\0") for _ in range(3)]
    except FileNotFoundError:
        return [bytes(_HEADER)] * 3


def _sealed(stored: bytes, used: bytes) -> bytes:
    """A header that holds this. stored: its checksum; b"" to make it."""
    content = used.ljust(_HEADER - _SUM, b"\0")
    return (stored or checksum(content).to_bytes(_SUM, "little")) + content


def _is_right(page: bytes) -> bool:
    """Whether a header or a block is what its own checksum says."""
    return int.from_bytes(page[:_SUM], "little") == checksum(page[_SUM:])


def read_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every row of every table, as a last check. Raises duckdb.Error."""
    for table in schema.TABLES:
        connection.execute(f"SELECT bit_xor(hash({table})) FROM {table}").fetchall()


def _is_bad(block: bytes) -> bool:
    return len(block) < _BLOCK or not _is_right(block)
