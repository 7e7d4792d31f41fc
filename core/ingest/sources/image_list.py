"""A table that lists images (paths here, or addresses elsewhere) -> those images, each row accounted for."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from core.config import Config
from core.domain import folded
from core.errors import BadInput
from core.ingest.sources.file_kind import recognised
from core.ingest.sources.source_file import Found, check_allowed, is_allowed, opened_head
from core.ingest.table import image_column, read_table
from core.ingest.text import CODE_PAGES

_ADDRESS = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://")
_LOCAL = "file://"
Folders = dict[Path, dict[str, str]]
"""Folders that were looked into: a name folded -> as it is there, "" where several are folded alike."""
FETCHED = ("http://", "https://", "s3://")


def scan(path: Path, config: Config, encoding: str) -> tuple[list[Found], str, str]:
    """One entry a row, in order, how the table was read, and its code page where that was found out or given; paths are
    relative to its folder or absolute.

    Raises BadInput.
    """
    check_allowed(path.resolve(), config)
    table = read_table(path, encoding)
    listed = table[image_column(table)]
    if not listed:
        raise BadInput(f"{path.name} lists no images. Give a table with a column of image paths or addresses.")
    folders: Folders = {}
    found = [_found(path.parent, cell.strip(), row, config, folders) for row, cell in enumerate(listed, start=1)]
    return found, table.how, encoding or (table.encoding if table.encoding in CODE_PAGES else "")


def _found(folder: Path, name: str, row: int, config: Config, folders: Folders) -> Found:
    if not name:
        return Found(f"row {row}", folder, refusal="This row names no image.")
    if "\0" in name:
        return Found(name.replace("\0", " "), folder, refusal="This is not a path that can be read.")
    if _ADDRESS.match(name) and not name.lower().startswith(_LOCAL):
        known = name.lower().startswith(FETCHED)
        return Found(name, folder, refusal="" if known else f"Only {', '.join(FETCHED)} are fetched.", url=name)
    path = unquote(name[len(_LOCAL) :]) if name.lower().startswith(_LOCAL) else name.replace("\\", "/")
    try:
        place = folder / Path(path).expanduser()
        if not place.is_file():
            place = _as_here(place, folders)
        if not is_allowed(place.resolve(), config):
            return Found(name, place, refusal="Lies in a place that images may not be read from.")
        if not place.is_file():
            return Found(name, place, refusal="There is no such file. Check the path in the table.")
        stat = place.stat()
    except (OSError, RuntimeError):  # too long for a path, a link in a circle, an unknown ~user
        return Found(name, folder, refusal="This is not a path that can be read.")
    kind, refusal = recognised(path.rsplit("/")[-1], partial(opened_head, place))
    return Found(name, place, stamp=(stat.st_size, stat.st_mtime_ns), refusal=refusal, kind=kind)


def _as_here(place: Path, folders: Folders) -> Path:
    """The path as this computer spells it, where the table has other accents (NFC) or case and one file can be meant.

    Raises OSError.
    """
    here = Path(place.anchor)
    for part in place.parts[len(here.parts) :]:
        if not (here / part).exists():
            if here not in folders:
                folders[here] = {}
                for name in (entry.name for entry in here.iterdir()) if here.is_dir() else ():
                    folders[here][folded(name)] = "" if folded(name) in folders[here] else name
            part = folders[here].get(folded(part)) or part
        here /= part
    return here
