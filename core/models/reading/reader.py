"""Text lines of an image, found and read by PP-OCRv6 (small), whose networks come inside the package rapidocr.

It works offline: all three networks (where text is, whether it is upside down, what it says) are files of the package.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import threads
from core.domain import Failed, Line
from core.ingest.view_comment import lines_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rapidocr import RapidOCR

READER_ID = "pp-ocrv6-small/1"
"""Bump when the lines that are read can change."""
_LEAST = 0.6
"""Lines that the reader is less sure of are left out: it reads letters into leaves and tiles."""
_WORD, _ALL = 3, 0.9
_LONGEST = 8

_turn = threading.Lock()


@cache
def _reader() -> RapidOCR:
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    number = threads.spare()
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": _LEAST,
            "EngineConfig.onnxruntime.intra_op_num_threads": number,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def read(path: Path) -> tuple[Line, ...] | Failed:
    """The lines of one image from top to bottom; empty where nothing is written. A view that tells them (a page with a
    text layer) is not read. Safe to call from several threads (calls take turns)."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(path) as image:
            if (told := lines_of(image)) is not None:
                return told
            pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]
    except (OSError, ValueError, SyntaxError) as error:
        why = "the file is missing" if isinstance(error, FileNotFoundError) else "it is damaged or no image"
        return Failed(f"This image could not be read: {why}.")
    with _turn:
        found: Any = _reader()(_padded(pixels))
    if found.txts is None:
        return ()
    height, width = pixels.shape[:2]
    lines = []
    for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True):
        if text.strip() and not _is_all(corners, text, width, height):
            share = np.clip(np.asarray(corners, dtype=np.float64) / (width, height), 0.0, 1.0).round(4)
            places = tuple((float(x), float(y)) for x, y in share)
            lines.append(Line(" ".join(text.split()), places, round(float(score), 3)))
    return tuple(lines)


def _padded(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same with as much ground to the right or below that it is no longer than _LONGEST times its shorter side: the
    detector enlarges the shorter side to 736 pixels, whatever the longer one becomes (100 GB for 1 x 500 pixels)."""
    import numpy as np

    height, width = pixels.shape[:2]
    least = -(-max(height, width) // _LONGEST)
    below, beside = max(0, least - height), max(0, least - width)
    if not below and not beside:
        return np.ascontiguousarray(pixels)
    return np.pad(pixels, ((0, below), (0, beside), (0, 0)), constant_values=int(np.median(pixels)))


def _is_all(corners: Any, text: str, width: int, height: int) -> bool:
    """Whether a letter or two are as large as the picture: what the reader makes of pictures without text."""
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return len(text) < _WORD and (right - left) * (bottom - top) > _ALL * width * height
