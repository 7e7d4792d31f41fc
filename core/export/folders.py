"""A ZIP with one folder a group, made while it is sent: nothing of it is held in memory or written to disk."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

_UNSAFE = re.compile(r'[\x00-\x1f<>:"/|?*\\]+')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)


def folder_name(name: str) -> str:
    """A group's name as a folder name that every system can unpack."""
    clean = _UNSAFE.sub("_", name).strip(" .")[:80].rstrip(" .")
    return f"_{clean}" if not clean or _RESERVED.match(clean) else clean


def zip_folders(files: Iterable[tuple[str, str, Callable[[], bytes]]]) -> Iterator[bytes]:
    """Pieces of a ZIP file. files: (group, file name, reader of its content); a reader may raise OSError.

    Images are stored, not compressed again. What cannot be read is listed in `missing.txt` inside.
    """
    sink = _Sink()
    taken: set[str] = set()
    missing: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
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


class _Sink(io.RawIOBase):
    """A place to write that cannot seek and forgets what was taken."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]  # typeshed: object; zipfile writes bytes
        self._held += piece
        return len(piece)

    def take(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held
