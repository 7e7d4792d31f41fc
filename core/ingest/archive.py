"""A ZIP file -> what is in it. Members are read in place, never extracted by name."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

from core.config import Config
from core.errors import BadInput
from core.ingest.found import Found, check_allowed, natural, refusal_by_name

MAX_MEMBER = 256 * 1024**2
"""Bytes of one unpacked member; the largest image accepted is smaller."""


def scan(path: Path, config: Config) -> list[Found]:
    """All members in natural order. Raises BadInput when the file is no ZIP, damaged, not allowed or empty."""
    check_allowed(path.resolve(), config)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [(place, info) for place, info in enumerate(archive.infolist()) if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError, UnicodeDecodeError):
        raise BadInput(f"{path.name} is not a ZIP file that can be opened, or it is cut off. Make it again.") from None
    if not members:
        raise BadInput(f"{path.name} is empty. Put images into it, or choose another.")
    found = []
    for place, info in members:
        name = info.filename.replace("\\", "/").lstrip("/")
        refusal = refusal_by_name(name)
        if not refusal and info.flag_bits & 1:
            refusal = "Protected by a password. Unpack the ZIP file yourself and give the folder."
        elif not refusal and info.file_size > MAX_MEMBER:
            refusal = f"Unpacks to {info.file_size / 1024**2:.0f} MB, which is too large for an image."
        found.append(Found(name, path, place, (info.file_size, info.CRC), refusal))
    return sorted(found, key=lambda file: natural(file.name))


def read_member(path: Path, member: int) -> bytes:
    """A member's bytes. Raises OSError for whatever is wrong with it."""
    try:
        archive = _open(path, path.stat().st_mtime_ns)
        with archive.open(archive.infolist()[member]) as file:
            return file.read(MAX_MEMBER)  # the size in the directory may lie
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError) as error:
        raise OSError(0, "the ZIP file is damaged here") from error


@lru_cache(maxsize=1)
def _open(path: Path, changed: int) -> zipfile.ZipFile:
    """Kept open in a worker: reading the directory of a large archive again for each member would take hours."""
    return zipfile.ZipFile(path)
