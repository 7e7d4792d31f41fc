"""One folder that holds everything of one installation: the database and the copies of the images."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path

from core.config import Config, config
from core.errors import WorkspaceUnavailable
from core.ingest import scratch
from core.ingest.decode import image_path
from core.store import Store

_TOKEN_CHARS = 64
_IMAGE_ID = re.compile(r"^[0-9a-f]{64}$")


class Workspace:
    """Paths and store of one workspace folder. One a process; passed to whoever needs it."""

    def __init__(self, settings: Config | None = None) -> None:
        """Open (or make) the workspace. Raises WorkspaceUnavailable when another process has it open."""
        self.config = settings or config()
        self.folder = self.config.workspace
        self.copies = self.folder / "images"
        self.store = Store(self.folder)
        scratch.opened(self.folder)
        try:
            self.token = _token(self.folder / "token")
        except OSError as error:
            self.store.close()
            raise WorkspaceUnavailable(
                f"The workspace {self.folder} cannot be used: token cannot be written "
                f"({error.strerror or 'unknown reason'}). Make room on the disk, then try again."
            ) from None

    def image(self, image_id: str, kind: str) -> Path:
        """Our own copy of an image; kind is "thumb" (WebP, 256 px) or "view" (JPEG, 1024 px).

        Raises ValueError for an id that is not one of ours, so that no other path can be formed from it.
        """
        if not _IMAGE_ID.match(image_id):
            raise ValueError("not an image id")
        return image_path(self.copies, image_id, kind)

    def close(self) -> None:
        self.store.close()
        scratch.closed(self.folder)


def _token(place: Path) -> str:
    """The secret that our pages send with requests. It is made once, so that open pages work after a restart, but anew
    where the file is not ours alone: others may know it, or have put it there."""
    token = place.read_text(encoding="ascii", errors="replace") if _is_ours_alone(place) else ""
    if not re.fullmatch(rf"[0-9a-f]{{{_TOKEN_CHARS}}}", token):  # a crash may have cut it; empty, it would admit anyone
        token = secrets.token_hex(_TOKEN_CHARS // 2)
        place.unlink(missing_ok=True)
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token)
    return token


def _is_ours_alone(place: Path) -> bool:
    """Whether a file is there that no other account owns, reads or writes (Windows has other rights than these)."""
    try:
        found = place.lstat()
    except FileNotFoundError:
        return False
    is_ours = os.name == "nt" or (found.st_uid == os.geteuid() and not found.st_mode & 0o077)
    return stat.S_ISREG(found.st_mode) and is_ours
