"""Paths as people type them."""

from __future__ import annotations

import errno
from pathlib import Path

from core.errors import BadInput


def typed_path(typed: str | Path) -> Path:
    """The path that a person typed, `~` and `~name` resolved. There need be nothing at it.

    Raises BadInput when the system cannot ask for it: an unknown `~name`, a link in a circle, longer than any path, in
    a folder that this account may not look into.
    """
    shown = str(typed)[:200].replace("\0", " ")
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
