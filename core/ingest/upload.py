"""Files that come through the browser: written below the workspace under safe names, then a source like any folder."""

from __future__ import annotations

import re
import secrets
import shutil
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from core.errors import BadInput

_UNSAFE = re.compile(r'[\x00-\x1f<>:"|?*\\]+')
_NAME_CHARS = 120
_CHUNK = 1024 * 1024


def new_folder(workspace: Path) -> Path:
    """A fresh folder for one upload; its name cannot be guessed."""
    folder = workspace / "uploads" / secrets.token_hex(12)
    folder.mkdir(parents=True)
    return folder


def safe_name(name: str) -> PurePosixPath:
    """A relative path that stays below its folder on every system, as near to the given name as that allows."""
    parts = [_UNSAFE.sub("_", part).strip(" ") for part in name.replace("\\", "/").split("/")]
    parts = [_shorten(part) for part in parts if part.strip(". ")]
    return PurePosixPath(*parts) if parts else PurePosixPath("unnamed")


def save(folder: Path, name: str, content: BinaryIO) -> Path:
    """Write one uploaded file below `folder`; a second file of the same name gets a number. Raises BadInput."""
    wanted = folder / safe_name(name)
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        number = 1
        target = wanted
        while True:
            try:
                with target.open("xb") as file:  # x: never over another file
                    shutil.copyfileobj(content, file, _CHUNK)
                return target
            except FileExistsError:
                number += 1
                target = wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
    except OSError as error:
        raise BadInput(f"{name} could not be saved ({error.strerror or 'unknown reason'}).") from None


def _shorten(part: str) -> str:
    if len(part) <= _NAME_CHARS:
        return part
    stem, dot, suffix = part.rpartition(".")
    return f"{stem[: _NAME_CHARS - len(suffix) - 1]}.{suffix}" if dot and len(suffix) < 10 else part[:_NAME_CHARS]
