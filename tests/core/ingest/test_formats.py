"""What cameras, phones and programs really write: each format's pixels come out as a person would see them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageDraw

from core.config import Config
from core.domain import ImageRow
from core.ingest import source
from core.ingest.decode import Unusable, image_path, prepare
from core.ingest.opener import opened
from core.ingest.pixels import colour_of
from core.ingest.sources.source_file import Found

PIXELS = 40_000_000
pillow_heif.register_heif_opener()


def prepared(path: Path, copies: Path) -> tuple[ImageRow, np.ndarray]:
    """What became of a file, and our copy of it as pixels."""
    done = prepare(Found(path.name, path), copies, PIXELS)
    assert isinstance(done, ImageRow), done
    return done, np.asarray(Image.open(image_path(copies, done.id, "view"))).astype(int)


def sideways() -> tuple[Image.Image, Image.Exif]:
    """Red on the left; after the quarter turn that the EXIF data asks for, red is on top."""
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, :40] = (255, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = 6
    return Image.fromarray(pixels), exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_every_format_is_turned_upright(tmp_path: Path, kind: str) -> None:
    image, exif = sideways()
    image.save(tmp_path / "a", kind, exif=exif.tobytes())
    done, shown = prepared(tmp_path / "a", tmp_path)
    assert (done.format, done.width, done.height) == (kind, 40, 80)
    assert shown.shape == (80, 40, 3)
    assert shown[10, 20, 0] > 200
    assert shown[70, 20, 0] < 60


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_end_with_red_on_the_upper_left(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((40, 80, 3), np.uint8)
    upright[:20, :40] = (255, 0, 0)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: np.rot90(upright, 3),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "a.png", exif=exif)
    done, shown = prepared(tmp_path / "a.png", tmp_path)
    assert (done.width, done.height) == (80, 40)
    assert shown[10, 20, 0] > 200
    assert max(shown[10, 60, 0], shown[30, 20, 0], shown[30, 60, 0]) < 60


def test_an_iphone_photo_is_read_from_a_folder_and_a_zip(tmp_path: Path) -> None:
    (tmp_path / "pics").mkdir()
    photo = Image.new("RGB", (64, 48), (20, 60, 200))
    photo.save(tmp_path / "pics" / "IMG_0001.HEIC", "HEIF", quality=95)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "pics" / "IMG_0001.HEIC", "IMG_0001.HEIC")
    config = Config(tmp_path / "ws")
    for given in ("pics", "a.zip"):
        (looked,) = source.look(source.find(str(tmp_path / given), "", config), tmp_path / given[0], config)
        assert (looked.item.status, looked.image and looked.image.format) == ("ready", "HEIF")
        shown = np.asarray(Image.open(image_path(tmp_path / given[0], looked.item.item_id, "thumb")))
        assert abs(shown.astype(int).mean(axis=(0, 1)) - (20, 60, 200)).max() < 6


def test_damaged_heic_gets_its_sentence(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(buffer, "HEIF")
    (tmp_path / "a.heic").write_bytes(buffer.getvalue()[:-2000])
    outcome = prepare(Found("a", tmp_path / "a.heic"), tmp_path / "copies", PIXELS)
    assert isinstance(outcome, Unusable)
    assert "damaged" in outcome.reason


def swapped_profile() -> bytes:
    """sRGB with red's and green's primaries exchanged: what is stored as red is to be shown as green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.parametrize(
    ("kind", "mode", "colour"),
    [
        ("PNG", "RGB", (255, 0, 0)),
        ("PNG", "RGBA", (255, 0, 0, 255)),  # a profile counts with transparency too
        ("JPEG", "RGB", (255, 0, 0)),
        ("WEBP", "RGB", (255, 0, 0)),
        ("TIFF", "RGB", (255, 0, 0)),
        ("HEIF", "RGB", (255, 0, 0)),
        ("AVIF", "RGB", (255, 0, 0)),
    ],
)
def test_a_colour_profile_is_applied(tmp_path: Path, kind: str, mode: str, colour: tuple[int, ...]) -> None:
    Image.new(mode, (20, 20), colour).save(tmp_path / "a", kind, icc_profile=swapped_profile())
    _, shown = prepared(tmp_path / "a", tmp_path)
    red, green, blue = shown.mean(axis=(0, 1))
    assert green > 240
    assert red < 40
    assert blue < 40


def test_a_palette_image_with_a_profile_is_converted(tmp_path: Path) -> None:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.save(tmp_path / "a.png", icc_profile=swapped_profile())
    assert prepared(tmp_path / "a.png", tmp_path)[1].mean(axis=(0, 1))[1] > 240


def motif(shape: str, fill: tuple[int, ...], rim: tuple[int, ...] | None = None, side: int = 200) -> Image.Image:
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    place = [(side * 0.2, side * 0.2), (side * 0.8, side * 0.8)]
    getattr(draw, shape)(place, fill=fill, outline=rim, width=side // 30)
    return image


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_white_and_has_no_background_is_seen(tmp_path: Path, mode: str) -> None:
    looks = set()
    for shape in ("ellipse", "rectangle"):
        image = motif(shape, (250, 250, 250, 255))
        (image.quantize(8) if mode == "P" else image.convert(mode)).save(tmp_path / f"{shape}.png")
        row, shown = prepared(tmp_path / f"{shape}.png", tmp_path)
        assert shown[100, 100].min() > 240
        assert np.abs(shown[5, 5] - 118.0).max() < 3
        thumb = np.asarray(Image.open(image_path(tmp_path, row.id, "thumb"))).astype(int)
        assert np.abs(thumb - shown).mean() < 6  # what is shown small, and hashed, is what is shown large and described
        looks.add(row.look)
    assert len(looks) == 2


@pytest.mark.parametrize(
    "image",
    [
        motif("ellipse", (20, 20, 20, 255)),
        motif("ellipse", (250, 250, 250, 255), rim=(20, 20, 20, 255)),
        motif("ellipse", (255, 255, 0, 255)),
        motif("ellipse", (250, 250, 250, 0)),
        Image.new("RGBA", (200, 200), (250, 250, 250, 200)),
    ],
    ids=["black", "white with a dark rim", "yellow", "nothing", "no outline"],
)
def test_what_is_seen_on_white_stays_on_white(tmp_path: Path, image: Image.Image) -> None:
    image.save(tmp_path / "a.png")
    assert prepared(tmp_path / "a.png", tmp_path)[1][5, 5].min() > 245


def test_white_words_beside_a_dark_sign_are_seen(tmp_path: Path) -> None:
    image = motif("ellipse", (20, 20, 20, 255))
    ImageDraw.Draw(image).text((5, 5), "FACETRY and more", fill=(255, 255, 255, 255), font_size=22)
    image.save(tmp_path / "a.png")
    shown = prepared(tmp_path / "a.png", tmp_path)[1]
    assert np.abs(shown[195, 5] - 118.0).max() < 3
    assert shown[100, 100].max() < 60


def test_a_large_light_logo_is_seen_too(tmp_path: Path) -> None:
    motif("ellipse", (222, 222, 220, 255), side=1500).save(tmp_path / "a.png")
    assert prepared(tmp_path / "a.png", tmp_path)[1][5, 5].max() < 130


def test_half_transparent_red_on_white_is_pink(tmp_path: Path) -> None:
    Image.new("RGBA", (20, 20), (255, 0, 0, 128)).save(tmp_path / "a.png")
    Image.new("LA", (20, 20), (0, 128)).save(tmp_path / "b.png")
    assert abs(prepared(tmp_path / "a.png", tmp_path)[1].mean(axis=(0, 1)) - (255, 127, 127)).max() < 3
    assert abs(prepared(tmp_path / "b.png", tmp_path)[1].mean() - 127) < 3


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0)),
        ("LAB", (255, 128, 128), (255, 255, 255)),
        ("YCbCr", (76, 85, 255), (254, 0, 0)),
        ("1", 1, (255, 255, 255)),
        ("L", 90, (90, 90, 90)),
    ],
)
def test_colour_spaces_of_print_and_scan(tmp_path: Path, mode: str, colour: object, expected: tuple[int, ...]) -> None:
    Image.new(mode, (20, 20), colour).save(tmp_path / "a.tif")  # type: ignore[arg-type]
    assert abs(prepared(tmp_path / "a.tif", tmp_path)[1].mean(axis=(0, 1)) - expected).max() < 6


def test_sixteen_bits_a_channel_keep_their_colour(tmp_path: Path) -> None:
    deep = pillow_heif.from_bytes("RGB;16", (20, 20), np.full((20, 20, 3), (50000, 20000, 3000), np.uint16).tobytes())
    deep.save(tmp_path / "a.heic", quality=100)
    shown = prepared(tmp_path / "a.heic", tmp_path)[1].mean(axis=(0, 1))
    assert abs(shown - np.array([50000, 20000, 3000]) / 257).max() < 6


def test_only_animations_and_pages_are_said_so(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    notes = {"GIF": "first of 3 frames", "WEBP": "first of 3 frames", "PNG": "first of 3 frames", "AVIF": "first of 3 "}
    for kind, note in (notes | {"TIFF": "first of 3 pages", "MPO": ""}).items():
        frames[0].save(tmp_path / kind, kind, save_all=True, append_images=frames[1:])
        done, shown = prepared(tmp_path / kind, tmp_path)
        assert done.note.startswith(note)
        assert bool(done.note) == bool(note)
        assert shown.mean(axis=(0, 1))[0] > 200, kind
        assert done.format == ("JPEG" if kind == "MPO" else kind)


def test_of_several_images_in_a_heic_file_the_one_that_it_names_is_shown(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    for frame in frames:
        frame.paste("white", (0, 0, 10, 10))
    frames[0].save(tmp_path / "a.heic", "HEIF", save_all=True, append_images=frames[1:], primary_index=1)
    done, shown = prepared(tmp_path / "a.heic", tmp_path)
    assert done.note == "first of 2 frames"
    assert shown[30, 30, 2] > 200 > shown[30, 30, 0]


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    image = Image.new("RGB", (300, 300))
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF"):
        image.save(tmp_path / kind, kind)
        outcome = prepare(Found("a", tmp_path / kind), tmp_path / "copies", 80_000)
        assert isinstance(outcome, Unusable)
        assert "300 x 300" in outcome.reason
    assert not (tmp_path / "copies").exists()


@pytest.mark.parametrize(
    ("given", "decoded"),
    [((400, 300), (200, 150)), ((1200, 900), (300, 225)), ((290, 280), (290, 280)), ((1600, 20), (200, 3))],
)
def test_a_jpeg_is_decoded_no_larger_than_is_shown_well(given: tuple[int, int], decoded: tuple[int, int]) -> None:
    """Shown with 100 pixels: at half, a quarter, all and an eighth of its size, never at less than 150 pixels."""
    file = io.BytesIO()
    Image.effect_noise(given, 40).convert("RGB").save(file, "JPEG")
    assert opened(file.getvalue(), ".jpg", 100, PIXELS).image.size == decoded


def test_the_colour_is_the_mean_of_the_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (61, 83, 3)).astype(np.uint8)
    pixels[..., 2] //= 7
    mean = pixels.reshape(-1, 3).mean(axis=0).round().astype(int).tolist()
    assert colour_of(Image.fromarray(pixels)).to_bytes(3, "big") == bytes(mean)
