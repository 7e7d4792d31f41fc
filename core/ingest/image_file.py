"""One file to be opened as an image: its header, what makes it ready to be decoded, and what has become of it."""

from __future__ import annotations

import io
import math
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from PIL import ExifTags, Image

from core.errors import BadInput
from core.ingest.sheet import is_long

DECODERS = {"HEIF": ("HEIF", "AVIF"), "AVIF": ("AVIF", "HEIF")}
"""Both are written under the brand mif1."""
NEEDS = "{} needs the part “formats” of Facetry. Add it with: python3 start.py install formats"
_TO_SPARE = 1.5


@dataclass(frozen=True, slots=True)
class Opened:
    """An image that was opened.

    Attributes:
        image: the picture, decoded, not turned upright yet; smaller than in the file where that is enough.
        format: what the file is, by Pillow's word; RAW for a camera's.
        size: width and height as in the file, upright.
        note: what a person should know of how it was read, "" for nothing.
        comment: what its view is to tell of itself (view_comment.py) that its pixels do not.
    """

    image: Image.Image
    format: str
    size: tuple[int, int]
    note: str = ""
    comment: bytes = b""


@dataclass(frozen=True, slots=True)
class File:
    """What is to be opened; see `opened`."""

    content: bytes
    kind: str
    side: int
    max_pixels: int

    def header(self) -> Image.Image:
        """The image with its header read. Raises what Pillow does."""
        image = Image.open(io.BytesIO(self.content), formats=DECODERS.get(self.kind, (self.kind,)))
        check_pixels(image.size, self.max_pixels)
        return image

    def begun(self, image: Image.Image, fill: int | None = None) -> Image.Image:
        """The image ready to be decoded. fill: what each pixel is before it is."""
        if self.kind == "JPEG" and not is_long(image.size):
            share = _TO_SPARE * self.side / max(image.size)
            image.draft(None, (math.ceil(image.width * share), math.ceil(image.height * share)))  # None keeps the mode
        if fill is not None:
            image.load_prepare()  # type: ignore[attr-defined]  # an image of a file has it
            image.im = Image.new(image.mode, image.size, (fill,) * len(image.getbands())).im
        return image


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as the image is shown."""
    return image.size if orientation_of(image) < 5 else (image.height, image.width)


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation that is left to apply, 1 to 8; 1 where there is none, or none that can be read."""
    if image.format == "TIFF" or (image.format == "JXL" and not image.jpeg):  # type: ignore[attr-defined]
        return 1  # these decoders turn the picture themselves, but for a JPEG file inside a JPEG XL one
    with suppress(Exception):  # damaged metadata is no damage to the picture
        told = image.getexif().get(ExifTags.Base.Orientation, 1)
        return told if told in range(1, 9) else 1
    return 1


def check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    """Raise BadInput for an image of more pixels than are decoded: a PNG file of 420 KB would take 1.1 GB."""
    width, height = size
    if width * height > max_pixels:
        told = f"{width} x {height} = {width * height / 1e6:.0f} megapixels"
        raise BadInput(f"The image is too large ({told}; {max_pixels / 1e6:.0f} are allowed). Scale it down.")


@cache
def allow_heif() -> None:
    """Register HEIC, the format of iPhones, with Pillow (libheif, through pillow-heif)."""
    import pillow_heif

    pillow_heif.register_heif_opener()


def allow_jxl() -> None:
    """Register JPEG XL with Pillow (libjxl, through pillow-jxl-plugin). Raises BadInput where the part is missing."""
    try:
        import pillow_jxl  # noqa: F401  # which does it
    except ImportError:
        raise BadInput(NEEDS.format("JPEG XL")) from None
