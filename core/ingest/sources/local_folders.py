"""Folders of this computer to choose from: where a person may begin, what lies in each, and how many images."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.config import Config
from core.errors import BadInput
from core.ingest.sources.file_kind import SUFFIXES
from core.ingest.sources.source_file import natural
from core.typed_path import is_text

_MOST_FOLDERS = 200
_MOST_ENTRIES, _MOST_EACH = 40_000, 5_000
"""Entries that are looked at for one list, and for one folder of it: a home may hold millions of files."""
_DRIVES = {"linux": ("/media", "/run/media", "/mnt"), "darwin": ("/Volumes",)}


@dataclass(frozen=True, slots=True)
class Count:
    """How many images are in a folder and below, by their names. whole: False where there may be more."""

    images: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder: the images in it and below, its folders with theirs, and how many folders are not listed."""

    here: Count
    folders: tuple[tuple[Path, Count], ...]
    left_out: int


def roots(config: Config) -> list[Path]:
    """Where choosing begins: FACETRY_IMAGE_ROOTS if they are set, else the home folder and the drives."""
    places = config.image_roots or (Path.home(), *_drives())
    return [place for place in dict.fromkeys(place.resolve() for place in places) if place.is_dir()]


def listing(place: Path, config: Config) -> Listing:
    """What lies in a folder. Hidden folders and links to folders are left out, as `folder.scan` does not follow links.

    Raises BadInput for a folder outside of the roots, and for one that cannot be read.
    """
    inside = _checked(place, config)
    try:
        children = [Path(entry.path) for entry in os.scandir(inside) if _is_shown(entry)]
    except OSError:
        raise BadInput(f"The folder {inside.name} could not be read. Check that you may open it.") from None
    children.sort(key=lambda child: natural(child.name))
    budget, found = _MOST_ENTRIES, []
    for child in children[:_MOST_FOLDERS]:
        count, looked_at = _count(child, min(budget, _MOST_EACH))
        budget -= looked_at
        found.append((child, count))
    return Listing(_count(inside, _MOST_EACH)[0], tuple(found), len(children) - len(found))


def trail(place: Path, config: Config) -> list[Path]:
    """From a root down to the folder, both included. Raises BadInput for a folder outside of the roots."""
    inside = _checked(place, config)
    root = max((root for root in roots(config) if inside.is_relative_to(root)), key=lambda root: len(root.parts))
    below = inside.relative_to(root).parts
    return [root.joinpath(*below[:depth]) for depth in range(len(below) + 1)]


def _checked(place: Path, config: Config) -> Path:
    inside = place.resolve()
    if not any(inside.is_relative_to(root) for root in roots(config)):
        raise BadInput("This folder is not one of those that can be chosen here.")
    return inside


def _is_shown(entry: os.DirEntry[str]) -> bool:
    try:
        return not entry.name.startswith(".") and is_text(entry.name) and entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _count(folder: Path, most: int) -> tuple[Count, int]:
    """The images of a folder and below, and how many entries were looked at: no more than `most`."""
    images = looked_at = 0
    for name in _names(folder):
        if looked_at >= most:
            return Count(images, False), looked_at
        looked_at += 1
        images += "." + name.lower().rpartition(".")[2] in SUFFIXES
    return Count(images, True), looked_at


def _names(folder: Path) -> Iterator[str]:
    """The names of everything below, broad before deep."""
    waiting = [str(folder)]
    for place in waiting:
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    yield entry.name
                    if _is_shown(entry):
                        waiting.append(entry.path)
        except OSError:  # it may not be looked into, or has gone
            continue


def _drives() -> Sequence[Path]:
    """Drives that are mounted where systems put those of people."""
    if sys.platform == "win32":
        return [drive for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if (drive := Path(f"{letter}:/")).exists()]
    found: list[Path] = []
    for place in map(Path, _DRIVES.get(sys.platform, ())):
        try:
            found += [path for path in sorted((*place.glob("*"), *place.glob("*/*"))) if os.path.ismount(path)]
        except OSError:
            continue
    return found
