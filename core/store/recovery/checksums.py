"""DuckDB's checksums (duckdb/src/common/checksum.cpp, version 2.0), to tell damage before DuckDB acts on it."""

from __future__ import annotations

import numpy as np

_START = 5381
_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_REST_FACTOR = 0xC6A4A7935BD1E995
_ALL_BITS = 2**64 - 1


def checksum(content: bytes) -> int:
    """The checksum that DuckDB stores with a block of its file or with an entry of its log."""
    whole = len(content) // 8 * 8
    words = np.frombuffer(content, dtype="<u8", count=whole // 8)
    value = _START ^ int(np.bitwise_xor.reduce(words * _FACTOR, initial=0))
    return value ^ (_of_rest(content[whole:]) if whole < len(content) else 0)


def _of_rest(rest: bytes) -> int:
    """MurmurHash64A of the up to seven bytes that do not fill a word."""
    value = (0xE17A1465 ^ len(rest) * _REST_FACTOR) & _ALL_BITS
    value = (value ^ int.from_bytes(rest, "little")) * _REST_FACTOR & _ALL_BITS
    value = (value ^ value >> 47) * _REST_FACTOR & _ALL_BITS
    return value ^ value >> 47
