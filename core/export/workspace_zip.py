"""A whole workspace as one ZIP file, and back: everything that was asked, answered and decided, on another machine.

Inside lies what lies in a workspace folder: `backup/*.parquet` (every table) and `images/` (our copies and thumbnails).
Originals stay where they are, and so do uploads and keys. What is opened may come from anybody: only members of exactly
these names are read, each to a place that is made from the name's own parts, and copies must be what ours are.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

from PIL import Image

from core.config import Config
from core.errors import BadInput
from core.export.sink import Sink
from core.ingest import scratch, sheet
from core.ingest.decode import THUMBNAIL_SIDE
from core.store import Store
from core.workspace import Workspace

_ABOUT = "facetry.json"
_FORMAT = 1
_TABLE = re.compile(r"backup/[a-z_]+(-all)?\.parquet")
_COPY = re.compile(r"images/(thumb|view)/([0-9a-f]{2})/\2[0-9a-f]{62}\.(webp|jpg)")
_SIDES = {"thumb": ("WEBP", THUMBNAIL_SIDE), "view": ("JPEG", sheet.SIDE)}
_PIECE = 1024**2


def pack(workspace: Workspace) -> Iterator[bytes]:
    """The workspace as a ZIP file, in pieces. The tables are all as of the moment when this is first asked for more.

    Close it when the rest is not wanted: it holds a copy of the tables. Raises BadInput, at first, where there is no
    room for that, and OSError.
    """
    sink = Sink()
    with (
        scratch.below(workspace.folder, "packing") as folder,
        zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive,
    ):
        workspace.store.snapshot(folder)
        archive.writestr(_ABOUT, json.dumps({"what": "a Facetry workspace", "format": _FORMAT}) + "\n")
        for path in sorted(folder.iterdir()):
            with path.open("rb") as file:
                yield from _add(archive, sink, f"backup/{path.name}", file)
        for image in workspace.store.datasets.image_ids():
            for kind in _SIDES:
                path = workspace.image(image, kind)
                with suppress(FileNotFoundError), path.open("rb") as file:
                    yield from _add(archive, sink, path.relative_to(workspace.folder).as_posix(), file)
    yield sink.take()


def _add(archive: zipfile.ZipFile, sink: Sink, name: str, file: IO[bytes]) -> Iterator[bytes]:
    with archive.open(name, "w", force_zip64=True) as member:
        while piece := file.read(_PIECE):
            member.write(piece)
            yield sink.take()


def unpack(file: Path, config: Config) -> None:
    """Make the workspace `config.workspace` from what `pack` made. Raises BadInput, and then leaves nothing behind."""
    folder = config.workspace
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} is in use already. Give a new or empty folder (--workspace DIR).")
    try:
        with zipfile.ZipFile(file) as archive:
            _check(file.name, archive, folder)
            with scratch.beside(folder, "unpacking") as fresh:
                _fill(fresh, archive)
                if folder.exists():
                    folder.rmdir()
                scratch.release(fresh)
                fresh.rename(folder)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadInput(f"{file.name} is not a packed workspace, or it is damaged ({error}).") from None
    except OSError as error:
        raise BadInput(f"{file} could not be unpacked ({error.strerror or 'unknown reason'}).") from None


def _fill(fresh: Path, archive: zipfile.ZipFile) -> None:
    """Write all that is in the archive, which was checked, and make the database of its tables."""
    with closing(Store(fresh)) as store:  # before there are copies, which it would take for those of a lost database
        for member in archive.infolist():
            _write(archive, member, fresh)
        store.load(fresh / "backup")


def _check(name: str, archive: zipfile.ZipFile, folder: Path) -> None:
    """Raise BadInput unless everything inside is what `pack` writes, and there is room for it."""
    members = archive.infolist()
    if _ABOUT not in archive.namelist():
        raise BadInput(f"{name} is not a packed workspace. Make one with: python -m core pack --out FILE.zip")
    for member in members:
        if member.filename != _ABOUT and not _TABLE.fullmatch(member.filename) and not _COPY.fullmatch(member.filename):
            raise BadInput(f"{name} holds something that is not part of a workspace: {member.filename!r}.")
        if member.compress_type != zipfile.ZIP_STORED:
            raise BadInput(f"{name} was packed again by another program; unpack the file that Facetry made.")
    try:
        about = json.loads(archive.read(_ABOUT))
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict) or about.get("format") != _FORMAT:
        raise BadInput(
            f"{name} was packed by another version of Facetry. Use that version, or pack it again with this."
        )
    there = next(place for place in folder.parents if place.exists())
    needed = sum(member.file_size for member in members)
    if needed > shutil.disk_usage(there).free:
        raise BadInput(f"{name} needs {needed / 1024**3:.1f} GB, which {there} does not have room for.")


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    """Write one member below the folder. Its name was checked: nothing in it can lead elsewhere."""
    place = folder / member.filename
    place.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, place.open("wb") as target:
        shutil.copyfileobj(source, target, _PIECE)
    if match := _COPY.fullmatch(member.filename):
        kind, side = _SIDES[match[1]]
        try:
            with Image.open(
                place, formats=[kind]
            ) as image:  # reads the head only; models open these copies as they are
                fits = max(image.size) <= side
        except (OSError, Image.DecompressionBombError):
            fits = False
        if not fits:
            raise BadInput(f"{member.filename} in the archive is not a copy that Facetry made.")
