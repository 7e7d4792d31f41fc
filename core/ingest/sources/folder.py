"""A folder on this computer -> what is in it, each file accounted for."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISLNK

from core.config import Config
from core.errors import BadInput
from core.ingest.sources.source_file import Found, check_allowed, is_allowed, natural, refusal_by_name


def scan(folder: Path, config: Config) -> list[Found]:
    """All files below `folder` in natural order (2 before 10), hidden ones too: everything given is accounted for.

    Raises BadInput when the folder is missing, not allowed, not readable or holds nothing.
    """
    if not folder.exists():
        raise BadInput(f"The folder {folder} does not exist. Check the spelling.")
    if not folder.is_dir():
        raise BadInput(f"{folder} is a file. Give a folder of images, a ZIP file or a CSV that lists images.")
    real = folder.resolve()
    check_allowed(real, config)
    found: list[Found] = []
    denied: list[str] = []
    for base, _, files in os.walk(real, onerror=lambda error: denied.append(str(error.filename))):
        inside = Path(base)
        below = "" if inside == real else inside.relative_to(real).as_posix() + "/"
        found += [_found(inside / file, below + file, config) for file in files]
    if str(real) in denied:
        raise BadInput(f"The folder {folder} could not be read. Check that you may open it.")
    if not found:
        raise BadInput(f"The folder {folder} is empty. Put images into it, or choose another.")
    return sorted(found, key=lambda file: natural(file.name))


def _found(path: Path, name: str, config: Config) -> Found:
    name = name.encode("utf-8", "replace").decode()  # not all systems' names are text
    refusal = refusal_by_name(name)
    stat = path.lstat()  # once a file: with hundreds of thousands that is most of the time
    if not refusal and S_ISLNK(stat.st_mode) and not is_allowed(path.resolve(), config):
        refusal = "A link to a place that images may not be read from."
    return Found(name, path, stamp=(stat.st_size, stat.st_mtime_ns), refusal=refusal)
