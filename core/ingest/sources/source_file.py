"""One file that was given, wherever it lies, and why it is refused without opening it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.config import ROOT, Config
from core.errors import BadInput

SUFFIXES = frozenset(".jpg .jpeg .jpe .jfif .png .webp .gif .bmp .dib .tif .tiff .heic .heif .hif .avif .pdf".split())
READABLE = "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC and AVIF images and PDF files are read"
DEMO = ROOT / "data" / "demo"
_JUNK = {"thumbs.db", "desktop.ini"}
_ARCHIVES = frozenset(".zip .rar .7z .tar .gz .tgz .bz2 .xz .zst".split())


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
    """

    name: str
    path: Path
    member: int | None = None
    stamp: tuple[int, int] = (0, 0)
    refusal: str = ""
    url: str = ""
    part: Part | None = None


def refusal_by_name(name: str) -> str:
    """Why a file of this name is not opened, or ""."""
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") and part != ".." for part in path.parts)
    if hidden or path.name.lower() in _JUNK or "__MACOSX" in path.parts:
        return "A hidden or system file, not an image."
    suffix = path.suffix.lower()
    if suffix in _ARCHIVES:
        return f"An archive inside ({suffix}). Unpack it, then give what it holds."
    if suffix not in SUFFIXES:
        return f"Not an image ({suffix[:20] or 'no file ending'}). {READABLE}."
    return ""


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
