"""A ZIP with one folder a group, made while it is sent: nothing of it is held in memory or written to disk."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from core.export.sink import Sink

_UNSAFE = re.compile(r'[\x00-\x1f<>:"/|?*\\]+')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)


def folder_name(name: str) -> str:
    """A group's name as a folder name that every system can unpack."""
    clean = _UNSAFE.sub("_", name).strip(" .")[:80].rstrip(" .")
    return f"_{clean}" if not clean or _RESERVED.match(clean) else clean


def zip_folders(files: Iterable[tuple[str, str, Callable[[], bytes]]], note: str = "") -> Iterator[bytes]:
    """Pieces of a ZIP file. files: (group, file name, reader of its content); a reader may raise OSError.

    Images are stored, not compressed again. What cannot be read is listed in `missing.txt` inside. note: what the
    person who opens it must know, as `README.txt`; "" for none.
    """
    sink = Sink()
    taken: set[str] = set()
    missing: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        if note:
            archive.writestr("README.txt", note + "\n")
        for group, name, read in files:
            try:
                content = read()
            except OSError:
                missing.append(f"{group}/{name}")
                continue
            archive.writestr(_free(f"{folder_name(group)}/{folder_name(PurePosixPath(name).name)}", taken), content)
            yield sink.take()
        if missing:
            archive.writestr("missing.txt", "These files are not where they were:\n" + "\n".join(missing) + "\n")
    yield sink.take()


def _free(path: str, taken: set[str]) -> str:
    """The path, or with a number when it is taken (also where letters' case does not count)."""
    stem, dot, suffix = path.rpartition(".")
    free, number = path, 1
    while free.casefold() in taken:
        number += 1
        free = f"{stem} ({number}){dot}{suffix}" if dot else f"{path} ({number})"
    taken.add(free.casefold())
    return free
