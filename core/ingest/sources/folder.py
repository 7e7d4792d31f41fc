"""A folder on this computer -> what is in it, each file accounted for."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG

from core.config import Config
from core.errors import BadInput
from core.ingest.sources.file_kind import recognised
from core.ingest.sources.source_file import Found, check_allowed, is_allowed, natural, opened_head
from core.ingest.text import NAME_PAGES, UTF_8, code_page, is_utf8
from core.typed_path import as_text, is_text


def scan(folder: Path, config: Config, encoding: str) -> tuple[list[Found], str]:
    """All files below `folder` in natural order (2 before 10), hidden ones too: everything given is accounted for.

    Linux takes any bytes for a name, such as those of a ZIP file that was unpacked as it was. Names that are not UTF-8
    are read in `encoding` or, where it is "", in the code page that fits all of them; it is returned, "" for none.

    Links to files are followed. Links to folders are not; they are listed with the reason, as are folders that may not
    be read. Raises BadInput when the folder is missing, not allowed, not readable or holds nothing.
    """
    if not folder.exists():
        raise BadInput(f"The folder {folder} does not exist. Check the spelling.")
    if not folder.is_dir():
        raise BadInput(f"{folder} is a file. Give a folder of images, a ZIP file or a CSV that lists images.")
    real = folder.resolve()
    check_allowed(real, config)
    found: list[Found] = []
    denied: list[str] = []
    for base, folders, files in os.walk(real, onerror=lambda error: denied.append(str(error.filename))):
        inside = Path(base)
        below = "" if inside == real else inside.relative_to(real).as_posix() + "/"
        links = [name for name in folders if (inside / name).is_symlink()]
        found += [_found(inside / file, below + file, config) for file in (*files, *links)]
    if str(real) in denied:
        raise BadInput(f"The folder {folder} could not be read. Check that you may open it.")
    for place in denied:
        name = Path(place).relative_to(real).as_posix()
        found.append(Found(name, Path(place), refusal="A folder that could not be read. Check that you may open it."))
    if not found:
        raise BadInput(f"The folder {folder} is empty. Put images into it, or choose another.")
    odd = [os.fsencode(part) for file in found if not is_text(file.name) for part in file.name.split("/")]
    odd = [part for part in odd if not is_utf8(part)]
    encoding = (encoding or code_page(odd, NAME_PAGES)) if odd else ""
    found = [file if is_text(file.name) else replace(file, name=_read(file.name, encoding)) for file in found]
    return sorted(found, key=lambda file: natural(file.name)), encoding


def _found(path: Path, name: str, config: Config) -> Found:
    try:
        stat = path.lstat()  # once a file: with hundreds of thousands that is most of the time
        if S_ISLNK(stat.st_mode):
            return _linked(path, name, config)
    except OSError:
        return Found(name, path, refusal="It went away while the folder was looked through.")
    stamp = (stat.st_size, stat.st_mtime_ns)
    if not S_ISREG(stat.st_mode):
        return Found(name, path, stamp=stamp, refusal="Not a file, but a pipe, a socket or a device.")
    kind, refusal = recognised(as_text(name), partial(opened_head, path))
    return Found(name, path, stamp=stamp, refusal=refusal, kind=kind)


def _read(name: str, encoding: str) -> str:
    """A path whose folders and file are UTF-8 or in this encoding."""
    parts = map(os.fsencode, name.split("/"))
    return "/".join(part.decode(UTF_8 if is_utf8(part) else encoding, "replace") for part in parts)


def _linked(path: Path, name: str, config: Config) -> Found:
    """What a link leads to; its stamp is that of the file, which may change while the link does not."""
    try:
        allowed = is_allowed(path.resolve(), config)
        stat = path.stat()
    except (OSError, RuntimeError):
        return Found(name, path, refusal="A link that leads nowhere or in a circle.")
    kind, refusal = "", ""
    if not allowed:
        refusal = "A link to a place that images may not be read from."
    elif S_ISDIR(stat.st_mode):
        refusal = "A link to a folder, which is not followed. Give that folder itself."
    elif not S_ISREG(stat.st_mode):
        refusal = "A link to a pipe, a socket or a device, not to a file."
    else:
        kind, refusal = recognised(as_text(name), partial(opened_head, path))
    stamp = (stat.st_size, stat.st_mtime_ns) if allowed else (0, 0)
    return Found(name, path, stamp=stamp, refusal=refusal, kind=kind)
