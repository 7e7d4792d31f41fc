"""Why a database cannot be opened: what a person can mend gets a sentence; only the rest is damage."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import duckdb

from core.errors import FacetryError, WorkspaceUnavailable
from core.store import schema
from core.typed_path import as_text, is_text

Reason = Literal["locked", "memory", "full", "denied", "disk", "newer"]
_WORDS: Mapping[Reason, Sequence[str]] = {
    "locked": ("could not set lock", "already open", "being used by another process"),
    "memory": (
        "out of memory",
        "failed to allocate",
        "could not allocate",
        "cannot allocate",
        "unable to allocate",
        "bad_alloc",
        "not enough memory",
        "start thread",
        "create thread",
    ),
    "full": ("no space left", "disk quota", "not enough space", "file too large"),
    "denied": ("permission denied", "read-only file system", "operation not permitted", "access is denied"),
    "disk": ("input/output error", "too many open files", "stale file handle", "host is down"),
    "newer": ("storage version number", "serialization version"),
}


def check_access(folder: Path, database: Path) -> None:
    """Raise WorkspaceUnavailable where the workspace cannot be a folder or cannot be read and written by this user."""
    if not is_text(str(folder)):
        raise WorkspaceUnavailable(
            f"{as_text(str(folder))} cannot be a workspace: its path is no text in UTF-8. Give another folder."
        )
    if "?" in str(folder) or ("\\" in str(folder) and os.sep != "\\"):
        raise WorkspaceUnavailable(
            f"{folder} cannot be a workspace: its path has a “?” or “\\” in it. Give another folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # other accounts have no business in a new one
    except (FileExistsError, NotADirectoryError):
        raise WorkspaceUnavailable(
            f"{folder} is not a folder, so it cannot be a workspace. Give another one."
        ) from None
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise WorkspaceUnavailable(f"The workspace {folder} cannot be made ({reason}). Give another folder.") from None
    for place in (folder, *database.parent.glob(f"{database.name}*")):
        if place != folder and place.is_dir():
            raise WorkspaceUnavailable(
                f"{place} is a folder, where a database should be. Move it, or give another workspace."
            )
        if not os.access(place, os.R_OK | os.W_OK) or (place.is_dir() and not os.access(place, os.X_OK)):
            raise denied(folder, place)


def denied(folder: Path, place: Path) -> WorkspaceUnavailable:
    return WorkspaceUnavailable(
        f"The workspace {folder} cannot be used: {place.name} may not be read or written by this user. "
        "Nothing was changed. Give this user the right to write there, or choose another workspace folder."
    )


def check_version(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Raise WorkspaceUnavailable for a database of a newer Facetry, before anything is changed in it."""
    if schema.version(connection) > max(schema.scripts()):
        raise newer(folder)


def newer(folder: Path) -> WorkspaceUnavailable:
    return WorkspaceUnavailable(
        f"The workspace {folder} was made by a newer version of Facetry. Nothing was changed. "
        "Open it with that version, or choose another workspace folder."
    )


def reason(error: BaseException) -> Reason | None:
    """What in this computer is at fault; None for damage, or for what cannot be told from it."""
    said = re.sub(r'"[^"]*"', "", str(error)).lower()  # without names of files, which may be anything
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return "memory"
    return next((reason for reason, words in _WORDS.items() if any(word in said for word in words)), None)


def explained(error: BaseException, folder: Path) -> FacetryError | None:
    """The sentence for an error that is no damage; None for damage, or for what cannot be told from it."""
    if isinstance(error, FacetryError):
        return error
    why = reason(error)
    if why == "locked":
        return WorkspaceUnavailable(
            f"The workspace {folder} is open in another Facetry window or command. "
            "Close that one, or choose another workspace folder."
        )
    if why == "memory":
        return WorkspaceUnavailable(
            f"There is too little free memory to open the workspace {folder}. Nothing was changed. "
            "Close other programs, then try again."
        )
    if why == "full":
        return WorkspaceUnavailable(
            f"The disk is too full to open the workspace {folder}. Nothing was changed. Make room, then try again."
        )
    if why == "denied":
        return denied(folder, folder / "facetry.duckdb")
    if why == "disk":
        return WorkspaceUnavailable(
            f"The disk that holds the workspace {folder} does not answer as it should ({first_line(error)}). "
            "Nothing was changed. Check the disk, then try again."
        )
    return newer(folder) if why == "newer" else None


def first_line(error: BaseException) -> str:
    return str(error).splitlines()[0][:200]
