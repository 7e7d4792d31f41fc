"""Images of every format, mode, depth, orientation and oddity of metadata that Pillow's issues name, as bytes.

All show the same picture of four plain quarters, so that one reference tells whether each was decoded rightly.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin

COLOURS = ((200, 40, 40), (40, 160, 60), (50, 70, 200), (230, 220, 90))
"""Upper left, upper right, lower left, lower right."""
SIZE = (64, 48)
GREYS = tuple(round(0.299 * red + 0.587 * green + 0.114 * blue) for red, green, blue in COLOURS)


def picture() -> Image.Image:
    """The picture in RGB."""
    return Image.fromarray(quarters(COLOURS).astype(np.uint8))


def quarters(values: Sequence[Any]) -> NDArray[Any]:
    """(48, 64, ...) with one value in each quarter."""
    width, height = SIZE
    made = np.zeros((height, width, *np.shape(values[0])), np.float64)
    for place, value in enumerate(values):
        top, left = divmod(place, 2)
        made[top * height // 2 : (top + 1) * height // 2, left * width // 2 : (left + 1) * width // 2] = value
    return made


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """An image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: object = 1) -> bytes:
    """EXIF data that says so."""
    made = Image.Exif()
    made[0x0112] = orientation
    return made.tobytes()


def stored(orientation: int) -> Image.Image:
    """The picture as it is stored where EXIF data of this orientation turns it upright."""
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return picture().transpose(back[orientation]) if orientation in back else picture()


def turned(orientation: int, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture on its side, with the EXIF data that turns it."""
    return saved(stored(orientation), kind, exif=exif(orientation), **options)


def profile() -> bytes:
    """The colour profile of sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def chunk(kind: bytes, data: bytes, *, wrong: bool = False) -> bytes:
    """One chunk of a PNG file; wrong: with a checksum that does not fit."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ wrong)


def png(colour_type: int, depth: int, rows: NDArray[Any], *extra: bytes, end: bytes = chunk(b"IEND", b"")) -> bytes:
    """A PNG file of these rows of bytes. extra: chunks before the pixels."""
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", *SIZE, depth, colour_type, 0, 0, 0)
    return b"".join([b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(raw)), end])


def with_text(size: int) -> bytes:
    """A PNG file with a compressed text of so many bytes, as programs that make images write their workflows."""
    info = PngImagePlugin.PngInfo()
    info.add_text("workflow", "x" * size, zip=True)
    return saved(picture(), "PNG", pnginfo=info)


def indexes() -> NDArray[np.uint8]:
    """(48, 64) the number of each pixel's quarter."""
    return quarters(range(4)).astype(np.uint8)


def packed(depth: int) -> NDArray[np.uint8]:
    """The numbers of the quarters, so many bits each, as rows of bytes."""
    bits = np.unpackbits(indexes()[..., None], axis=2)[..., 8 - depth :]
    return np.packbits(bits.reshape(SIZE[1], -1), axis=1)


def palette(order: tuple[int, int, int] = (0, 1, 2), more: bytes = b"") -> bytes:
    """The four colours as a palette."""
    return b"".join(bytes(colour[place] for place in order) + more for colour in COLOURS)


def bmp(depth: int, rows: NDArray[np.uint8], colours: bytes = b"", *, top_down: bool = False) -> bytes:
    """An uncompressed BMP file; rows from the top."""
    width, height = SIZE
    body = b"".join(row.tobytes() for row in (rows if top_down else rows[::-1]))
    head = struct.pack("<IiiHHIIiiII", 40, width, -height if top_down else height, 1, depth, 0, len(body), 0, 0, 4, 0)
    start = 14 + len(head) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + colours + body


def tiff(tags: dict[int, tuple[str, tuple[int, ...]]], pixels: bytes, order: str = "<", *, big: bool = False) -> bytes:
    """A TIFF file of one strip. tags: beside size and place, number -> (struct's letter, values)."""
    width, height = SIZE
    count, place, kinds = ("Q", "Q", 20) if big else ("H", "I", 12)
    start = 16 if big else 8
    ends = start + len(pixels)
    all_tags = {256: ("I", (width,)), 257: ("I", (height,)), 278: ("I", (height,)), 279: ("I", (len(pixels),)), **tags}
    all_tags[273] = ("I", (start,))
    room = 8 if big else 4
    after = ends + struct.calcsize(f"={count}") + kinds * len(all_tags) + room
    entries, values = struct.pack(order + count, len(all_tags)), b""
    for number, (letter, numbers) in sorted(all_tags.items()):
        data = struct.pack(f"{order}{len(numbers)}{letter}", *numbers)
        if len(data) > room:
            data, values = struct.pack(order + place, after + len(values)), values + data
        kind = {"B": 1, "H": 3, "I": 4}[letter]
        entries += struct.pack(f"{order}HH{place}", number, kind, len(numbers)) + data.ljust(room, b"\0")
    mark = {"<": b"II", ">": b"MM"}[order]
    head = struct.pack(order + "HHHQ", 43, 8, 0, ends) if big else struct.pack(order + "HI", 42, ends)
    return mark + head + pixels + entries + b"\0" * room + values
