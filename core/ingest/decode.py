"""Turn one untrusted image file into our own upright RGB copies, inside a process that can be killed.

Runs in a worker: imports only Pillow and numpy, so that starting one is quick. Measured traps are handled where they
bite: a 420 KB PNG that would take 1.1 GB (pixel count checked before decoding), 16-bit and float images that
`convert("RGB")` turns white, transparency, EXIF orientation, CMYK, colour profiles, animations.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from core.ingest.archive import read_member
from core.ingest.found import Found

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
THUMBNAIL_SIDE = 256
VIEW_SIDE = 1024
_BIT_DEPTH_TOPS = (255, 1023, 4095, 16383, 65535)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A usable image: SHA-256 of the file's bytes, format, upright size in pixels, and what was done to show it."""

    id: str
    format: str
    width: int
    height: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file that cannot be used, with one sentence that says why and what to do."""

    reason: str


def image_path(folder: Path, image_id: str, kind: str) -> Path:
    """Where the copy of an image lies below a workspace's `images` folder. kind: "thumb" (WebP) or "view" (JPEG)."""
    suffix = {"thumb": ".webp", "view": ".jpg"}[kind]
    return folder / kind / image_id[:2] / f"{image_id}{suffix}"


def prepare(file: Found, folder: Path, max_pixels: int) -> Prepared | Unusable:
    """Read a file and write its thumbnail (256 px) and view (1024 px) below `folder`. Never raises for a bad file."""
    try:
        content = file.path.read_bytes() if file.member is None else read_member(file.path, file.member)
    except OSError as error:
        return Unusable(
            f"The file could not be read ({error.strerror or 'unknown reason'}). Check that you may open it."
        )
    if not content:
        return Unusable("The file is empty. Copy it again from where it came.")
    image_id = hashlib.sha256(content).hexdigest()
    try:
        with warnings.catch_warnings():
            # Pillow warns about odd metadata and large images; the first does no harm, the second is checked below.
            warnings.simplefilter("ignore")
            Image.MAX_IMAGE_PIXELS = None
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > max_pixels:
                    size = f"{image.width} x {image.height} = {image.width * image.height / 1e6:.0f} megapixels"
                    return Unusable(
                        f"The image is too large ({size}; {max_pixels / 1e6:.0f} are allowed). Scale it down."
                    )
                known = Prepared(image_id, image.format or "", *_upright_size(image), _note(image))
                if all(image_path(folder, image_id, kind).exists() for kind in ("view", "thumb")):
                    return known
                picture = _upright_rgb(image)
    except UnidentifiedImageError:
        return Unusable("This is not an image that can be read (JPEG, PNG, WebP, GIF, BMP and TIFF can).")
    except MemoryError:
        return Unusable("The image needs too much memory to open. Scale it down.")
    except Exception:  # noqa: BLE001  # whatever a decoder raises on a damaged file is that file's reason only
        return Unusable("The image is damaged and cannot be opened. Export it again from where it came.")
    view = _fit(picture, VIEW_SIDE)
    _write(view, image_path(folder, image_id, "view"), "JPEG", quality=92, subsampling=0)
    _write(_fit(view, THUMBNAIL_SIDE), image_path(folder, image_id, "thumb"), "WEBP", quality=80, method=2)
    return known


def _note(image: Image.Image) -> str:
    frames = getattr(image, "n_frames", 1)
    return f"first of {frames} frames" if frames > 1 else ""


def _upright_size(image: Image.Image) -> tuple[int, int]:
    sideways = image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
    return (image.height, image.width) if sideways else image.size


def _upright_rgb(image: Image.Image) -> Image.Image:
    """The first frame, upright, on white, 8 bits a channel, in sRGB."""
    if image.format == "JPEG":
        # Decoding a camera's JPEG at half or a quarter of its size saves most of the time.
        image.draft(None, (VIEW_SIDE * 2, VIEW_SIDE * 2))  # None: keep the mode
    image.load()
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    if upright.mode in ("I", "F") or upright.mode.startswith("I;"):
        upright = _to_eight_bits(upright)
    if upright.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in upright.info:
        rgba = upright.convert("RGBA")
        flat = Image.new("RGBA", rgba.size, "white")
        flat.alpha_composite(rgba)
        upright = flat.convert("RGB")
    elif profile and upright.mode in ("RGB", "CMYK", "L"):
        upright = _to_srgb(upright, profile)
    return upright.convert("RGB")


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit, 32-bit and float pixels by their range; a plain conversion clips them to white.

    Integers are taken to fill the smallest common bit depth that holds them, so that an even grey stays grey.
    """
    pixels = np.asarray(image, dtype=np.float64)
    pixels = np.nan_to_num(pixels, posinf=np.nanmax(pixels[np.isfinite(pixels)], initial=0.0), neginf=0.0)
    low, high = float(pixels.min()), float(pixels.max())
    if image.mode == "F" and low >= 0 and high <= 1:
        top = 1.0
    elif low >= 0 and high <= _BIT_DEPTH_TOPS[-1]:
        top = next(float(top) for top in _BIT_DEPTH_TOPS if high <= top)
    else:
        pixels, top = pixels - low, max(high - low, 1e-9)
    return Image.fromarray(np.clip(pixels / top * 255, 0, 255).astype(np.uint8), "L")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply an embedded colour profile; a broken profile is ignored, as browsers do."""
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        if converted is not None:
            return converted
    return image


def _fit(image: Image.Image, side: int) -> Image.Image:
    """Shrink so that the longest side is at most `side`; never enlarge."""
    fitted = image.copy()
    fitted.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return fitted


def _write(image: Image.Image, path: Path, image_format: str, **options: int) -> None:
    """Write atomically, once: the name is the content's hash, so an existing file is right already."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".part")
    image.save(fresh, image_format, **options)
    fresh.replace(path)
