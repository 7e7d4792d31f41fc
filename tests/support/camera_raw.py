"""A camera's RAW file in Adobe's DNG: a mosaic of raw pixels, and the camera's preview where one is given."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

_BYTE, _ASCII, _SHORT, _LONG, _SRATIONAL = 1, 2, 3, 4, 10
_FORM = {_BYTE: "B", _ASCII: "B", _SHORT: "H", _LONG: "I", _SRATIONAL: "i"}
_Tag = tuple[int, int, Sequence[int]]


def dng(preview: bytes = b"", size: tuple[int, int] = (320, 200)) -> bytes:
    """A DNG file, width x height, dark on the left and light on the right. preview: a JPEG file."""
    width, height = size
    mosaic = np.full((height, width), 500, np.uint16)
    mosaic[:, width // 2 :] = 9_000
    raw = mosaic.tobytes()
    first = 8 + len(raw) + len(preview)
    model = b"Test Camera\0"
    matrix = [number for value in (6, -1, 0, -3, 12, 1, 0, 2, 6) for number in (value, 10)]
    tags: list[_Tag] = [
        (254, _LONG, [0]), (256, _LONG, [width]), (257, _LONG, [height]), (258, _SHORT, [16]), (259, _SHORT, [1]),
        (262, _SHORT, [32803]), (271, _ASCII, model), (272, _ASCII, model), (273, _LONG, [8]), (274, _SHORT, [1]),
        (277, _SHORT, [1]), (278, _LONG, [height]), (279, _LONG, [len(raw)]), (33421, _SHORT, [2, 2]),
        (33422, _BYTE, [0, 1, 1, 2]), (50706, _BYTE, [1, 4, 0, 0]), (50708, _ASCII, model), (50717, _LONG, [16_383]),
        (50721, _SRATIONAL, matrix),
    ]  # fmt: skip
    if preview:
        tags = sorted([*tags, (330, _LONG, [0])])
        start = first + len(_directory(tags, first))
        tags = [(330, _LONG, [start]) if tag[0] == 330 else tag for tag in tags]
        inside: list[_Tag] = [
            (254, _LONG, [1]), (256, _LONG, [160]), (257, _LONG, [100]), (258, _SHORT, [8, 8, 8]), (259, _SHORT, [7]),
            (262, _SHORT, [6]), (273, _LONG, [8 + len(raw)]), (277, _SHORT, [3]), (278, _LONG, [100]),
            (279, _LONG, [len(preview)]),
        ]  # fmt: skip
        return _file(first, raw + preview, _directory(tags, first) + _directory(inside, start))
    return _file(first, raw, _directory(tags, first))


def _file(first: int, data: bytes, directories: bytes) -> bytes:
    return b"II*\0" + struct.pack("<I", first) + data + directories


def _directory(tags: Sequence[_Tag], start: int) -> bytes:
    """One TIFF directory that lies at `start`, and the values that do not fit into it."""
    entries, values = struct.pack("<H", len(tags)), b""
    after = start + 2 + 12 * len(tags) + 4
    for tag, kind, numbers in tags:
        packed = struct.pack(f"<{len(numbers)}{_FORM[kind]}", *numbers)
        count = len(numbers) // (2 if kind == _SRATIONAL else 1)
        if len(packed) > 4:
            packed, values = struct.pack("<I", after + len(values)), values + packed
        entries += struct.pack("<HHI", tag, kind, count) + packed.ljust(4, b"\0")
    return entries + b"\0\0\0\0" + values
