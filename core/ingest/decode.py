"""Turn one untrusted image file into our own upright RGB copies, inside a process that can be killed.

Runs in a worker: imports only Pillow and numpy at once, so that starting one is quick.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from core.domain import ImageRow
from core.errors import BadInput, Paused
from core.ingest import pdf
from core.ingest.image_file import Opened
from core.ingest.opener import opened
from core.ingest.pixels import colour_of, look_of, upright_rgb
from core.ingest.sheet import SIDE as SHEET_SIDE
from core.ingest.sheet import as_sheet, is_long
from core.ingest.sources.source_file import Found
from core.ingest.sources.zip_file import read_member

THUMBNAIL_SIDE = 256
VIEW_SIDE = 1024
KINDS = ("view", "thumb")
_WIDEST = 2**31
_SAID = 0x010E
"""The EXIF tag (ImageDescription) of our thumbnails that holds what the image was: format, width, height, note."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file that cannot be used, with one sentence that says why and what to do."""

    reason: str


def image_path(folder: Path, image_id: str, kind: str) -> Path:
    """Where the copy of an image lies below a workspace's `images` folder. kind: "thumb" (WebP) or "view" (JPEG)."""
    suffix = {"thumb": ".webp", "view": ".jpg"}[kind]
    return folder / kind / image_id[:2] / f"{image_id}{suffix}"


def prepare(file: Found, folder: Path, max_pixels: int) -> ImageRow | Unusable:
    """Read a file and write its thumbnail (256 px) and view (1024 px, of a very long image 2048) below `folder`.

    Never raises for a bad file; raises Paused where the copies cannot be written.
    """
    try:
        image_id, read = _identified(file, max_pixels)
        if known := looked_at(image_id, folder):
            return known
        found = read()
        view, note = _view(found)
    except BadInput as error:
        return Unusable(str(error))
    except MemoryError:
        return Unusable("The image needs too much memory to open. Scale it down.")
    return keep_copies(view, ImageRow(image_id, found.format, *found.size, note), folder)


def keep_copies(view: Image.Image, about: ImageRow, folder: Path) -> ImageRow:
    """Write an image's two copies below `folder`; `about` with the look and the colour of what was written. Raises
    Paused where they cannot be written."""
    view_path, thumb_path = (image_path(folder, about.id, kind) for kind in KINDS)
    exif = Image.Exif()
    exif[_SAID] = json.dumps([about.format, about.width, about.height, about.note])
    try:
        _write(view, view_path, "JPEG", quality=92, subsampling=0)
        thumb = _fit(view, THUMBNAIL_SIDE, Image.Resampling.BICUBIC)
        _write(thumb, thumb_path, "WEBP", quality=80, method=0, exif=exif)
        with Image.open(thumb_path, formats=("WEBP",)) as thumb:  # so that looking again finds the same
            return replace(about, look=look_of(thumb), colour=colour_of(thumb))
    except OSError as error:
        raise Paused(
            f"The copies of images in {folder} cannot be written ({error.strerror or 'unknown reason'}). "
            "What was saved is kept. Make room on the disk, or make that folder writable, then continue."
        ) from None


def looked_at(image_id: str, folder: Path) -> ImageRow | None:
    """What an earlier look found of an image whose copies are both below `folder`; None where it must be looked at."""
    view_path, thumb_path = (image_path(folder, image_id, kind) for kind in KINDS)
    return _looked_at(image_id, thumb_path) if view_path.exists() else None


def _looked_at(image_id: str, thumb_path: Path) -> ImageRow | None:
    """What an earlier look found, by the thumbnail that it left; None where there is none that says so."""
    with suppress(Exception), Image.open(thumb_path, formats=("WEBP",)) as thumb:  # one of before, or not ours
        match json.loads(thumb.getexif()[_SAID]):
            case [str(kind), int(width), int(height), str(note)] if (kind + note).isascii():
                if 0 < min(width, height) <= max(width, height) < _WIDEST:
                    return ImageRow(image_id, kind, width, height, note, look_of(thumb), colour_of(thumb))
    return None


def _view(found: Opened) -> tuple[Image.Image, str]:
    """The image as it is shown large, and all that is to be noted of it."""
    shown = upright_rgb(found.image)
    if not is_long(shown.size):
        shown.info["comment"] = shown.info["comment"] or found.comment
        return _fit(shown, VIEW_SIDE, Image.Resampling.LANCZOS), found.note
    sheet, note = as_sheet(shown)
    return _fit(sheet, SHEET_SIDE, Image.Resampling.LANCZOS), "; ".join(filter(None, (found.note, note)))


def _identified(file: Found, max_pixels: int) -> tuple[str, Callable[[], Opened]]:
    """The image's id (SHA-256 of its bytes; of its pixels inside a PDF file) and what opens it. Both raise BadInput."""
    if file.part is not None:
        image = pdf.picture(file, max_pixels)
        found = Opened(image, "PDF", image.size, comment=pdf.comment(file))
        return hashlib.sha256(repr((image.mode, image.size)).encode() + image.tobytes()).hexdigest(), lambda: found
    try:
        content = file.path.read_bytes() if file.member is None else read_member(file.path, file.member)
    except OSError as error:
        if file.member is not None and not error.errno:
            raise BadInput("It is damaged in the ZIP file. Make the ZIP file again.") from None
        reason = error.strerror or "unknown reason"
        raise BadInput(f"The file could not be read ({reason}). Check that you may open it.") from None
    suffix = PurePosixPath(file.name).suffix.lower()
    return hashlib.sha256(content).hexdigest(), partial(opened, content, suffix, VIEW_SIDE, max_pixels)


def _fit(image: Image.Image, side: int, by: Image.Resampling) -> Image.Image:
    """Shrink so that the longest side is at most `side`; never enlarge."""
    if max(image.size) <= side:
        return image
    fitted = image.copy()
    fitted.thumbnail((side, side), by, reducing_gap=2.0)
    return fitted


def _write(image: Image.Image, path: Path, image_format: str, **options: Any) -> None:
    """Write atomically; what is there is of an earlier version, or the same."""
    fresh = path.with_suffix(f".{secrets.token_hex(4)}.part")  # two runs may look at the same image
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        image.save(fresh, image_format, **options)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def limit_memory(memory: int) -> None:
    """Cap a worker's address space, where the system knows how (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
