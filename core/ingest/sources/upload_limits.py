"""How much an upload may take, and what is said where it cannot be had."""

from __future__ import annotations

import errno
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadInput
from core.ingest.sources import zip_file

_MB = 1024**2


class TooMuch(BadInput):
    """More than an upload may hold."""


class DiskFull(BadInput):
    """The disk has no room for it."""


class Unknown(BadInput):
    """There is no such upload (any more), or no such file in it."""


class OutOfStep(BadInput):
    """The bytes sent do not continue those that are here, or exceed what was announced."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an upload may take.

    Attributes:
        files: how many an upload may hold.
        image, total: bytes of one image and of all files.
        free: bytes of the disk that must stay free.
        days: how long an upload that was broken off is kept.
        seconds: how long an upload that nothing is heard of still belongs to its tab. A tab tries again every 15 s.
    """

    files: int = 100_000
    image: int = zip_file.MAX_MEMBER
    total: int = 50 * 1024 * _MB
    free: int = 2 * 1024 * _MB
    days: int = 7
    seconds: int = 60


LIMITS = Limits()


def check_space(place: Path, needed: int, keep: int) -> None:
    """Raise DiskFull where so many bytes would leave less than `keep` free. Raises OSError."""
    free = shutil.disk_usage(place).free
    if needed > free - keep:
        raise DiskFull(
            f"The disk is too full: {size_text(needed)} are needed and {size_text(free)} are free, "
            f"of which {size_text(keep)} must stay free. Make room, then go on."
        )


def size_text(amount: int) -> str:
    """Bytes as a person says them: "3 MB", "1.2 GB"."""
    return f"{amount / _MB:,.0f} MB" if amount < 1024 * _MB else f"{amount / 1024 / _MB:,.1f} GB"


def not_saved(what: str, error: OSError) -> BadInput:
    """What to raise where something could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"The disk is full: {what} could not be saved. Make room, then go on.")
    return BadInput(f"{what} could not be saved ({error.strerror or 'unknown reason'}).")
