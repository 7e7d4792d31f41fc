"""A ZIP file -> what is in it. Members are read in place, never extracted by name.

A member is called as its Unicode path (extra field 0x7075) says, else as its name does where that is marked as UTF-8.
Other names are bytes of unknown letters, those of all members in the same: UTF-8 where all of them are valid, else the
code page that fits them best, unless a person says which. Where most are valid UTF-8, the page is that of the others.
"""

from __future__ import annotations

import itertools
import lzma
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from core.config import Config
from core.errors import BadInput
from core.ingest.sources.file_kind import HEAD, recognised
from core.ingest.sources.source_file import Found, check_allowed, natural
from core.ingest.sources.zip_directory import RAW_NAME, UTF_8_NAME, bytes_of, entries_of, field_of
from core.ingest.text import NAME_PAGES, UTF_8, code_page, is_utf8

MAX_MEMBER = 256 * 1024**2
"""Bytes of one unpacked member; the largest image accepted is smaller."""
MAX_MEMBERS = 1_000_000
_BOMB_RATIO = 200
"""Images hardly shrink; an even BMP or TIFF may, so small members are never called a bomb."""
_BOMB_BYTES = 16 * 1024**2
_BOMB_TOTAL = 4 * 1024**3

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_PATCHED = 0x20
_UNICODE_PATH = 0x7075
EARLIER = RAW_NAME
"""How names that do not say were read before they were looked at."""
_ABSOLUTE = re.compile(r"^(/|[A-Za-z]:/)")


@dataclass(frozen=True, slots=True)
class Member:
    """A file that an archive lists: its number there, what it is and why it is not read, where that was looked at."""

    place: int
    info: zipfile.ZipInfo
    kind: str
    refusal: str


Members = list[Member]


def members_of(path: Path, config: Config) -> Members:
    """Everything that the archive lists but folders. Raises BadInput for what is no usable archive: no ZIP, damaged,
    not allowed, empty, or a bomb."""
    check_allowed(path.resolve(), config)
    try:
        listed = [(place, info) for place, info in enumerate(entries_of(path)) if not _is_folder(info)]
        _check_total(path, len(listed), sum(info.file_size for _, info in listed))
        members = [Member(place, info, *_recognised(path, info)) for place, info in listed]
    except (zipfile.BadZipFile, OSError):
        raise BadInput(f"{path.name} is not a ZIP file that can be opened, or it is cut off. Make it again.") from None
    if not members:
        raise BadInput(f"{path.name} is empty. Put images into it, or choose another.")
    return members


def names_encoding(members: Members) -> str:
    """What names are written in that do not say it themselves; "" where all do."""
    unsaid = [raw for member in members if (raw := _unsaid(member.info))]
    if not unsaid:
        return ""
    if all(map(is_utf8, unsaid)):
        return UTF_8
    return code_page([raw for raw in unsaid if not is_utf8(raw)] if _is_mixed(unsaid) else unsaid, NAME_PAGES)


def scan(path: Path, members: Members, encoding: str) -> list[Found]:
    """All members in natural order; members of one name get a number. encoding: of the names that do not say theirs."""
    mixed = _is_mixed([raw for member in members if (raw := _unsaid(member.info))])
    names = [_name(member.info, encoding or EARLIER, mixed=mixed).replace("\\", "/") for member in members]
    seen, taken = Counter[str](), set(names)
    found = []
    for member, name in zip(members, names, strict=True):
        seen[name] += 1
        if seen[name] > 1:
            name = _numbered(name, seen[name], taken)
            taken.add(name)
        stamp = (member.info.file_size, member.info.CRC)
        found.append(Found(name, path, member.place, stamp, member.refusal, kind=member.kind))
    return sorted(found, key=lambda file: natural(file.name))


def _numbered(name: str, number: int, taken: Collection[str]) -> str:
    """A name of its own for one of several members of a name: with its number, or the next that is free."""
    path = PurePosixPath(name)
    return next(
        free
        for place in itertools.count(number)
        if (free := str(path.with_name(f"{path.stem} ({place}){path.suffix}"))) not in taken
    )


def _is_folder(info: zipfile.ZipInfo) -> bool:
    """Windows' own tools wrote folders with a backslash."""
    return info.filename.endswith("/") or (info.filename.endswith("\\") and not info.file_size)


def _is_mixed(unsaid: Sequence[bytes]) -> bool:
    """Whether most names are UTF-8 and some are not, as where a tool added to the archive of another. In code pages
    short names may be valid UTF-8 by chance, but never most of them."""
    valid = sum(map(is_utf8, unsaid))
    return len(unsaid) / 2 < valid < len(unsaid)


def _unsaid(info: zipfile.ZipInfo) -> bytes:
    """The bytes of a name that says nowhere what they mean; b"" for all others."""
    if info.flag_bits & UTF_8_NAME or info.orig_filename.isascii() or _unicode_path(info):
        return b""
    return info.orig_filename.encode(RAW_NAME)


def _name(info: zipfile.ZipInfo, encoding: str, *, mixed: bool) -> str:
    """encoding: of names that do not say theirs; with `mixed`, of those that are not UTF-8."""
    raw = _unsaid(info)
    if mixed and is_utf8(raw):
        encoding = UTF_8
    name = raw.decode(encoding, "replace") if raw else _unicode_path(info) or info.orig_filename
    return name.partition("\0")[0] or "unnamed"


def _unicode_path(info: zipfile.ZipInfo) -> str:
    """The name in the extra field 0x7075 (APPNOTE 4.6.9), "" where there is none or it belongs to another name."""
    field = field_of(info.extra, _UNICODE_PATH)
    if field[:1] != b"\1" or info.flag_bits & UTF_8_NAME:
        return ""
    same = zlib.crc32(info.orig_filename.encode(RAW_NAME)) == int.from_bytes(field[1:5], "little")
    return field[5:].decode(UTF_8) if same and is_utf8(field[5:]) else ""


def read_member(path: Path, member: int) -> bytes:
    """A member's bytes. Raises OSError for whatever is wrong with it."""
    return _read(path, _entries(path, path.stat().st_mtime_ns)[member], MAX_MEMBER)  # the size listed may be wrong


def _read(path: Path, info: zipfile.ZipInfo, most: int) -> bytes:
    """The first bytes of a member, at most so many. Raises OSError for whatever is wrong with it."""
    try:
        return bytes_of(path, info, most)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, EOFError) as error:
        raise OSError(0, "the ZIP file is damaged here") from error


def _recognised(path: Path, info: zipfile.ZipInfo) -> tuple[str, str]:
    """What a member is, and why it is not opened; either may be ""."""
    name = info.filename.replace("\\", "/")
    refusal = _refusal(name, info)
    return ("", refusal) if refusal else recognised(name, lambda: _read(path, info, HEAD))


def _refusal(name: str, info: zipfile.ZipInfo) -> str:
    """Why a member is not to be read at all, or ""."""
    if ".." in name.split("/"):
        return "Its name leads out of the ZIP file (“..”). Pack the ZIP file again."
    if _ABSOLUTE.match(name):
        return "Its name is a place on a computer, not in the ZIP file. Pack the ZIP file again."
    if stat.S_ISLNK(info.external_attr >> 16):
        return "A link to another file, not an image. Pack the file itself."
    if info.flag_bits & 1:
        return "Protected by a password. Unpack the ZIP file yourself and give the folder."
    if info.compress_type not in _METHODS or info.flag_bits & _PATCHED:
        return "Packed in a way that cannot be read here. Pack the ZIP file again in the ordinary way (Deflate)."
    if info.file_size > MAX_MEMBER:
        return f"Unpacks to {info.file_size / 1024**2:.0f} MB, which is too large for an image."
    if info.file_size > _BOMB_BYTES and info.file_size > _BOMB_RATIO * info.compress_size:
        ratio = info.file_size / max(info.compress_size, 1)
        return f"Unpacks to {ratio:,.0f} times its size, as no image does. It was not opened."
    return ""


def _check_total(path: Path, members: int, unpacked: int) -> None:
    """Raise BadInput for an archive that would unpack to far more than images of its size do."""
    if members > MAX_MEMBERS:
        raise BadInput(f"{path.name} lists {members:,} files; up to {MAX_MEMBERS:,} can be read. Give it in parts.")
    if unpacked > _BOMB_TOTAL and unpacked > _BOMB_RATIO * path.stat().st_size:
        raise BadInput(f"{path.name} would unpack to {unpacked / 1024**3:,.0f} GB, as no ZIP file of images does.")


@lru_cache(maxsize=1)
def _entries(path: Path, changed: int) -> list[zipfile.ZipInfo]:
    """Kept in a worker: reading the list of a large archive again for each member would take hours."""
    return entries_of(path)
