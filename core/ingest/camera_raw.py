"""A camera's RAW file: how to tell it from other TIFF files, and the picture that the camera put into it."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import numpy as np
from PIL import Image, TiffImagePlugin

from core.errors import BadInput
from core.ingest.image_file import NEEDS, File, Opened, check_pixels

_DNG_VERSION, _SUBFILES, _SIZE_OF_COPY, _KIND_OF_COLOUR, _MOSAIC = 50706, 330, 254, 262, 32803
_SUFFIXES = (".dng", ".nef", ".nrw", ".arw", ".cr2", ".pef", ".srw")


def is_raw(file: File, suffix: str) -> bool:
    """Whether a TIFF file is a camera's RAW file: its first picture is a mosaic, or a small preview of another one."""
    try:
        tags = TiffImagePlugin.ImageFileDirectory_v2(file.content[:8])
        data = io.BytesIO(file.content)
        data.seek(tags.next)
        tags.load(data)
        if not tags:
            return suffix in _SUFFIXES
        is_preview = tags.get(_SIZE_OF_COPY) == 1 and _SUBFILES in tags
        return _DNG_VERSION in tags or tags.get(_KIND_OF_COLOUR) == _MOSAIC or is_preview
    except Exception:  # noqa: BLE001  # as in `opened`
        return suffix in _SUFFIXES


def preview(file: File, as_jpeg: Callable[[bytes], Opened]) -> Opened:
    """The picture that a camera puts beside its raw data; these are developed where it does not. Raises BadInput.

    as_jpeg: opens it where it is a JPEG file.
    """
    try:
        import rawpy
    except ImportError:
        raise BadInput(NEEDS.format("Camera RAW")) from None
    try:
        with rawpy.imread(io.BytesIO(file.content)) as raw:
            turn = {3: Image.Transpose.ROTATE_180, 5: Image.Transpose.ROTATE_90, 6: Image.Transpose.ROTATE_270}
            with suppress(rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
                thumb = raw.extract_thumb()
                if thumb.format is rawpy.ThumbFormat.JPEG:
                    return replace(as_jpeg(bytes(thumb.data)), format="RAW", note="the preview in the camera's file")
                image = Image.fromarray(np.asarray(thumb.data))
                image = image.transpose(turn[raw.sizes.flip]) if raw.sizes.flip in turn else image
                return Opened(image, "RAW", image.size, "the preview in the camera's file")
            check_pixels((raw.sizes.raw_width, raw.sizes.raw_height), file.max_pixels)
            image = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True))
            return Opened(image, "RAW", image.size, "developed from the camera's raw data")
    except rawpy.LibRawError:
        raise BadInput("The camera RAW file is damaged, or of a camera that is not known here.") from None
