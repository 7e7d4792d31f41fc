"""A ZIP with one folder a group, made while it is sent: nothing of it is held in memory or written to disk."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from core.export.sink import Sink
from core.export.tables import csv_pieces

_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029<>:"/|?*\\]+')
_UNSEEN = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Marks of direction: a name with them is not what it looks like."""
_FOLDER = 80
"""Letters of a folder's name."""
_BYTES = 136
"""Of a name, with room for a number behind it: folders that are encrypted (eCryptfs) take 143, all others 255."""
_TAIL = 40
"""Bytes that stay of the end of a long name: that is where names that a program made differ."""
_LONGEST_ENDING = 10
_NOTE, _MISSING, _NAMES = "README.txt", "missing.txt", "files.csv"
_RESERVED = re.compile(r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE)


def folder_name(name: str) -> str:
    """A group's name as a folder name that every system can unpack."""
    return _free_of_windows(_cut(_clean(name)[:_FOLDER], _BYTES))


def file_name(name: str) -> str:
    """A file's name in the same way, which keeps its ending however long it is."""
    stem, ending = _parts(_clean(name))
    return _free_of_windows(_shortened(stem.rstrip(" ."), _BYTES - len(ending.encode())) + ending)


def _clean(name: str) -> str:
    text = name.encode("utf-8", "replace").decode()
    return _UNSAFE.sub("_", _UNSEEN.sub("", text)).strip(" .")


def _parts(name: str) -> tuple[str, str]:
    """The name without its ending, and the ending."""
    ending = PurePosixPath(name).suffix
    return (name.removesuffix(ending), ending) if len(ending.encode()) <= _LONGEST_ENDING else (name, "")


def _free_of_windows(name: str) -> str:
    """The name, which may not be empty, end with a dot or a blank, or be a device of Windows."""
    clean = name.strip(" .")
    return f"_{clean}" if not clean or clean.startswith(".") or _RESERVED.fullmatch(clean) else clean


def _shortened(name: str, most: int) -> str:
    """A name of at most so many bytes, of which beginning and end stay."""
    raw = name.encode()
    if len(raw) <= most:
        return name
    return f"{_cut(name, most - _TAIL - 1)}~{raw[-_TAIL:].decode('utf-8', 'ignore')}"


def _cut(name: str, most: int) -> str:
    return name.encode()[:most].decode("utf-8", "ignore")


def zip_folders(files: Iterable[tuple[str, str, Callable[[], bytes]]], note: str = "") -> Iterator[bytes]:
    """Pieces of a ZIP file. files: (group, file as it was given, reader of its content); a reader may raise OSError.

    Images are stored, not compressed again. `files.csv` inside says what each file was called, with its path, and
    `missing.txt` what cannot be read. note: what the person who opens it must know, as `README.txt`; "" for none.
    """
    sink = Sink()
    taken: set[str] = set()
    folders: dict[str, str] = {}
    beside = set(map(_alike, (_NOTE, _MISSING, _NAMES)))
    held: list[tuple[str, str, str]] = []
    missing: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        if note:
            archive.writestr(_NOTE, note + "\n")
        for group, name, read in files:
            if group not in folders:  # two groups may be called alike once a system can unpack them
                folders[group] = _free("", folder_name(group), "", beside)
            try:
                content = read()
            except OSError:
                missing.append(f"{group}/{name}")
                continue
            place = _free(f"{folders[group]}/", *_parts(file_name(PurePosixPath(name).name)), taken)
            archive.writestr(place, content)
            held.append((place, name, group))
            yield sink.take()
        archive.writestr(_NAMES, b"".join(csv_pieces(("file", "image", "cluster"), held)))
        if missing:
            archive.writestr(_MISSING, "These files are not where they were:\n" + "\n".join(missing) + "\n")
    yield sink.take()


def _free(above: str, stem: str, ending: str, taken: set[str]) -> str:
    """The path, or with a number when it is taken."""
    free, number = f"{above}{stem}{ending}", 1
    while _alike(free) in taken:
        number += 1
        free = f"{above}{stem} ({number}){ending}"
    taken.add(_alike(free))
    return free


def _alike(path: str) -> str:
    """The same for names that some system takes for one: by the case of letters, or how an accent is written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
