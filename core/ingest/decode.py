"""Turn one untrusted image file into our own upright RGB copies, inside a process that can be killed.

Runs in a worker: imports only Pillow and numpy at once, so that starting one is quick. The number of pixels is checked
before anything is decoded: a 420 KB PNG would take 1.1 GB.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError

from core.domain import ImageRow
from core.errors import BadInput, Paused
from core.ingest import pdf
from core.ingest.pixels import colour_of, look_of, upright_rgb
from core.ingest.sources.source_file import READABLE, Found
from core.ingest.sources.zip_file import read_member

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF")
THUMBNAIL_SIDE = 256
VIEW_SIDE = 1024
KINDS = ("view", "thumb")


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file that cannot be used, with one sentence that says why and what to do."""

    reason: str


def image_path(folder: Path, image_id: str, kind: str) -> Path:
    """Where the copy of an image lies below a workspace's `images` folder. kind: "thumb" (WebP) or "view" (JPEG)."""
    suffix = {"thumb": ".webp", "view": ".jpg"}[kind]
    return folder / kind / image_id[:2] / f"{image_id}{suffix}"


def prepare(file: Found, folder: Path, max_pixels: int) -> ImageRow | Unusable:
    """Read a file and write its thumbnail (256 px) and view (1024 px) below `folder`.

    Never raises for a bad file; raises Paused where the copies cannot be written.
    """
    _allow_heif()
    view = None
    try:
        with warnings.catch_warnings():
            # Pillow warns about odd metadata and large images; the first does no harm, the second is checked below.
            warnings.simplefilter("ignore")
            Image.MAX_IMAGE_PIXELS = None
            image_id, opened = _open(file, max_pixels)
            with opened as image:
                if refusal := _too_large(image, max_pixels):
                    return Unusable(refusal)
                kind, size, note = _kind(file, image), _upright_size(image), _note(image)
                view_path, thumb_path = (image_path(folder, image_id, candidate) for candidate in KINDS)
                if not (view_path.exists() and thumb_path.exists()):
                    view = _fit(upright_rgb(image, VIEW_SIDE), VIEW_SIDE, Image.Resampling.LANCZOS)
    except BadInput as error:
        return Unusable(str(error))
    except UnidentifiedImageError:
        return Unusable(f"This is not an image that can be read. {READABLE}.")
    except MemoryError:
        return Unusable("The image needs too much memory to open. Scale it down.")
    except Exception:  # noqa: BLE001  # whatever a decoder raises on a damaged file is that file's reason only
        return Unusable("The image is damaged and cannot be opened. Export it again from where it came.")
    try:
        if view is not None:
            _write(view, view_path, "JPEG", quality=92, subsampling=0)
            thumb = _fit(view, THUMBNAIL_SIDE, Image.Resampling.BICUBIC)
            _write(thumb, thumb_path, "WEBP", quality=80, method=0)
        thumb = Image.open(thumb_path, formats=("WEBP",))  # as it lies there, so that looking again finds the same
        thumb.load()
    except OSError as error:
        raise Paused(
            f"The copies of images in {folder} cannot be written ({error.strerror or 'unknown reason'}). "
            "What was saved is kept. Make room on the disk, or make that folder writable, then continue."
        ) from None
    return ImageRow(image_id, kind, *size, note, look_of(thumb), colour_of(thumb))


def _open(file: Found, max_pixels: int) -> tuple[str, Image.Image]:
    """The image's id (SHA-256 of its bytes; of its pixels inside a PDF file) and the image, not decoded yet."""
    if file.part is not None:
        image = pdf.picture(file, max_pixels)
        return hashlib.sha256(repr((image.mode, image.size)).encode() + image.tobytes()).hexdigest(), image
    try:
        content = file.path.read_bytes() if file.member is None else read_member(file.path, file.member)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise BadInput(f"The file could not be read ({reason}). Check that you may open it.") from None
    if not content:
        raise BadInput("The file is empty. Copy it again from where it came.")
    return hashlib.sha256(content).hexdigest(), Image.open(io.BytesIO(content), formats=FORMATS)


def _kind(file: Found, image: Image.Image) -> str:
    return "PDF" if file.part else "JPEG" if image.format == "MPO" else image.format or ""


def _too_large(image: Image.Image, max_pixels: int) -> str:
    if image.width * image.height <= max_pixels:
        return ""
    size = f"{image.width} x {image.height} = {image.width * image.height / 1e6:.0f} megapixels"
    return f"The image is too large ({size}; {max_pixels / 1e6:.0f} are allowed). Scale it down."


@cache
def _allow_heif() -> None:
    """Register HEIC, the format of iPhones, with Pillow (libheif, through pillow-heif)."""
    import pillow_heif

    pillow_heif.register_heif_opener()


def _note(image: Image.Image) -> str:
    """What is not shown. A camera's MPO is one picture with its depth or its brightness beside it."""
    frames = getattr(image, "n_frames", 1)
    if frames < 2 or image.format == "MPO":
        return ""
    return f"first of {frames} {'pages' if image.format == 'TIFF' else 'frames'}"


def _upright_size(image: Image.Image) -> tuple[int, int]:
    if image.format == "TIFF":  # the one format that Pillow itself turns upright
        return image.size
    sideways = image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
    return (image.height, image.width) if sideways else image.size


def _fit(image: Image.Image, side: int, by: Image.Resampling) -> Image.Image:
    """Shrink so that the longest side is at most `side`; never enlarge."""
    if max(image.size) <= side:
        return image
    fitted = image.copy()
    fitted.thumbnail((side, side), by, reducing_gap=2.0)
    return fitted


def _write(image: Image.Image, path: Path, image_format: str, **options: int) -> None:
    """Write atomically, once: the name is the content's hash, so an existing file is right already."""
    if path.exists():
        return
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
