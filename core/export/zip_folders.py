"""A ZIP with one folder a group, made while it is sent: nothing of it is held in memory or written to disk."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from core.export.sink import Sink

_UNSAFE = re.compile(r'[\x00-\x1f<>:"/|?*\\]+')
_LONGEST = 80, 200
"""Letters and bytes of a name: systems allow 255 bytes."""
_LONGEST_ENDING = 10
_OURS = ("README.txt", "missing.txt")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)


def folder_name(name: str) -> str:
    """A group's name as a folder name that every system can unpack."""
    clean = _cut(_UNSAFE.sub("_", name).strip(" .")).rstrip(" .")
    return f"_{clean}" if not clean or _RESERVED.match(clean) else clean


def file_name(name: str) -> str:
    """A file's name in the same way, which keeps its ending however long it is."""
    clean = _UNSAFE.sub("_", name).strip(" .")
    ending = PurePosixPath(clean).suffix
    if len(ending) > _LONGEST_ENDING:
        ending = ""
    return folder_name(_cut(clean.removesuffix(ending), len(ending.encode())) + ending)


def _cut(name: str, less: int = 0) -> str:
    letters, most = (number - less for number in _LONGEST)
    return name[:letters].encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def zip_folders(files: Iterable[tuple[str, str, Callable[[], bytes]]], note: str = "") -> Iterator[bytes]:
    """Pieces of a ZIP file. files: (group, file name, reader of its content); a reader may raise OSError.

    Images are stored, not compressed again. What cannot be read is listed in `missing.txt` inside. note: what the
    person who opens it must know, as `README.txt`; "" for none.
    """
    sink = Sink()
    taken: set[str] = set()
    folders: dict[str, str] = {}
    beside = set(map(_alike, _OURS))
    missing: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        if note:
            archive.writestr(_OURS[0], note + "\n")
        for group, name, read in files:
            if group not in folders:  # two groups may be called alike once a system can unpack them
                folders[group] = _free(folder_name(group), beside)
            try:
                content = read()
            except OSError:
                missing.append(f"{group}/{name}")
                continue
            archive.writestr(_free(f"{folders[group]}/{file_name(PurePosixPath(name).name)}", taken), content)
            yield sink.take()
        if missing:
            archive.writestr(_OURS[1], "These files are not where they were:\n" + "\n".join(missing) + "\n")
    yield sink.take()


def _free(path: str, taken: set[str]) -> str:
    """The path, or with a number when it is taken."""
    stem, dot, suffix = path.rpartition(".")
    free, number = path, 1
    while _alike(free) in taken:
        number += 1
        free = f"{stem} ({number}){dot}{suffix}" if dot else f"{path} ({number})"
    taken.add(_alike(free))
    return free


def _alike(path: str) -> str:
    """The same for names that some system takes for one: by the case of letters, or how an accent is written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
