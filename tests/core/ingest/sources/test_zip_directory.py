"""ZIP files as odd programs write them: each member that is there is read, whatever is odd about another."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.config import Config
from core.errors import BadInput
from core.ingest import source
from core.ingest.sources.zip_file import read_member

FIRST, SECOND = b"\xff\xd8\xff\xe0 first" * 9, b"\xff\xd8\xff\xe0 second" * 9
Change = Callable[[bytearray], bytes]


def packed(method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytearray:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        archive.writestr("photos/a.jpg", FIRST)
        archive.writestr("photos/b.jpg", SECOND)
        archive.comment = comment
    return bytearray(content.getvalue())


def listed(content: bytes, number: int) -> int:
    """Where the list has its entry of this number."""
    place = -1
    for _ in range(number + 1):
        place = content.index(b"PK\x01\x02", place + 1)
    return place


def _newer_version(content: bytearray) -> bytes:
    struct.pack_into("<H", content, listed(content, 0) + 6, 90)
    return bytes(content)


def _name_differs_before_the_bytes(content: bytearray) -> bytes:
    return bytes(content).replace(b"photos/a.jpg", b"photos\\a.jpg", 1)


def _marked_before_the_bytes_alone(content: bytearray) -> bytes:
    struct.pack_into("<H", content, 6, 0x800)
    return bytes(content).replace(b"photos/a.jpg", b"photos/\xff.jpg", 1)


def _extra_field_is_cut_off(content: bytearray) -> bytes:
    place = listed(content, 0)
    end = content.index(b"PK\x05\x06")
    struct.pack_into("<H", content, place + 30, 6)
    struct.pack_into("<L", content, end + 12, struct.unpack_from("<L", content, end + 12)[0] + 6)
    after = place + 46 + len("photos/a.jpg")
    return bytes(content[:after]) + struct.pack("<HHH", 0x5455, 900, 1) + bytes(content[after:])


def _a_program_before_it(content: bytearray) -> bytes:
    return b"MZ a program that unpacks itself" * 99 + bytes(content)


def _large_form(content: bytearray) -> bytes:
    """The ends of the list in the form for more than 4 GB (ZIP64), with room for more in its record."""
    end = content.index(b"PK\x05\x06")
    number, size, start = struct.unpack_from("<HLL", content, end + 10)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, number, number, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    struct.pack_into("<HHLL", content, end + 8, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    return bytes(content[:end]) + record + locator + bytes(content[end:])


def _something_after_it(content: bytearray) -> bytes:
    return bytes(content) + b"\r\n"


CHANGES: list[Change] = [
    bytes,
    _newer_version,
    _name_differs_before_the_bytes,
    _marked_before_the_bytes_alone,
    _extra_field_is_cut_off,
    _a_program_before_it,
    _large_form,
    _something_after_it,
]


def found(path: Path) -> dict[str, bytes]:
    files = source.find(str(path), "", Config(path.parent / "ws")).files
    return {file.name: read_member(path, file.member or 0) for file in files}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_odd_about_one_member_costs_none(change: Change, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(change(packed(comment=b"PK\x05\x06 is no end" if change is bytes else b"")))
    assert found(path) == {"photos/a.jpg": FIRST, "photos/b.jpg": SECOND}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_are_unpacked_however_they_are_packed(method: int, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(packed(method))
    assert found(path) == {"photos/a.jpg": FIRST, "photos/b.jpg": SECOND}


def test_a_member_that_was_changed_is_damaged_and_the_other_is_not(tmp_path: Path) -> None:
    content = packed(zipfile.ZIP_STORED)
    content[content.index(b" first")] = 0x21
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(OSError, match="the ZIP file is damaged here"):
        read_member(path, 0)
    assert read_member(path, 1) == SECOND


@pytest.mark.parametrize("kept", [0.3, 0.8, 0.999])
def test_an_archive_that_is_cut_off_is_said(kept: float, tmp_path: Path) -> None:
    content = packed()
    (tmp_path / "a.zip").write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(BadInput, match=r"a\.zip is not a ZIP file that can be opened, or it is cut off"):
        source.find(str(tmp_path / "a.zip"), "", Config(tmp_path / "ws"))
