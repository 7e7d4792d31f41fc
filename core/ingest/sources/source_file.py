"""One file that was given, wherever it lies, and why it is refused without opening it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.config import ROOT, Config
from core.errors import BadInput
from core.ingest.sources.file_kind import HEAD

DEMO = ROOT / "data" / "demo"
Part = tuple[int, int]
"""Page and image in a PDF file, both from 0; an image of -1 is the whole page."""


@dataclass(frozen=True, slots=True)
class Found:
    """One file that was given.

    Attributes:
        name: path relative to what was given, with forward slashes.
        path: the file, or the archive that holds it as its member number `member`.
        part: what of a PDF file it is.
        url: where it lies when that is not on this computer (then `member` is a data set's row).
        stamp: changes when the content does (size, time).
        refusal: why it cannot be used, or "".
        kind: what its first bytes are of (file_kind.py) where its name does not say so, else "".
    """

    name: str
    path: Path
    member: int | None = None
    stamp: tuple[int, int] = (0, 0)
    refusal: str = ""
    url: str = ""
    part: Part | None = None
    kind: str = ""

    @property
    def is_pdf(self) -> bool:
        return not self.refusal and (self.kind or self.name[-4:].upper()).endswith("PDF")


def opened_head(path: Path) -> bytes:
    """The first bytes of a file on this computer, as many as tell its kind. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        return file.read(HEAD)


def is_allowed(path: Path, config: Config) -> bool:
    """Whether images may be read from here: below the roots, from one upload (never all of them), from the demo."""
    if not config.image_roots or any(path.is_relative_to(root) for root in (*config.image_roots, DEMO)):
        return True
    return config.workspace / "uploads" in path.parents


def check_allowed(path: Path, config: Config) -> None:
    """Raise BadInput for a place that images may not be read from."""
    if not is_allowed(path, config):
        allowed = ", ".join(str(root) for root in config.image_roots)
        raise BadInput(f"Images may only be read from these folders here: {allowed}.")


def natural(name: str) -> str:
    """Sort key that puts 2 before 10. One string, as all keys of a sort are held at once."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(12), name.lower())


def some_images(found: Sequence[Found], limit: int, *, spread: bool) -> tuple[Found, ...]:
    """`limit` of the files that look like images, the first ones or evenly spread over all; all files for 0."""
    if not limit:
        return tuple(found)
    images = [file for file in found if not file.refusal]
    if not spread or limit >= len(images):
        return tuple(images[:limit])
    return tuple(images[place * len(images) // limit] for place in range(limit))
