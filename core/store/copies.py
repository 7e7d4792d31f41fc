"""The safety copies: Parquet files of all tables, a folder a generation, made whenever a step has finished.

A generation is complete: what has not changed is linked from the one before. It appears by a rename, so a crash leaves
no half of one. The last three are kept, and the one that holds most: a database that lost something cannot push out
the copies that still have it. Earlier versions kept one generation, flat in `backup/`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_KEPT = 3
_ABOUT = "about.json"


@dataclass(frozen=True, slots=True)
class Copy:
    """One file of a generation. digest: SHA-256 of its content, or "" where it was not kept (earlier versions)."""

    path: Path
    digest: str
    rows: int

    @property
    def is_intact(self) -> bool:
        """Whether the file is what was written. Reads all of it."""
        try:
            return not self.digest or _digest(self.path) == self.digest
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class Generation:
    """The tables as they were at one moment. files: name without ending -> its file."""

    number: int
    files: dict[str, Copy]

    @property
    def rows(self) -> int:
        """How much it holds."""
        return sum(copy.rows for copy in self.files.values())

    def of_table(self, table: str) -> dict[str, Copy]:
        """The files that hold a table: one, or several parts."""
        return {name: copy for name, copy in self.files.items() if name.partition("-")[0] == table}


class Copies:
    """The generations in one folder. count: the number of rows in a Parquet file, where no list says it."""

    def __init__(self, folder: Path, count: Callable[[Path], int] = lambda _: 0) -> None:
        self.folder = folder
        self._count = count

    def generations(self) -> list[Generation]:
        """All of them, the newest first; what an earlier version left is the oldest."""
        numbered = sorted((path for path in self.folder.glob("[0-9]*") if path.name.isdecimal()), reverse=True)
        flat = self._unlisted(self.folder)
        return [self._read(path) for path in numbered] + ([Generation(0, flat)] if flat else [])

    def write(self, changed: Iterable[tuple[str, Callable[[Path], int]]]) -> None:
        """Make a new generation of the newest one and `changed`: (name without ending, what writes that file and
        returns its number of rows). Raises OSError, and whatever they raise; then everything is as it was."""
        known = self.generations()
        number = known[0].number + 1 if known else 1
        fresh = self.folder / f"{number:06d}.{secrets.token_hex(4)}.part"
        fresh.mkdir(parents=True)
        try:
            # The newest of each; one that somebody removed may still be in an older generation.
            files = {name: copy for generation in reversed(known) for name, copy in generation.files.items()}
            written: dict[str, Copy] = {}
            for name, write in changed:
                path = fresh / f"{name}.parquet"
                rows = write(path)
                sync(path)
                written[name] = Copy(path, _digest(path), rows)
            for name, copy in files.items():
                if name not in written:
                    with suppress(FileNotFoundError):  # removed just now
                        link(copy.path, fresh / copy.path.name)
            _write_about(fresh, files | written)
            fresh.rename(self.folder / f"{number:06d}")
            sync(self.folder)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        self._forget_old()

    def clear_up(self) -> None:
        """Remove what a process left that was killed while it copied."""
        for part in self.folder.glob("*.part"):
            shutil.rmtree(part, ignore_errors=True) if part.is_dir() else part.unlink(missing_ok=True)

    def _read(self, folder: Path) -> Generation:
        """A generation as it lies there: its files, with what the list says of them."""
        there = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
        try:
            about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            listed = {name: (digest, rows) for name, digest, rows in about if _is_line(name, digest, rows)}
        except (OSError, ValueError, TypeError, RecursionError):
            listed = {}
        files = {
            name: Copy(path, *listed[name]) if name in listed else Copy(path, "", self._count(path))
            for name, path in there.items()
        }
        return Generation(int(folder.name), files)

    def _unlisted(self, folder: Path) -> dict[str, Copy]:
        return {path.stem: Copy(path, "", self._count(path)) for path in sorted(folder.glob("*.parquet"))}

    def _forget_old(self) -> None:
        known = self.generations()
        fullest = max(known, key=lambda generation: (generation.rows, generation.number))
        for generation in known[_KEPT:]:
            if generation is fullest:
                continue
            if generation.number:
                shutil.rmtree(self.folder / f"{generation.number:06d}", ignore_errors=True)
            else:
                for copy in generation.files.values():
                    copy.path.unlink(missing_ok=True)


def _is_line(name: object, digest: object, rows: object) -> bool:
    return isinstance(name, str) and isinstance(digest, str) and isinstance(rows, int)


def _write_about(folder: Path, files: dict[str, Copy]) -> None:
    place = folder / _ABOUT
    rows = [[name, copy.digest, copy.rows] for name, copy in sorted(files.items())]
    place.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")
    sync(place)


def link(source: Path, target: Path) -> None:
    real = source.resolve()  # of a link, what it leads to
    try:
        os.link(real, target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links, or another one
        shutil.copyfile(real, target)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Have the system write a file or folder to the disk now, as far as it can."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:  # folders cannot be opened everywhere
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
