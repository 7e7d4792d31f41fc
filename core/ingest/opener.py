"""The one opener of images: a file's bytes -> the picture in it that is shown, decoded.

The first bytes say what it is, and only that decoder sees it. A file that is cut off gives what of it is there. Runs in
a worker, as whatever a decoder does with an untrusted file must cost that file alone.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from core.errors import BadInput
from core.ingest.sheet import is_long
from core.ingest.sources.file_kind import kind_of, refusal_of

_LOOKED_AT = 1024
_DECODERS = {"HEIF": ("HEIF", "AVIF"), "AVIF": ("AVIF", "HEIF")}
"""Both are written under the brand mif1."""
_BY_ROWS = frozenset({"JPEG", "PNG", "GIF", "BMP", "TIFF", "PPM"})
"""Formats whose beginning can be decoded without their end."""
_ENDS_WITH_A_MARK = frozenset({"JPEG", "PNG", "GIF"})
_LEAST = 0.5
"""The share of its pixels that must be there for a file that is cut off to be used."""
_METADATA = 64 * 1024**2
"""Bytes of a text or a profile inside a PNG file: programs keep whole workflows there, and Pillow stops at 1 MB."""
_MADE_UP = b"\x2a\xb3" * 2048, b"\xd5\x4c" * 2048
"""Two ways in which a JPEG file could go on."""
_KEPT_BACK = 48
"""Rows: two of the tallest blocks, and what smooths their colours."""
_TO_SPARE = 1.5
_PLAIN = 16
"""Levels of 256 by which the pixels of an empty frame may differ."""
_FRAMES_LOOKED_AT = 64
_DNG_VERSION, _SUBFILES, _SIZE_OF_COPY, _KIND_OF_COLOUR, _MOSAIC = 50706, 330, 254, 262, 32803
_RAW_SUFFIXES = (".dng", ".nef", ".nrw", ".arw", ".cr2", ".pef", ".srw")
_NEEDS = "{} needs the part “formats” of Facetry. Add it with: python3 start.py install formats"
_DAMAGED = "The image is damaged and cannot be opened. Export it again from where it came."


@dataclass(frozen=True, slots=True)
class Opened:
    """An image that was opened.

    Attributes:
        image: the picture, decoded, not turned upright yet; smaller than in the file where that is enough.
        format: what the file is, by Pillow's word; RAW for a camera's.
        size: width and height as in the file, upright.
        note: what a person should know of how it was read, "" for nothing.
    """

    image: Image.Image
    format: str
    size: tuple[int, int]
    note: str = ""


def opened(content: bytes, suffix: str, side: int, max_pixels: int) -> Opened:
    """Open an image. Raises BadInput with one sentence where it cannot be used.

    Args:
        suffix: the ending of its name, which only tells damaged camera files from other TIFF files.
        side: how many pixels the longest side will be shown at; a camera's JPEG is decoded at half or a quarter of its
            size where that still leaves _TO_SPARE times as many, which saves most of the time.
        max_pixels: of the largest image that is decoded.
    """
    if not content:
        raise BadInput("The file is empty. Copy it again from where it came.")
    kind, start = kind_of(content[:_LOOKED_AT])
    if refusal := refusal_of(kind):
        raise BadInput(refusal)
    if kind == "PDF":
        raise BadInput("A PDF file under the name of an image. Give it the ending .pdf.")
    content = content[start:]
    if kind in _ENDS_WITH_A_MARK:
        content = content.rstrip(b"\0")  # room that was kept for what never came
    file = _File(content, kind, side, max_pixels)
    with _without_limits():
        try:
            if kind == "RAW" or (kind == "TIFF" and _is_raw(file, suffix)):
                return _preview(file)
            return _in_part(file) if (whole := _whole(file)) is None else whole
        except BadInput:
            raise
        except MemoryError:
            raise BadInput("The image needs too much memory to open. Scale it down.") from None
        except UnidentifiedImageError:
            raise BadInput(
                f"The {kind} file is damaged, or written in a way that cannot be read here. Save it as PNG or JPEG."
            ) from None
        except Exception:  # noqa: BLE001  # whatever a decoder raises on a damaged file is that file's reason only
            raise BadInput(_DAMAGED) from None


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation that is left to apply, 1 to 8; 1 where there is none, or none that can be read."""
    if image.format == "TIFF" or (image.format == "JXL" and not image.jpeg):  # type: ignore[attr-defined]
        return 1  # these decoders turn the picture themselves, but for a JPEG file inside a JPEG XL one
    with suppress(Exception):  # damaged metadata is no damage to the picture
        told = image.getexif().get(ExifTags.Base.Orientation, 1)
        return told if told in range(1, 9) else 1
    return 1


@dataclass(frozen=True, slots=True)
class _File:
    """What is to be opened; see `opened`."""

    content: bytes
    kind: str
    side: int
    max_pixels: int

    def header(self) -> Image.Image:
        """The image with its header read. Raises what Pillow does."""
        image = Image.open(io.BytesIO(self.content), formats=_DECODERS.get(self.kind, (self.kind,)))
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


def _upright_size(image: Image.Image) -> tuple[int, int]:
    return image.size if orientation_of(image) < 5 else (image.height, image.width)


def check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    """Raise BadInput for an image of more pixels than are decoded: a PNG file of 420 KB would take 1.1 GB."""
    width, height = size
    if width * height > max_pixels:
        told = f"{width} x {height} = {width * height / 1e6:.0f} megapixels"
        raise BadInput(f"The image is too large ({told}; {max_pixels / 1e6:.0f} are allowed). Scale it down.")


def _whole(file: _File) -> Opened | None:
    """The picture of a file that is whole; None where it is not, and what is there of it may do."""
    if file.kind == "JXL":
        _allow_jxl()
    if file.kind in _DECODERS:
        _allow_heif()
    try:
        image = file.header()
        size = _upright_size(image)
        file.begun(image)
        first = image.tell()  # a HEIC file says which of its images that is
        place, number = _shown_frame(image, first)
        image.seek(place)
        check_pixels(image.size, file.max_pixels)
        image.load()
    except (BadInput, MemoryError):
        raise
    except Exception:  # as in `opened`
        if file.kind in _BY_ROWS:
            return None
        raise
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    if place != first:
        size = image.size
    return Opened(image, kind, size, _frame_note(file, place if place != first else 0, number))


def _shown_frame(image: Image.Image, first: int) -> tuple[int, int]:
    """Which frame is shown, and of how many: the first that is not empty, or not much fainter than the clearest.

    Animations fade in, and begin with a blank frame; the first page of a scan may be blank.
    """
    number = 1 if image.format in ("JPEG", "MPO") else getattr(image, "n_frames", 1)  # MPO: its depth, its brightness
    if number < 2 or (contrast := _contrast(image)) > _PLAIN:
        return first, number
    contrasts = [contrast]
    with suppress(EOFError, OSError):  # a later frame that is damaged is not looked at
        for place in range(first + 1, min(number, _FRAMES_LOOKED_AT)):
            image.seek(place)
            contrasts.append(_contrast(image))
    clear = max(contrasts) / 2
    shown = next(place for place, contrast in enumerate(contrasts, start=first) if contrast >= clear)
    return (shown if max(contrasts) > _PLAIN else first), number


def _contrast(frame: Image.Image) -> float:
    """By how much the pixels differ at most, in any channel or in what can be seen through."""
    if frame.mode in ("I", "F") or frame.mode.startswith("I;"):
        low, high = frame.getextrema()
        return float(high) - float(low)  # type: ignore[arg-type]  # pairs only where there are several channels
    seen = frame.convert("RGBA").convert("RGBa")
    return max(high - low for low, high in seen.getextrema())  # type: ignore[misc]


def _frame_note(file: _File, place: int, number: int) -> str:
    what = "page" if file.kind == "TIFF" else "frame"
    if place:
        return f"{what} {place + 1} of {number}, as those before are empty"
    return f"first of {number} {what}s" if number > 1 else ""


def _in_part(file: _File) -> Opened:
    """What is there of a file that is cut off, without the rows that are not. Raises BadInput for less than half."""
    with _lenient():
        size = _upright_size(file.header())
    if file.kind == "JPEG" and _is_progressive(file.content):
        # Each scan covers the whole picture, the first one coarsely.
        return Opened(_leniently(file), file.kind, size, "the file is cut off, fine detail is missing")
    there = _rows_there(file)
    share, rows = float(there.mean()), np.flatnonzero(there)
    if share < _LEAST:
        raise BadInput(f"The file is cut off or damaged: {share:.0%} of the image can be read. Copy it again.")
    image = _leniently(file)
    first, last = int(rows[0]), int(rows[-1])
    for row in np.flatnonzero(~there[first:last]) + first:  # of an interlaced file
        above = int(rows[np.searchsorted(rows, row) - 1])
        image.paste(image.crop((0, above, image.width, above + 1)), (0, int(row)))
    part = image.crop((0, first, image.width, last + 1))
    part.info, part.format = image.info, image.format  # a crop has forgotten its format
    if share == 1 and file.kind != "JPEG":  # what is damaged lies beside the picture
        return Opened(part, file.kind, size)
    lost = f"{1 - share:.0%} of the image is missing" if share < 0.995 else "its last bytes are missing"
    return Opened(part, file.kind, size, f"the file is cut off, {lost}")


@contextmanager
def _lenient() -> Iterator[None]:
    """Let Pillow go on where something is missing or a checksum is wrong."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _leniently(file: _File, fill: int | None = None) -> Image.Image:
    """The first frame as far as it goes. fill: see `_File.begun`."""
    with _lenient():
        image = file.begun(file.header(), fill)
        image.load()
    return image


def _rows_there(file: _File) -> NDArray[np.bool_]:
    """(height,) which rows of pixels the file gives: those that come out the same whatever they were before."""
    there = _same_rows(*(_as_far_as_it_goes(file, fill) for fill in (0, 255)))
    if file.kind == "JPEG" and there.any():
        # The decoder keeps its last rows back until it sees the end; the file gives those too that come out the same
        # whatever follows.
        content = file.content.rstrip(b"\xff")  # half of a marker
        more = _same_rows(*(np.asarray(_leniently(replace(file, content=content + tail))) for tail in _MADE_UP))
        after = int(np.flatnonzero(there)[-1]) + 1
        there[after : after + _KEPT_BACK] = np.logical_and.accumulate(more[after : after + _KEPT_BACK])
    return there


def _same_rows(one: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (one == other).reshape(len(one), -1).all(axis=1)
    return same


def _as_far_as_it_goes(file: _File, fill: int) -> NDArray[np.generic]:
    if file.kind == "JPEG":  # whose decoder makes up the rest
        image = file.begun(file.header(), fill)
        with suppress(OSError):  # here the file ends
            image.load()
    else:
        image = _leniently(file, fill)
    so_far = Image.new(image.mode, image.size)
    so_far.im = image.im
    return np.asarray(so_far)


def _is_progressive(content: bytes) -> bool:
    """Whether a JPEG file is progressive with its first scan complete, as another one begins."""
    frame = content.find(b"\xff\xc2")
    return frame > 0 and content.count(b"\xff\xda", frame) > 1


def _is_raw(file: _File, suffix: str) -> bool:
    """Whether a TIFF file is a camera's RAW file: its first picture is a mosaic, or a small preview of another one."""
    try:
        tags = TiffImagePlugin.ImageFileDirectory_v2(file.content[:8])
        data = io.BytesIO(file.content)
        data.seek(tags.next)
        tags.load(data)
        if not tags:
            return suffix in _RAW_SUFFIXES
        is_preview = tags.get(_SIZE_OF_COPY) == 1 and _SUBFILES in tags
        return _DNG_VERSION in tags or tags.get(_KIND_OF_COLOUR) == _MOSAIC or is_preview
    except Exception:  # noqa: BLE001  # as in `opened`
        return suffix in _RAW_SUFFIXES


def _preview(file: _File) -> Opened:
    """The picture that a camera puts beside its raw data; these are developed where it does not. Raises BadInput."""
    try:
        import rawpy
    except ImportError:
        raise BadInput(_NEEDS.format("Camera RAW")) from None
    try:
        with rawpy.imread(io.BytesIO(file.content)) as raw:
            turn = {3: Image.Transpose.ROTATE_180, 5: Image.Transpose.ROTATE_90, 6: Image.Transpose.ROTATE_270}
            with suppress(rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
                thumb = raw.extract_thumb()
                if thumb.format is rawpy.ThumbFormat.JPEG:
                    found = opened(bytes(thumb.data), "", file.side, file.max_pixels)
                    return replace(found, format="RAW", note="the preview in the camera's file")
                image = Image.fromarray(np.asarray(thumb.data))
                image = image.transpose(turn[raw.sizes.flip]) if raw.sizes.flip in turn else image
                return Opened(image, "RAW", image.size, "the preview in the camera's file")
            check_pixels((raw.sizes.raw_width, raw.sizes.raw_height), file.max_pixels)
            image = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True))
            return Opened(image, "RAW", image.size, "developed from the camera's raw data")
    except rawpy.LibRawError:
        raise BadInput("The camera RAW file is damaged, or of a camera that is not known here.") from None


@contextmanager
def _without_limits() -> Iterator[None]:
    """Let Pillow read what it refuses by default though it is no damage: large texts and profiles beside the picture.
    The number of pixels is checked here; warnings about odd metadata say nothing to a person."""
    Image.MAX_IMAGE_PIXELS = None
    PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY = _METADATA, 4 * _METADATA
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def _allow_heif() -> None:
    """Register HEIC, the format of iPhones, with Pillow (libheif, through pillow-heif)."""
    import pillow_heif

    pillow_heif.register_heif_opener()


def _allow_jxl() -> None:
    """Register JPEG XL with Pillow (libjxl, through pillow-jxl-plugin). Raises BadInput where the part is missing."""
    try:
        import pillow_jxl  # noqa: F401  # which does it
    except ImportError:
        raise BadInput(_NEEDS.format("JPEG XL")) from None
