"""More than sixty files over formats, modes, depths, orientations and oddities of metadata.

Each is decoded as it is meant, or skipped with the sentence that fits.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageChops, TiffImagePlugin

from core.config import Config
from core.errors import BadInput
from core.ingest import opener, source
from core.ingest.image_file import Opened
from core.ingest.opener import opened
from core.ingest.pixels import upright_rgb
from tests.support.camera_raw import dng
from tests.support.odd_images import (
    COLOURS,
    GREYS,
    SIZE,
    bmp,
    chunk,
    exif,
    indexes,
    packed,
    palette,
    picture,
    png,
    profile,
    quarters,
    saved,
    tiff,
    turned,
    with_text,
)

Make = Callable[[], bytes]
Tags = dict[int, tuple[str, tuple[int, ...]]]
PIXELS = 40_000_000
pillow_heif.register_heif_opener()
RGB = quarters(COLOURS)
GREY = quarters([(grey,) * 3 for grey in GREYS])
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
HALF = (np.asarray(COLOURS) + 255) / 2


def deep(scale: int, kind: str = ">u2") -> NDArray[np.generic]:
    """Greys of more bits than eight."""
    return (quarters(GREYS) * scale).astype(kind)


def transparent(alpha: int = 128) -> Image.Image:
    image = picture()
    image.putalpha(alpha)
    return image


def frames(*pictures: Image.Image, kind: str, **options: object) -> bytes:
    return saved(pictures[0], kind, save_all=True, append_images=pictures[1:], **options)


def without_end(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


def noise(kind: str) -> bytes:
    """A picture of noise, whose bytes are spread evenly over its rows."""
    return saved(Image.fromarray(np.random.default_rng(0).integers(0, 256, (192, 256, 3)).astype(np.uint8)), kind)


BLANK = Image.new("RGB", SIZE, "white")
CLEAR = Image.new("RGBA", SIZE, (0, 0, 0, 0))
TAGS_RGB: Tags = {
    258: ("H", (8, 8, 8)),
    259: ("H", (1,)),
    262: ("H", (2,)),
    277: ("H", (3,)),
}
TAGS_GREY: Tags = {
    258: ("H", (16,)),
    259: ("H", (1,)),
    262: ("H", (1,)),
    277: ("H", (1,)),
}
PLAIN = RGB.astype(np.uint8)


def ink_as_it_is() -> bytes:
    """A CMYK JPEG file without Adobe's marker, whose values say how much ink there is."""
    content = saved(ImageChops.invert(picture().convert("CMYK")), "JPEG", quality=95)
    place = content.index(b"\xff\xee")
    return content[:place] + content[place + 2 + int.from_bytes(content[place + 2 : place + 4], "big") :]


def copy_first(*, last: bool = False) -> bytes:
    """A TIFF file with a small copy of its picture as a page of its own."""
    kind = TiffImagePlugin.ImageFileDirectory_v2()
    kind[254] = 1
    pages: list[tuple[Image.Image, dict[str, object]]] = [
        (picture().resize((16, 12)), {"tiffinfo": kind}),
        (picture(), {}),
    ]
    content = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(content, new=True) as writer:
        for page, options in reversed(pages) if last else pages:
            page.save(writer, "TIFF", **options)  # type: ignore[arg-type]
            writer.newFrame()
    return content.getvalue()


EXIF_WITH_A_WORD = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x03\0\0\0up\0\0\0\0\0\0"
"""The orientation is the text "up"."""
# name -> how it is made, the pixels that are to come out, by how much they may differ
DECODED: dict[str, tuple[Make, NDArray[np.generic], float]] = {
    "JPEG": (lambda: saved(picture(), "JPEG", quality=95), RGB, 6),
    "JPEG, grey": (lambda: saved(picture().convert("L"), "JPEG", quality=95), GREY, 4),
    "JPEG, progressive": (lambda: saved(picture(), "JPEG", progressive=True, quality=95), RGB, 6),
    "JPEG, CMYK of Adobe": (lambda: saved(picture().convert("CMYK"), "JPEG", quality=95), RGB, 6),
    "JPEG, CMYK not of Adobe": (ink_as_it_is, RGB, 6),
    "JPEG, no end marker": (lambda: saved(picture(), "JPEG", quality=95)[:-2], RGB, 6),
    "JPEG, bytes after its end": (lambda: saved(picture(), "JPEG", quality=95) + b"junk" * 900, RGB, 6),
    "JPEG, a line break before it": (lambda: b"\r\n" + saved(picture(), "JPEG", quality=95), RGB, 6),
    "JPEG, a mark and words before it": (lambda: b"\xef\xbb\xbfStatus: 200\n\n" + saved(picture(), "JPEG"), RGB, 8),
    "JPEG, restart markers": (lambda: saved(picture(), "JPEG", quality=95, restart_marker_blocks=1), RGB, 6),
    "JPEG, EXIF is noise": (lambda: saved(picture(), "JPEG", quality=95, exif=b"Exif\0\0\xff\x13garbage"), RGB, 6),
    "JPEG, EXIF says Exif twice": (
        lambda: saved(picture(), "JPEG", quality=95, exif=b"Exif\0\0" + exif()),
        RGB,
        6,
    ),
    "JPEG, orientation 9": (lambda: saved(picture(), "JPEG", quality=95, exif=exif(9)), RGB, 6),
    "JPEG, orientation is a text": (lambda: saved(picture(), "JPEG", quality=95, exif=EXIF_WITH_A_WORD), RGB, 6),
    "JPEG, a profile that is none": (lambda: saved(picture(), "JPEG", quality=95, icc_profile=b"none" * 40), RGB, 6),
    **{
        f"JPEG, orientation {number}": (lambda number=number: turned(number, quality=95), RGB, 6)
        for number in range(1, 9)
    },
    "MPO of a camera": (lambda: frames(picture(), BLANK, kind="MPO", quality=95), RGB, 6),
    "PNG": (lambda: saved(picture(), "PNG"), RGB, 0),
    "PNG, 16 bits": (lambda: png(0, 16, deep(257)), GREY, 1),
    "PNG, 16 bits a channel": (lambda: png(2, 16, (RGB * 257).astype(">u2")), RGB, 1),
    "PNG, grey with alpha": (
        lambda: png(4, 8, quarters([(grey, 128) for grey in GREYS]).astype(np.uint8)),
        (GREY + 255) / 2,
        1,
    ),
    "PNG, 4-bit palette": (lambda: png(3, 4, packed(4), chunk(b"PLTE", palette())), RGB, 0),
    "PNG, 2-bit palette": (lambda: png(3, 2, packed(2), chunk(b"PLTE", palette())), RGB, 0),
    "PNG, 2-bit grey": (lambda: png(0, 2, packed(2)), quarters([(level,) * 3 for level in (0, 85, 170, 255)]), 0),
    "PNG, 1 bit": (
        lambda: saved(Image.fromarray(indexes() > 1), "PNG"),
        quarters([BLACK, BLACK, WHITE, WHITE]),
        0,
    ),
    "PNG, palette with half transparent colours": (
        lambda: png(3, 8, indexes(), chunk(b"PLTE", palette()), chunk(b"tRNS", b"\x80" * 4)),
        quarters(HALF),
        1,
    ),
    "PNG, one colour is transparent": (
        lambda: png(2, 8, PLAIN, chunk(b"tRNS", bytes(b for v in COLOURS[0] for b in (0, v)))),
        quarters([WHITE, *COLOURS[1:]]),
        0,
    ),
    "PNG, one 16-bit grey is transparent": (
        lambda: png(0, 16, deep(257), chunk(b"tRNS", (GREYS[0] * 257).to_bytes(2, "big"))),
        quarters([WHITE, *((grey,) * 3 for grey in GREYS[1:])]),
        1,
    ),
    "PNG, half transparent": (lambda: saved(transparent(), "PNG"), quarters(HALF), 1),
    "PNG, 2 MB of compressed text": (lambda: with_text(2_000_000), RGB, 0),
    "PNG, 2 MB of profile": (lambda: saved(picture(), "PNG", icc_profile=b"x" * 2_000_000), RGB, 0),
    "PNG, no end": (lambda: png(2, 8, PLAIN, end=b""), RGB, 0),
    "PNG, a wrong checksum beside the pixels": (
        lambda: png(2, 8, PLAIN, chunk(b"gAMA", b"\0\0\xb1\x8f", wrong=True)),
        RGB,
        0,
    ),
    "PNG, EXIF": (lambda: turned(6, "PNG"), RGB, 0),
    "PNG, profile": (lambda: saved(picture(), "PNG", icc_profile=profile()), RGB, 2),
    "APNG": (lambda: frames(picture(), BLANK, kind="PNG"), RGB, 0),
    "APNG, clear at first": (lambda: frames(CLEAR, picture().convert("RGBA"), kind="PNG"), RGB, 0),
    "GIF": (lambda: saved(picture().quantize(4), "GIF"), RGB, 0),
    "GIF, interlaced": (lambda: saved(picture().quantize(4), "GIF", interlace=1), RGB, 0),
    "GIF, blank at first": (lambda: frames(BLANK, picture(), kind="GIF"), RGB, 1),
    "WebP": (lambda: saved(picture(), "WEBP", quality=98), RGB, 8),
    "WebP, lossless with alpha": (lambda: saved(transparent(), "WEBP", lossless=True), quarters(HALF), 1),
    "WebP, fades in": (
        lambda: frames(BLANK, Image.blend(BLANK, picture(), 0.05), picture(), kind="WEBP", lossless=True),
        RGB,
        0,
    ),
    "WebP, EXIF": (lambda: turned(8, "WEBP", lossless=True), RGB, 0),
    "BMP, 24 bits": (lambda: saved(picture(), "BMP"), RGB, 0),
    "BMP, 8 bits from the top": (lambda: bmp(8, indexes(), palette((2, 1, 0), b"\0"), top_down=True), RGB, 0),
    "BMP, 4 bits": (lambda: bmp(4, packed(4), palette((2, 1, 0), b"\0")), RGB, 0),
    "TIFF": (lambda: saved(picture(), "TIFF"), RGB, 0),
    "TIFF, LZW": (lambda: saved(picture(), "TIFF", compression="tiff_lzw"), RGB, 0),
    "TIFF, JPEG inside": (lambda: saved(picture(), "TIFF", compression="jpeg", quality=95), RGB, 8),
    "TIFF, deflated": (lambda: saved(picture(), "TIFF", compression="tiff_adobe_deflate"), RGB, 0),
    "BigTIFF": (lambda: tiff(TAGS_RGB, PLAIN.tobytes(), big=True), RGB, 0),
    "TIFF, Motorola's order": (lambda: tiff(TAGS_RGB, PLAIN.tobytes(), ">"), RGB, 0),
    "TIFF, 16 bits": (lambda: tiff(TAGS_GREY, deep(257, "<u2").tobytes()), GREY, 1),
    "TIFF, 16 bits in Motorola's order": (lambda: tiff(TAGS_GREY, deep(257).tobytes(), ">"), GREY, 1),
    "TIFF, 12 of 16 bits": (lambda: tiff(TAGS_GREY, deep(16, "<u2").tobytes()), GREY, 2),
    "TIFF, white is zero": (
        lambda: tiff({**TAGS_GREY, 258: ("H", (8,)), 262: ("H", (0,))}, (255 - GREY[..., 0]).astype("u1").tobytes()),
        GREY,
        0,
    ),
    "TIFF, float": (lambda: saved(Image.fromarray((quarters(GREYS) / 255).astype(np.float32)), "TIFF"), GREY, 1),
    "TIFF, CMYK": (lambda: saved(picture().convert("CMYK"), "TIFF"), RGB, 1),
    "TIFF, LAB": (lambda: saved(Image.new("LAB", SIZE, (255, 128, 128)), "TIFF"), np.full_like(RGB, 255), 6),
    "TIFF, a small copy is its first page": (copy_first, RGB, 0),
    "TIFF, a small copy is its second page": (lambda: copy_first(last=True), RGB, 0),
    "TIFF, first page is blank": (lambda: frames(BLANK, picture(), kind="TIFF"), RGB, 0),
    "TIFF, orientation": (lambda: turned(6, "TIFF"), RGB, 0),
    "HEIF": (lambda: saved(picture(), "HEIF", quality=95), RGB, 8),
    "AVIF": (lambda: saved(picture(), "AVIF", quality=95), RGB, 8),
    "AVIF, EXIF": (lambda: turned(5, "AVIF", quality=95), RGB, 8),
    "JPEG 2000": (lambda: saved(picture(), "JPEG2000"), RGB, 1),
    "JPEG 2000, bare": (lambda: saved(picture(), "JPEG2000", no_jp2=True), RGB, 1),
    "ICO": (lambda: saved(picture(), "ICO", sizes=[(16, 12), SIZE]), RGB, 1),
    "PPM": (lambda: saved(picture(), "PPM"), RGB, 0),
    "PGM, 16 bits": (lambda: b"P5\n64 48\n65535\n" + deep(257).tobytes(), GREY, 1),
    "PGM in figures": (
        lambda: b"P2 64 48 255\n" + b" ".join(b"%d" % value for value in quarters(GREYS).ravel()),
        GREY,
        0,
    ),
}

INNER = np.ones((SIZE[1], SIZE[0]), dtype=np.bool_)
INNER[20:28], INNER[:, 28:36] = False, False
"""All but what compression blurs between the quarters."""
NOTED = {
    "JPEG, no end marker": "the file is cut off, its last bytes are missing",
    "APNG": "first of 2 frames",
    "APNG, clear at first": "frame 2 of 2, as those before are empty",
    "GIF, blank at first": "frame 2 of 2, as those before are empty",
    "WebP, fades in": "frame 3 of 3, as those before are empty",
    "TIFF, first page is blank": "page 2 of 2, as those before are empty",
}


def read(content: bytes, suffix: str = "") -> Opened:
    return opened(content, suffix, 1024, PIXELS)


@pytest.mark.parametrize("name", DECODED)
def test_it_is_decoded_as_it_is_meant(name: str) -> None:
    make, reference, tolerance = DECODED[name]
    found = read(make())
    shown = np.asarray(upright_rgb(found.image)).astype(float)
    assert shown.shape == reference.shape
    assert found.size == SIZE
    assert np.abs(shown - reference)[INNER].max() <= tolerance
    assert found.note == NOTED.get(name, "")


DAMAGED = "damaged"
SKIPPED: dict[str, tuple[Make, str]] = {
    "nothing": (lambda: b"", "empty"),
    "zeros": (lambda: bytes(5000), "nothing but zeros"),
    "a text": (lambda: b"hello, I am a text", "not an image that can be read"),
    "a web page": (lambda: b"\n<!DOCTYPE html><html><body>404", "web page"),
    "SVG": (
        lambda: b'<?xml version="1.0"?><!-- Inkscape --><svg xmlns="http://www.w3.org/2000/svg"/>',
        "made of lines",
    ),
    "DICOM": (lambda: bytes(128) + b"DICM" + bytes(90), "medical image"),
    "a pointer of Git LFS": (lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "git lfs pull"),
    "PNG, no palette": (lambda: png(3, 8, indexes()), DAMAGED),
    "JPEG without loss": (lambda: saved(picture(), "JPEG").replace(b"\xff\xc0", b"\xff\xc3", 1), "cannot be read here"),
    "PSD": (lambda: b"8BPS\0\x01" + bytes(40), "layers"),
    "EPS": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
    "PDF": (lambda: b"%PDF-1.4 ...", "the ending .pdf"),
    "MP4": (lambda: b"\0\0\0\x20ftypisom" + bytes(20), "video"),
    "WebM": (lambda: b"\x1aE\xdf\xa3" + bytes(40), "video"),
    "PNG of 900 megapixels": (
        lambda: b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\x75\x30" * 2 + b"\x08\0\0\0\0") + chunk(b"IDAT", b"x"),
        "too large .*900 megapixels",
    ),
    "PNG header and no more": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(50), DAMAGED),
    "a third of a JPEG": (lambda: without_end(noise("JPEG"), 0.34), r"\d\d% of the image can be read"),
    "a third of a PNG": (lambda: without_end(noise("PNG"), 0.34), r"\d\d% of the image can be read"),
    "WebP, cut off": (lambda: without_end(noise("WEBP"), 0.8), DAMAGED),
    "HEIF, cut off": (lambda: without_end(noise("HEIF"), 0.8), DAMAGED),
    "JPEG 2000, cut off": (lambda: without_end(noise("JPEG2000"), 0.8), DAMAGED),
    "TIFF of three floats a pixel": (
        lambda: tiff({**TAGS_RGB, 258: ("H", (32,) * 3), 339: ("H", (3,) * 3)}, RGB.astype("<f4").tobytes()),
        "cannot be read here. Save it as PNG",
    ),
    "TIFF of seven channels": (
        lambda: tiff({**TAGS_RGB, 258: ("H", (8,) * 7), 277: ("H", (7,))}, bytes(7 * PLAIN.size // 3)),
        "cannot be read here. Save it as PNG",
    ),
    "camera RAW, damaged": (lambda: b"II*\0\x10\0\0\0CR\2\0" + bytes(90), "RAW"),
    "JPEG XL, damaged": (lambda: b"\xff\x0a" + bytes(60), "JPEG XL|damaged"),
}


@pytest.mark.parametrize("name", SKIPPED)
def test_it_is_skipped_with_a_sentence_that_fits(name: str) -> None:
    make, sentence = SKIPPED[name]
    with pytest.raises(BadInput, match=sentence):
        read(make())


def test_there_are_at_least_sixty() -> None:
    assert len(DECODED) + len(SKIPPED) > 60


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_zeros_where_the_rest_never_came_are_no_part_of_the_image(kind: str) -> None:
    """A download that was broken off may have the size of the whole file."""
    cut = without_end(noise(kind), 0.8)
    found, padded = read(cut), read(cut + bytes(len(noise(kind)) - len(cut)))
    assert padded.note == found.note
    assert "of the image is missing" in found.note
    assert padded.image.tobytes() == found.image.tobytes()


@pytest.mark.parametrize(
    "before", [b"\r\n", b"\xef\xbb\xbf", b"\0\0", b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n"]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_what_a_program_has_put_before_an_image_is_passed_over(kind: str, before: bytes) -> None:
    assert read(before + noise(kind)).image.tobytes() == read(noise(kind)).image.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF", "PPM"])
@pytest.mark.parametrize("share", [0.97, 0.7])
def test_what_is_cut_off_is_used_as_far_as_it_goes(kind: str, share: float) -> None:
    whole = np.asarray(upright_rgb(read(noise(kind)).image)).astype(int)
    found = read(without_end(noise(kind), share))
    shown = np.asarray(upright_rgb(found.image)).astype(int)
    assert found.size == (256, 192)
    assert "of the image is missing" in found.note
    assert 96 <= len(shown) < 192
    same = whole[-len(shown) :] if kind == "BMP" else whole[: len(shown)]  # a BMP file begins at the bottom
    # The rows beside those that are missing have smoother colours in a JPEG file.
    assert np.abs(shown - same)[:-2].max() == 0


def test_the_beginning_of_a_progressive_jpeg_is_the_whole_picture_coarsely() -> None:
    content = saved(picture(), "JPEG", progressive=True, quality=95)
    second_scan = content.index(b"\xff\xda", content.index(b"\xff\xda") + 2)
    found = read(content[: second_scan + 12])
    assert found.note == "the file is cut off, fine detail is missing"
    assert np.median(np.abs(np.asarray(upright_rgb(found.image)).astype(float) - RGB), axis=(0, 1)).max() < 25
    with pytest.raises(BadInput, match=r"can be read|damaged"):
        read(content[: second_scan - 4])


def test_rows_that_an_interlaced_file_lacks_are_those_above() -> None:
    interlaced = saved(Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64)).astype(np.uint8)), "GIF")
    whole = np.asarray(upright_rgb(read(interlaced).image)).astype(int)
    shown = np.asarray(upright_rgb(read(without_end(interlaced, 0.75)).image)).astype(int)
    is_there = (shown == whole[: len(shown)]).all(axis=(1, 2))
    assert 0.5 < is_there.mean() < 1
    assert all((shown[row] == shown[row - 1]).all() for row in np.flatnonzero(~is_there))


def test_text_that_is_too_large_to_be_read_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opener, "_METADATA", 1000)
    found = read(with_text(3000))
    assert (np.asarray(upright_rgb(found.image)) == RGB).all()
    assert not found.note


NEEDED = r"start\.py install formats"


def test_jpeg_xl_and_camera_raw_need_their_part(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pillow_jxl", "rawpy"):
        monkeypatch.setitem(sys.modules, module, None)
    jxl, box = b"\xff\x0a" + bytes(60), b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(60)
    for content in (jxl, box, dng(), b"FUJIFILMCCD-RAW" + bytes(60)):
        with pytest.raises(BadInput, match=NEEDED):
            read(content)
    with pytest.raises(BadInput, match=NEEDED):
        read(b"II*\0" + bytes(200), ".nef")  # only its name says that it was a camera's


def test_jpeg_xl_is_turned_upright_once(tmp_path: Path) -> None:
    pytest.importorskip("pillow_jxl")
    plain = read(saved(picture(), "JXL", lossless=True, exif=exif(6)))  # turned by its decoder, whatever EXIF says
    assert (plain.format, plain.size) == ("JXL", SIZE)
    assert np.abs(np.asarray(upright_rgb(plain.image)) - RGB).max() <= 1
    (tmp_path / "a.jpg").write_bytes(turned(6, quality=95))
    with Image.open(tmp_path / "a.jpg") as jpeg, pytest.warns(UserWarning, match="JPEG reconstruction"):
        inside = read(saved(jpeg, "JXL"))  # a JPEG file inside
    assert inside.size == SIZE
    assert np.abs(np.asarray(upright_rgb(inside.image)) - RGB)[INNER].max() <= 6


@pytest.mark.parametrize("container", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
def test_jpeg_xl_keeps_its_colours_in_each_mode(mode: str, container: bool) -> None:
    pytest.importorskip("pillow_jxl")
    image = picture().convert(mode)
    for options in ({"lossless": True}, {"quality": 95}):
        made = read(saved(image, "JXL", use_container=container, **options))
        assert (made.format, made.size) == ("JXL", SIZE)
        there = np.asarray(upright_rgb(image)).astype(int)
        apart = np.abs(np.asarray(upright_rgb(made.image)) - there)[INNER]
        assert apart.mean() <= (2 if "quality" in options else 0.1)


def test_of_a_camera_raw_file_the_preview_is_shown() -> None:
    pytest.importorskip("rawpy")
    with_preview = read(dng(saved(picture(), "JPEG", quality=95)), ".dng")
    assert (with_preview.format, with_preview.size) == ("RAW", SIZE)
    assert with_preview.note == "the preview in the camera's file"
    assert np.abs(np.asarray(upright_rgb(with_preview.image)) - RGB)[INNER].max() <= 6
    developed = read(dng(), ".dng")
    assert (developed.format, developed.size) == ("RAW", (160, 100))
    left, right = np.asarray(upright_rgb(developed.image)).astype(int)[:, [10, 150]].mean(axis=(0, 2))
    assert left + 40 < right


ENDINGS = ("", ".jpg_large", ".jpeg.download", ".jpg?width=800", ".bin", ".txt", ".jpg!large", ".PNG.part")


def test_files_of_any_name_are_found_and_decoded_and_their_notes_are_kept(tmp_path: Path) -> None:
    """In one ZIP file, by one pool of workers; with what is no image beside them."""
    makers = [make for make, _, _ in DECODED.values()]
    made = {f"{place:02}{ENDINGS[place % len(ENDINGS)]}": make() for place, make in enumerate(makers)}
    refused = {"logo.svg": SKIPPED["SVG"][0](), "clip": SKIPPED["MP4"][0](), "notes.txt": b"hi", "page.jpg": b"<html>"}
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        for name, content in {**made, **refused}.items():
            packed.writestr(name, content)
    config = Config(tmp_path / "ws")
    looked = list(source.look(source.find(str(tmp_path / "all.zip"), "", config), tmp_path / "copies", config))
    skipped = {found.item.name: found.item.reason for found in looked if found.item.status == "skipped"}
    assert skipped.keys() == refused.keys()
    assert "lines" in skipped["logo.svg"]
    assert "video" in skipped["clip"]
    assert "(.txt)" in skipped["notes.txt"]
    assert "web page" in skipped["page.jpg"]
    notes = [found.image.note for found in looked if found.image and found.image.note]
    assert sorted(notes) == sorted(NOTED.values())
    assert len(looked) == len(made) + len(refused)
