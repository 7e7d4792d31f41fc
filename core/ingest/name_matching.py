"""Matches names in tables and records to images, and reads the class in a folder's or a file's name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

_NUMBERED = re.compile(r"^\d+_(?P<cls>.+)$")


def from_folders(names: Mapping[str, str]) -> dict[str, str]:
    """Class = the name of the folder an image lies in. names: item id -> relative path."""
    found = {item: PurePosixPath(name).parent.name for item, name in names.items()}
    return {item: cls for item, cls in found.items() if cls}


def from_filenames(names: Mapping[str, str]) -> dict[str, str]:
    """Class = what follows the first underscore of `{n}_{class}.{ext}` (IC|TC); it may hold underscores."""
    matches = {item: _NUMBERED.match(PurePosixPath(name).stem) for item, name in names.items()}
    return {item: match["cls"] for item, match in matches.items() if match}


def match_names(called: Sequence[str], names: Mapping[str, str]) -> dict[str, int]:
    """Item id -> index in `called`: by the same path or, where only one on each side has it, by the same file name.

    names: item id -> path relative to what was given. A name called twice counts with its first place. A path is
    also that with blanks around it or with backslashes, unless a file is really called so.
    """
    clean = [name.strip().replace("\\", "/") for name in called]
    paths = {name: place for place, name in reversed(list(enumerate(clean)))}
    odd = {called[place]: place for place in reversed(range(len(called))) if called[place] != clean[place]}
    bases = {_base(name): place for name, place in paths.items()}
    once_called = {base for base, count in Counter(map(_base, paths)).items() if count == 1}
    once_there = {base for base, count in Counter(map(_base, names.values())).items() if count == 1}
    found: dict[str, int] = {}
    for item, name in names.items():
        base = _base(name)
        if name in odd or name in paths:
            found[item] = odd[name] if name in odd else paths[name]
        elif base in once_called and base in once_there:
            found[item] = bases[base]
    return found


def _base(name: str) -> str:
    """The file's own name. Plain text handling: path objects would take most of the time for 100,000 names."""
    return name.rstrip("/").rpartition("/")[2]
