"""Paths and words as people type them."""

from __future__ import annotations

import errno
from pathlib import Path

from core.errors import BadInput


def typed_path(typed: str | Path) -> Path:
    """The path that a person typed, `~` and `~name` resolved. There need be nothing at it.

    Raises BadInput when the system cannot ask for it: an unknown `~name`, a link in a circle, longer than any path, in
    a folder that this account may not look into.
    """
    shown = as_text(str(typed)[:200].replace("\0", " "))
    try:
        path = Path(typed).expanduser()
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return path
    except PermissionError:
        raise BadInput(f"{shown} lies in a folder that this account may not look into.") from None
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL):
            raise BadInput(f"{shown} cannot be read ({error.strerror or 'unknown reason'}).") from None
        raise BadInput(f"{shown} is not a path that can be read. Check the spelling.") from None
    return path


def kept_path(path: Path) -> str:
    """The path as it is kept: from the root, links followed.

    Raises BadInput where the name of a file or folder is no text, as it may be on Linux: it could not be kept.
    """
    place = str(path.resolve())
    if not is_text(place):
        raise BadInput(f"{as_text(place)} has a name that is no text in UTF-8. Rename the file or folder.")
    return place


def is_text(words: str) -> bool:
    """Whether this can be kept and shown: names of files and words of a command line may be any bytes."""
    return as_text(words) == words


def as_text(words: str) -> str:
    """The words with a question mark for each byte that is no text."""
    return words.encode("utf-8", "replace").decode()
