"""What lies in the folder of all uploads, as far as it shows without reading a plan. What is in the way is passed over.

Plain text handling where there may be hundreds: path objects would take most of the time.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from core.ingest.sources import upload_plan
from core.ingest.sources.upload_plan import Stamp

ID = re.compile(r"[0-9a-f]{32}")
FINISHED, GONE = "finished", ".gone"

There = dict[str, Stamp | None]
"""The uploads that are not finished: id -> stamp of the plan, None where there is none."""


def scan(uploads: Path) -> There:
    """The folders that have the name of an upload and are not finished."""
    return {
        entry.name: upload_plan.changed(entry.path)
        for entry in entries(uploads)
        if ID.fullmatch(entry.name)
        and entry.is_dir(follow_symlinks=False)
        and not os.path.exists(f"{entry.path}/{FINISHED}")  # noqa: PTH110  # see above
    }


def latest(there: There) -> list[tuple[str, Stamp]]:
    """Those that have a plan, the latest first."""
    planned = [(name, stamp) for name, stamp in there.items() if stamp]
    return sorted(planned, key=lambda upload: upload[1], reverse=True)


def half_removed(uploads: Path) -> list[Path]:
    """What a killed removal left."""
    return [
        uploads / entry.name
        for entry in entries(uploads)
        if entry.name.endswith(GONE) and ID.fullmatch(entry.name.removesuffix(GONE))
    ]


def is_empty(folder: Path) -> bool:
    """Whether nothing came for an upload."""
    return not any(entries(folder / inside) for inside in ("files", "parts"))


def is_half_made(folder: Path) -> bool:
    """Whether a folder without a plan is what a killed announcement leaves: nothing came, nothing else lies there."""
    inside = {entry.name for entry in entries(folder)}
    return inside <= {"files", "parts", upload_plan.FRESH} and is_empty(folder)


def last_change(folder: Path) -> float:
    """When something last changed in the folder of an upload, in seconds since 1970."""
    times = [0.0]
    for entry in entries(folder):
        with suppress(OSError):
            times.append(entry.stat(follow_symlinks=False).st_mtime)
    return max(times)


def sizes(folder: Path) -> dict[str, int]:
    """The size in bytes of each file in a folder, by its name."""
    found = {}
    for entry in entries(folder):
        with suppress(OSError):
            stat = entry.stat(follow_symlinks=False)
            if S_ISREG(stat.st_mode):
                found[entry.name] = stat.st_size
    return found


def size(path: Path) -> int | None:
    """The size in bytes of a file; None where there is none, or something else such as a link."""
    try:
        stat = path.lstat()
    except OSError:
        return None
    return stat.st_size if S_ISREG(stat.st_mode) else None


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder; nothing where it is none, or has gone."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []
