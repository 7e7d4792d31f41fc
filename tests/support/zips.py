"""ZIP files as other programs make them: names in any letters, which say so or not."""

from __future__ import annotations

import itertools
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path


class _Member(zipfile.ZipInfo):
    """A member whose name is written as these bytes, with or without the mark for UTF-8."""

    raw, flag = b"", 0

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, self.flag


_numbers = itertools.count()


def member(raw: bytes, flag: int = 0, extra: bytes = b"") -> _Member:
    """A member of this name. flag: 0x800 for one that is marked as UTF-8."""
    made = _Member(f"member-{next(_numbers)}")
    made.raw, made.flag, made.extra = raw, flag, extra
    return made


def unicode_path(name: str, of: bytes) -> bytes:
    """The extra field 0x7075: a name in UTF-8, with the checksum of the name that it belongs to."""
    text = name.encode()
    return struct.pack("<HHBL", 0x7075, 5 + len(text), 1, zlib.crc32(of)) + text


def write_zip(path: Path, members: Iterable[tuple[_Member, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for info, content in members:
            archive.writestr(info, content)
    return path
