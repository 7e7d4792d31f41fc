"""The list of files at the end of a ZIP file, read so that one odd entry costs no other (APPNOTE 4.3.12 to 4.3.16).

Python's own reader refuses the whole archive for one name that is marked as UTF-8 and is not, one extra field that is
cut off or one entry of a newer version, and a member whose name stands otherwise before its bytes.
"""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path
from typing import BinaryIO

from core.errors import BadInput
from core.ingest.text import UTF_8, is_utf8

MAX_BYTES = 256 * 1024**2
"""Bytes of the list, all of which is held in memory: room for about two million members."""
UTF_8_NAME = 0x800
"""The flag of a name that is UTF-8."""
RAW_NAME = "cp437"
"""How names that do not say what they are written in are kept, as every byte is a letter in it."""
_END, _LOCATOR, _ENTRY, _HEADER = b"PK\x05\x06", b"PK\x06\x07", b"PK\x01\x02", b"PK\x03\x04"
_END_64 = b"PK\x06\x06"
_ENTRY_FORM = struct.Struct("<4s6H3L5H2L")
_HEADER_BYTES = 30
_END_BYTES = 22 + 0xFFFF
"""The end record with the longest comment that it can have."""
_ELSEWHERE, _SIZES_64 = 0xFFFFFFFF, 0x0001


def entries_of(path: Path) -> list[zipfile.ZipInfo]:
    """All that the archive lists, in its order. Raises BadZipFile, OSError, and BadInput for too long a list.

    A name that is marked as UTF-8 and is not has lost its mark.
    """
    with path.open("rb") as file:
        end, size, announced = _end_of(file)
        if size > MAX_BYTES:
            raise BadInput(
                f"The list of files in {path.name} takes {size / 1024**2:,.0f} MB alone "
                f"({MAX_BYTES / 1024**2:.0f} MB can be read). Give it in parts."
            )
        for start in (end - size, announced):
            file.seek(max(0, start))
            content = file.read(size)
            if content.startswith(_ENTRY) or not size:
                break
    entries, place = [], 0
    while place < size:
        entry, place = _entry(content, place, start - announced)
        entries.append(entry)
    return entries


def bytes_of(path: Path, entry: zipfile.ZipInfo, most: int) -> bytes:
    """The first bytes of a member, unpacked, at most so many. Raises BadZipFile and whatever unpacking does.

    What stands before its bytes is passed over: the list knows it all.
    """
    with path.open("rb") as file:
        file.seek(entry.header_offset)
        header = file.read(_HEADER_BYTES)
        if len(header) < _HEADER_BYTES or not header.startswith(_HEADER):
            raise zipfile.BadZipFile
        file.seek(sum(struct.unpack_from("<2H", header, 26)), 1)
        return zipfile.ZipExtFile(file, "r", entry).read(most)


def _end_of(file: BinaryIO) -> tuple[int, int, int]:
    """Where the list ends, its size, and where it says that it begins. Raises BadZipFile."""
    whole = file.seek(0, 2)
    file.seek(max(0, whole - _END_BYTES))
    tail = file.read()
    places = [found.start() for found in re.finditer(_END, tail) if found.start() + 22 <= len(tail)]
    if not places:
        raise zipfile.BadZipFile
    # The comment that follows may hold its sign too. Each says how long its comment is, which ends the file.
    over = {at: len(tail) - at - 22 - int.from_bytes(tail[at + 20 : at + 22], "little") for at in places}
    place = min(places, key=lambda at: (over[at] < 0, abs(over[at]), at))
    size, announced = struct.unpack_from("<2L", tail, place + 12)
    end = whole - len(tail) + place
    if place >= 20 and tail.startswith(_LOCATOR, place - 20):
        for begin in (end - 76, int.from_bytes(tail[place - 12 : place - 4], "little")):
            file.seek(max(0, begin))
            record = file.read(56)
            if record.startswith(_END_64) and len(record) == 56:
                return (begin, *struct.unpack_from("<2Q", record, 40))
    return end, size, announced


def _entry(content: bytes, place: int, shift: int) -> tuple[zipfile.ZipInfo, int]:
    """The entry at this place, and where the next one is. shift: by how much all places in the archive are moved.

    Raises BadZipFile.
    """
    if not content.startswith(_ENTRY, place) or len(content) < place + _ENTRY_FORM.size:
        raise zipfile.BadZipFile
    _, system, _, flags, method, _, _, crc, packed, size, *rest = _ENTRY_FORM.unpack_from(content, place)
    name_bytes, extra_bytes, comment_bytes, _, _, attributes, offset = rest
    after = place + _ENTRY_FORM.size + name_bytes
    raw, extra = content[place + _ENTRY_FORM.size : after], content[after : after + extra_bytes]
    marked = bool(flags & UTF_8_NAME) and is_utf8(raw)
    entry = zipfile.ZipInfo(raw.decode(UTF_8 if marked else RAW_NAME))
    entry.flag_bits = flags if marked else flags & ~UTF_8_NAME
    entry.create_system, entry.compress_type, entry.CRC = system >> 8, method, crc
    entry.external_attr, entry.extra = attributes, extra
    entry.file_size, entry.compress_size, offset = _large(extra, size, packed, offset)
    entry.header_offset = offset + shift
    return entry, after + extra_bytes + comment_bytes


def _large(extra: bytes, *numbers: int) -> list[int]:
    """These numbers, each that stands in the extra field for large ones (ZIP64) from there."""
    field, found = field_of(extra, _SIZES_64), []
    for number in numbers:
        if number == _ELSEWHERE and len(field) >= 8:
            number, field = int.from_bytes(field[:8], "little"), field[8:]
        found.append(number)
    return found


def field_of(extra: bytes, wanted: int) -> bytes:
    """The content of the first extra field of this kind, b"" where there is none; a field that is cut off ends them."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        if kind == wanted:
            return extra[4 : 4 + size]
        extra = extra[4 + size :]
    return b""
