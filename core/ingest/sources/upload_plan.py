"""The list of what a browser announced for one upload, as the file `plan.json` in the upload's folder.

Two lines of JSON: a head that is read often (which tab announced it, and a sample of its files to know it by), and the
files. A list alone is a plan of an earlier version. What cannot be read, or has another shape, is no plan.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from stat import S_ISREG

from core.ingest.sources.file_kind import HEAD, recognised
from core.ingest.table import SUFFIXES as TABLES

NAME, FRESH = "plan.json", "plan.new"
LARGEST = 2**53
"""Sizes and times below it: what a browser's numbers hold exactly."""
LONGEST_PATH = 10_000
Stamp = tuple[int, int, int]
_MARKS = 64
_LONGEST_HEAD = 16 * 1024
_KEY = re.compile(r"[0-9a-f]{32}")
_HEAD = re.compile(rf"([0-9a-f]{{2}}){{0,{HEAD}}}")


@dataclass(frozen=True)
class Announced:
    """One file that the browser has: path relative to what was dropped, size in bytes, time of its last change (ms).

    head: its first bytes in hexadecimal figures, where its name does not say that it is an image.
    copy: 1, 2 ... for further files of the same list that are alike in all of it, and may hold something else.
    """

    path: str
    size: int
    modified: int
    head: str = field(default="", compare=False)
    copy: int = 0

    @property
    def key(self) -> str:
        """The name under which its bytes are kept."""
        said = [self.path, self.size, self.modified] + ([self.copy] if self.copy else [])
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]

    @property
    def is_zip(self) -> bool:
        return self.path.lower().endswith(".zip")

    @property
    def is_table(self) -> bool:
        return self.path.lower().endswith(TABLES)

    @cached_property
    def recognised(self) -> tuple[str, str]:
        """What it is, and why it is not wanted as an image; see `file_kind.recognised`."""
        return recognised(self.path, lambda: bytes.fromhex(self.head))


@dataclass(frozen=True, slots=True)
class Head:
    """What an upload is known by.

    Attributes:
        tab: the id of the tab that announced it, "" for an unknown one.
        marks: the keys of at most 64 of its files, those with the smallest keys. Keys are hashes, so this is a fair
            sample: the share of it that is in another list is the share of all files that is, within some percent.
    """

    tab: str
    marks: tuple[str, ...]


def announced(path: str, size: int, modified: int, head: str = "") -> Announced:
    """A file of which a browser says so. The path says nothing of where it came from (no "..", no root).

    It is only text, shown and kept, and never a place on this computer.
    """
    clean = path.encode("utf-8", "replace").decode().replace("\\", "/").replace("\0", "")
    parts = [part for part in clean.split("/") if part not in ("", ".", "..")]
    return Announced("/".join(parts) or "unnamed", size, modified, head)


def plan_of(files: Iterable[Announced]) -> dict[str, Announced]:
    """A list of files as a plan, key -> file, in the same order and as long: files that are alike get a number."""
    seen: Counter[Announced] = Counter()
    plan = {}
    for file in files:
        one = replace(file, copy=seen[file]) if seen[file] else file
        seen[file] += 1
        plan[one.key] = one
    return plan


def is_announcement(row: object) -> bool:
    """Whether this can be said of a file: path, size and time as a text and two whole numbers within bounds."""
    match row:
        case [str(path), int(size), int(modified), *head] if not (isinstance(size, bool) or isinstance(modified, bool)):
            return len(path) <= LONGEST_PATH and 0 <= size < LARGEST and abs(modified) < LARGEST and _is_head(head)
    return False


def _is_head(rest: list[object]) -> bool:
    """Whether this is nothing, or the first bytes of a file."""
    return not rest or (len(rest) == 1 and isinstance(rest[0], str) and _HEAD.fullmatch(rest[0]) is not None)


def write(folder: Path, plan: dict[str, Announced], tab: str) -> None:
    """Write the plan of an upload. After a crash, also of the whole computer, the old one is there or the new one.

    Raises OSError.
    """
    head = {"tab": tab, "marks": _marks(plan)}
    rows = [[file.path, file.size, file.modified, *([file.head] if file.head else [])] for file in plan.values()]
    fresh = folder / FRESH
    with fresh.open("w", encoding="utf-8") as file:
        file.write(f"{json.dumps(head)}\n{json.dumps(rows)}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / NAME)
    for place in (folder, folder.parent):  # the names too; not every system can
        with suppress(OSError):
            handle = os.open(place, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def read(folder: Path) -> dict[str, Announced] | None:
    """The files of an upload, key -> file, in the order announced; None where what lies there is no plan.

    Raises OSError where it cannot be read, which may pass.
    """
    content = (folder / NAME).read_bytes()
    try:
        rows = json.loads(content.decode().strip("\n").split("\n")[-1])
    except (ValueError, RecursionError):
        return None
    if not isinstance(rows, list) or not all(is_announcement(row) for row in rows):
        return None
    return plan_of(announced(*row) for row in rows)


def changed(folder: str | Path) -> Stamp | None:
    """Time, size and number of the plan's file, of which one differs when the plan does; None where there is none."""
    try:
        stat = os.stat(f"{folder}/{NAME}")  # noqa: PTH116  # a path object would take most of the time
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino) if S_ISREG(stat.st_mode) else None


@lru_cache(maxsize=4096)
def head(folder: str, stamp: Stamp) -> Head | None:
    """What an upload is known by, without reading all of its plan; None where what lies there is no plan.

    Kept in memory as long as the plan is the same (see `changed`): each announcement asks for that of every upload.
    Raises OSError where it cannot be read, which may pass.
    """
    with (Path(folder) / NAME).open("rb") as file:
        first = file.readline(_LONGEST_HEAD)
    try:
        told = json.loads(first)
    except (ValueError, RecursionError):
        told = None
    match told:
        case {"tab": str(tab), "marks": [*marks]} if all(_is_key(mark) for mark in marks):
            return Head(tab, tuple(marks))
    files = read(Path(folder))  # of an earlier version, or none
    return None if files is None else Head("", _marks(files))


def _marks(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(heapq.nsmallest(_MARKS, keys))


def _is_key(mark: object) -> bool:
    return isinstance(mark, str) and _KEY.fullmatch(mark) is not None
