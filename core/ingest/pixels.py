"""An opened image as it is shown (upright, on a ground, 8 bits a channel, sRGB), and its perceptual hash.

Traps that are handled here: 16-bit and float images that `convert("RGB")` turns white, transparency,
EXIF orientation, CMYK, colour profiles (also on images with transparency).
"""

from __future__ import annotations

import contextlib
import io

import numpy as np
from PIL import Image, ImageChops, ImageCms

from core.ingest.image_file import orientation_of
from core.ingest.view_comment import of_motif

_BIT_DEPTH_TOPS = (255, 1023, 4095, 16383, 65535)
_HASHED_SIDE, _KEPT = 32, 8
_PLACES = (2 * np.arange(_HASHED_SIDE) + 1) * np.pi / (2 * _HASHED_SIDE)
_COSINES = np.cos(np.outer(np.arange(_KEPT), _PLACES))
_LEVELS = np.arange(256)
_TURN = Image.Transpose
_TURNS = {
    2: _TURN.FLIP_LEFT_RIGHT,
    3: _TURN.ROTATE_180,
    4: _TURN.FLIP_TOP_BOTTOM,
    5: _TURN.TRANSPOSE,
    6: _TURN.ROTATE_270,
    7: _TURN.TRANSVERSE,
    8: _TURN.ROTATE_90,
}
"""What makes an image of each EXIF orientation upright."""
_WHITE, _GREY = (255, 255, 255), (118, 118, 118)
"""The second is what both white and black stand out against, at a contrast of 4.5 each (WCAG 2.2)."""
_OUTLINED_SIDE, _NEAR_WHITE, _MUCH = 256, 215, 0.25


def upright_rgb(image: Image.Image) -> Image.Image:
    """A decoded image upright, on white or where that hides it on grey, 8 bits a channel, in sRGB.

    Its comment is that of view_comment.py, none where there is nothing to say.
    """
    profile = image.info.get("icc_profile")
    turn = _TURNS.get(orientation_of(image))
    upright = image if turn is None else image.transpose(turn)
    if upright.mode in ("I", "F") or upright.mode.startswith("I;"):
        upright = _to_eight_bits(upright)
    if image.format == "JPEG" and image.mode == "CMYK" and "adobe" not in image.info:
        upright = ImageChops.invert(upright)  # Pillow takes all for Adobe's, which say how much ink there is not
    flat, comment = _flattened(upright)
    shown = _to_srgb(flat, profile) if profile else flat.convert("RGB")
    shown.info = {"comment": comment}
    return shown


def look_of(image: Image.Image) -> int:
    """64 bits that are nearly the same for copies of one picture in another size, format or quality.

    pHash (Zauner 2010): the signs, about their median, of the lowest 8 x 8 frequencies of the 32 x 32 grey image.
    """
    grey = np.asarray(image.convert("L").resize((_HASHED_SIDE, _HASHED_SIDE), Image.Resampling.LANCZOS), np.float64)
    low = np.round(_COSINES @ grey @ _COSINES.T, 3).ravel()  # rounded: an even image has no signs, only rounding errors
    bits = low > np.median(low[1:])  # the first is the mean
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def colour_of(image: Image.Image) -> int:
    """The mean colour as 0xRRGGBB: what `look_of` leaves out, so that a red and a blue car are not taken for copies."""
    counts = np.array(image.histogram()).reshape(3, len(_LEVELS))  # an eighth of the time that the mean of pixels takes
    red, green, blue = (counts @ _LEVELS / (image.width * image.height)).round().astype(int)
    return int(red) << 16 | int(green) << 8 | int(blue)


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
    eight = Image.fromarray(np.clip(pixels / top * 255, 0, 255).astype(np.uint8), "L")
    if isinstance(clear := image.info.get("transparency"), int):  # one grey of a PNG file
        eight.putalpha(Image.fromarray(np.where(np.asarray(image) == clear, 0, 255).astype(np.uint8), "L"))
    return eight


def _flattened(image: Image.Image) -> tuple[Image.Image, bytes]:
    """The image without transparency or palette, in the colour space that its profile speaks of, and its comment."""
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        ground = _GREY if _is_lost_on_white(rgba) else _WHITE
        flat = Image.new("RGBA", rgba.size, ground)
        flat.alpha_composite(rgba)
        return flat.convert("L" if image.mode in ("LA", "La") else "RGB"), of_motif(rgba.getchannel("A"), ground)
    return (image.convert("RGB") if image.mode == "P" else image), b""


def _is_lost_on_white(rgba: Image.Image) -> bool:
    """Whether much of the outline of what is not transparent is so light that it is not seen on white.

    The outline decides: a white sticker with a dark rim is seen, a white logo with a dark sign beside it is not.
    """
    share = min(1.0, _OUTLINED_SIDE / max(rgba.size))
    side = [max(1, round(length * share)) for length in rgba.size]
    pixels = np.asarray(rgba.resize((side[0], side[1]), Image.Resampling.NEAREST))
    solid = pixels[..., 3] >= max(int(pixels[..., 3].max()), 1) / 2
    around = np.pad(solid, 1, mode="edge")
    inside = around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    outline = pixels[solid & ~inside][:, :3]
    return len(outline) > 0 and float((outline.min(axis=1) >= _NEAR_WHITE).mean()) > _MUCH


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply an embedded colour profile; one that is broken or of another colour space is ignored, as browsers do."""
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        if converted is not None:
            return converted
    return image.convert("RGB")
