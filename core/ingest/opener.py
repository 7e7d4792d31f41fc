"""The one opener of images: a file's bytes -> the picture in it that is shown, decoded.

The first bytes say what it is, and only that decoder sees it. A file that is cut off gives what of it is there. Runs in
a worker, as whatever a decoder does with an untrusted file must cost that file alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from PIL import Image, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from core.errors import BadInput
from core.ingest import camera_raw
from core.ingest.cut_off import BY_ROWS, in_part
from core.ingest.image_file import DECODERS, File, Opened, allow_heif, allow_jxl, check_pixels, upright_size
from core.ingest.sources.file_kind import kind_of, refusal_of

_LOOKED_AT = 1024
_ENDS_WITH_A_MARK = frozenset({"JPEG", "PNG", "GIF"})
_METADATA = 64 * 1024**2
"""Bytes of a text or a profile inside a PNG file: programs keep whole workflows there, and Pillow stops at 1 MB."""
_PLAIN = 16
"""Levels of 256 by which the pixels of an empty frame may differ."""
_FRAMES_LOOKED_AT = 64
_KIND_OF_PAGE, _SMALLER_COPY = 254, 1
_DAMAGED = "The image is damaged and cannot be opened. Export it again from where it came."


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
    file = File(content, kind, side, max_pixels)
    with _without_limits():
        try:
            if kind == "RAW" or (kind == "TIFF" and camera_raw.is_raw(file, suffix)):
                return camera_raw.preview(file, lambda content: opened(content, "", side, max_pixels))
            return in_part(file) if (whole := _whole(file)) is None else whole
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


def _whole(file: File) -> Opened | None:
    """The picture of a file that is whole; None where it is not, and what is there of it may do."""
    if file.kind == "JXL":
        allow_jxl()
    if file.kind in DECODERS:
        allow_heif()
    try:
        image = file.header()
        size = upright_size(image)
        file.begun(image)
        began = image.tell()
        place, note = _shown_frame(image, file)
        image.seek(place)
        check_pixels(image.size, file.max_pixels)
        image.load()
    except (BadInput, MemoryError):
        raise
    except Exception:  # as in `opened`
        if file.kind in BY_ROWS:
            return None
        raise
    if image.mode == "P" and not image.getpalette():
        raise UnidentifiedImageError
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    return Opened(image, kind, size if place == began else image.size, note)


def _shown_frame(image: Image.Image, file: File) -> tuple[int, str]:
    """Which frame is shown, and a note on it: the first that is not empty, or not much fainter than the clearest.

    Animations fade in, and begin with a blank frame; the first page of a scan may be blank.
    """
    pages, what = _pages(image), "page" if file.kind == "TIFF" else "frame"
    number, looked_at = len(pages), pages[:_FRAMES_LOOKED_AT]
    image.seek(pages[0])
    check_pixels(image.size, file.max_pixels)
    plain = f"first of {number} {what}s" if number > 1 else ""
    if number < 2 or (contrast := _contrast(image)) > _PLAIN:
        return pages[0], plain
    contrasts = [contrast]
    with suppress(EOFError, OSError, BadInput):  # a later frame that is damaged or too large is not looked at
        for place in looked_at[1:]:
            image.seek(place)
            check_pixels(image.size, file.max_pixels)
            contrasts.append(_contrast(image))
    clear = max(contrasts) / 2
    shown = next(at for at, contrast in enumerate(contrasts) if contrast >= clear)
    if not shown or max(contrasts) <= _PLAIN:
        return pages[0], plain
    return pages[shown], f"{what} {shown + 1} of {number}, as those before are empty"


def _pages(image: Image.Image) -> Sequence[int]:
    """The frames that are pictures of their own, from the one that the file names (HEIC) or the first on.

    Of a TIFF file not those that say that they are smaller copies; of an MPO file not its depth or brightness.
    """
    number = 1 if image.format in ("JPEG", "MPO") else getattr(image, "n_frames", 1)
    if not isinstance(image, TiffImagePlugin.TiffImageFile) or number < 2:
        return [*range(image.tell(), number), *range(image.tell())]
    own = []
    for place in range(number):
        image.seek(place)
        if not int(image.tag_v2.get(_KIND_OF_PAGE, 0)) & _SMALLER_COPY:
            own.append(place)
    return own or range(number)


def _contrast(frame: Image.Image) -> float:
    """By how much the pixels differ at most, in any channel or in what can be seen through."""
    if frame.mode in ("I", "F") or frame.mode.startswith("I;"):
        low, high = frame.getextrema()
        return float(high) - float(low)  # type: ignore[arg-type]  # pairs only where there are several channels
    seen = frame.convert("RGBA").convert("RGBa")
    return max(high - low for low, high in seen.getextrema())  # type: ignore[misc]


@contextmanager
def _without_limits() -> Iterator[None]:
    """Let Pillow read what it refuses by default though it is no damage: large texts and profiles beside the picture.
    The number of pixels is checked here; warnings about odd metadata say nothing to a person."""
    Image.MAX_IMAGE_PIXELS = None
    PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY = _METADATA, 4 * _METADATA
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
