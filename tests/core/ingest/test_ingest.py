"""Images and folders as people really have them: each file is used or refused with one sentence, and none is lost."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from core.config import Config
from core.domain import DatasetRow, ImageRow
from core.errors import BadInput
from core.ingest import source
from core.ingest.decode import Unusable, image_path, prepare
from core.ingest.sources import folder
from core.ingest.sources.source_file import Found

PIXELS = 40_000_000


def view(copies: Path, prepared: ImageRow | Unusable) -> np.ndarray:
    """Our copy of a prepared image, as pixels."""
    assert isinstance(prepared, ImageRow), prepared
    return np.asarray(Image.open(image_path(copies, prepared.id, "view"))).astype(int)


def bomb(path: Path, side: int) -> Path:
    """A PNG of side x side white pixels that is a few kilobytes on disk."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\0" + b"\xff" * ((side + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    return path


def test_an_ordinary_photo_gets_a_thumbnail_and_a_view(tmp_path: Path) -> None:
    Image.new("RGB", (2000, 1000), (200, 30, 30)).save(tmp_path / "a.jpg", quality=95)
    done = prepare(Found("a", tmp_path / "a.jpg"), tmp_path / "copies", PIXELS)
    assert isinstance(done, ImageRow)
    assert (done.format, done.width, done.height, done.note) == ("JPEG", 2000, 1000, "")
    with Image.open(image_path(tmp_path / "copies", done.id, "thumb")) as thumb:
        assert (thumb.format, thumb.size) == ("WEBP", (256, 128))
    assert view(tmp_path / "copies", done).shape == (512 * 1, 1024, 3)
    assert (
        prepare(Found("a", tmp_path / "a.jpg"), tmp_path / "copies", PIXELS) == done
    )  # again, from the copies that are there


def test_a_photo_on_its_side_is_turned_upright(tmp_path: Path) -> None:
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, :40] = (255, 0, 0)  # red on the left; after a quarter turn to the right it is on top
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif, quality=95)
    done = prepare(Found("a", tmp_path / "a.jpg"), tmp_path, PIXELS)
    assert isinstance(done, ImageRow)
    assert (done.width, done.height) == (40, 80)
    upright = view(tmp_path, done)
    assert upright.shape == (80, 40, 3)
    assert upright[10, 20, 0] > 200
    assert upright[70, 20, 0] < 50


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.full((20, 20), 32768, np.uint16), 128),  # 16 bits, half grey: a plain conversion shows white
        (np.full((20, 20), 2048, np.uint16), 128),  # 12 bits in 16
        (np.full((20, 20), 100, np.uint16), 100),  # 8 bits in 16
        (np.full((20, 20), 0.5, np.float32), 127),  # 0 to 1
        (np.full((20, 20), 90.0, np.float32), 90),  # 0 to 255
    ],
)
def test_deep_grey_images_keep_their_grey(tmp_path: Path, pixels: np.ndarray, expected: int) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    shown = view(tmp_path, prepare(Found("a", tmp_path / "a.tif"), tmp_path, PIXELS))
    assert abs(int(shown.mean()) - expected) <= 2


def test_sixteen_bit_png_with_a_range_keeps_its_order(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16)[None, :].repeat(8, 0)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    shown = view(tmp_path, prepare(Found("a", tmp_path / "a.png"), tmp_path, PIXELS))[4, :, 0]
    assert shown[0] < 10
    assert 110 < shown[32] < 145
    assert shown[-1] > 245


def test_float_with_negatives_and_nan_is_scaled_by_its_range(tmp_path: Path) -> None:
    pixels = np.linspace(-5, 5, 100, dtype=np.float32).reshape(10, 10)
    pixels[0, 0] = np.nan
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    shown = view(tmp_path, prepare(Found("a", tmp_path / "a.tif"), tmp_path, PIXELS))
    assert shown[9, 9, 0] > 240
    assert shown[0, 1, 0] < 30


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    for name, image in {
        "rgba.png": Image.new("RGBA", (20, 20), (0, 0, 0, 0)),
        "la.png": Image.new("LA", (20, 20), (0, 0)),
        "half.webp": Image.new("RGBA", (20, 20), (0, 0, 0, 0)),
    }.items():
        image.save(tmp_path / name)
        assert view(tmp_path, prepare(Found("a", tmp_path / name), tmp_path, PIXELS)).min() > 250, name
    palette = Image.new("P", (20, 20), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.save(tmp_path / "p.gif", transparency=0)
    assert view(tmp_path, prepare(Found("a", tmp_path / "p.gif"), tmp_path, PIXELS)).min() > 250


def test_cmyk_and_colour_profiles_become_srgb(tmp_path: Path) -> None:
    Image.new("CMYK", (20, 20), (0, 255, 255, 0)).save(tmp_path / "cmyk.jpg", quality=95)
    red = view(tmp_path, prepare(Found("a", tmp_path / "cmyk.jpg"), tmp_path, PIXELS)).mean(axis=(0, 1))
    assert red[0] > 200
    assert red[1] < 60
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (20, 20), (10, 200, 10)).save(tmp_path / "icc.png", icc_profile=profile)
    assert view(tmp_path, prepare(Found("a", tmp_path / "icc.png"), tmp_path, PIXELS))[5, 5, 1] > 190
    Image.new("RGB", (20, 20), (10, 200, 20)).save(tmp_path / "broken.png", icc_profile=b"nonsense")
    assert view(tmp_path, prepare(Found("a", tmp_path / "broken.png"), tmp_path, PIXELS))[5, 5, 1] > 190


def test_an_animation_shows_its_first_frame_and_says_so(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    done = prepare(Found("a", tmp_path / "a.gif"), tmp_path, PIXELS)
    assert isinstance(done, ImageRow)
    assert done.note == "first of 3 frames"
    assert view(tmp_path, done)[5, 5].tolist()[0] > 200


def damaged(path: Path) -> Path:
    buffer = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(buffer, "JPEG")
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    return path


def wrote(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


REFUSED = {
    "text.jpg": (lambda path: wrote(path, b"hello, I am a text"), "not an image that can be read"),
    "empty.png": (lambda path: wrote(path, b""), "empty"),
    "half.jpg": (damaged, "damaged"),
    "header.png": (lambda path: wrote(path, b"\x89PNG\r\n\x1a\n" + b"\0" * 50), "(damaged|not an image)"),
    "bomb.png": (lambda path: bomb(path, 10_000), "too large .*100 megapixels; 40 are allowed"),
    "drawing.png": (lambda path: wrote(path, b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "made of lines"),
    "paper.tif": (lambda path: wrote(path, b"%PDF-1.4 ..."), "the ending .pdf"),
    "post.jpg": (lambda path: wrote(path, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n"), "for printing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    make, sentence = REFUSED[name]
    outcome = prepare(Found(name, make(tmp_path / name)), tmp_path / "copies", PIXELS)
    assert isinstance(outcome, Unusable)
    with pytest.raises(BadInput, match=sentence):
        raise BadInput(outcome.reason)
    assert not (tmp_path / "copies").exists()


@pytest.mark.parametrize(
    "said", [None, "", "[", "[1]", '["PNG", 0, 5, ""]', '["PNG", 1e20, 5, ""]', '["\\ud800", 5, 5, ""]']
)
def test_a_thumbnail_that_does_not_say_what_the_image_was_is_not_believed(tmp_path: Path, said: str | None) -> None:
    Image.new("RGB", (60, 40), "red").save(tmp_path / "a.png")
    first = prepare(Found("a.png", tmp_path / "a.png"), tmp_path, PIXELS)
    assert isinstance(first, ImageRow)
    thumb, exif = image_path(tmp_path, first.id, "thumb"), Image.Exif()
    exif[0x010E] = said or ""
    with Image.open(thumb) as copy:
        copy.load()
    copy.save(thumb, exif=b"" if said is None else exif)
    again = prepare(Found("a.png", tmp_path / "a.png"), tmp_path, PIXELS)
    assert isinstance(again, ImageRow)
    assert again == first
    with Image.open(thumb) as copy:
        assert copy.getexif()[0x010E] == '["PNG", 60, 40, ""]'  # made anew


def test_a_missing_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    outcome = prepare(Found("a", tmp_path / "nope.jpg"), tmp_path, PIXELS)
    assert isinstance(outcome, Unusable)
    assert "could not be read" in outcome.reason


def test_a_folder_is_accounted_for_to_the_last_file(tmp_path: Path) -> None:
    images = tmp_path / "images"
    (images / "sub").mkdir(parents=True)
    for number in (10, 2, 1):
        Image.new("RGB", (30, 30), (number * 20, 0, 0)).save(images / f"{number}.png")
    (images / "sub" / "copy.png").write_bytes((images / "2.png").read_bytes())
    for name, (make, _) in REFUSED.items():
        make(images / name)
    (images / "notes.txt").write_text("x")
    (images / ".DS_Store").write_text("x")
    (images / "link.png").symlink_to(images / "gone.png")
    config = Config(tmp_path / "ws")
    found = source.find(str(images), "", config)
    looked = list(source.look(found, tmp_path / "copies", config))
    assert len(looked) == found.given == 4 + len(REFUSED) + 3
    assert Counter(file.item.status for file in looked) == {"ready": 3, "duplicate": 1, "skipped": len(REFUSED) + 3}
    assert [file.item.name for file in looked if file.image] == ["1.png", "2.png", "10.png"]
    assert all(file.item.reason for file in looked if file.item.status != "ready")
    assert [file.item.position for file in looked] == list(range(found.given))


def test_a_slow_or_crashing_decoder_costs_one_image_only(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    Image.new("RGB", (30, 30), "red").save(images / "a.png")
    bomb(images / "b.png", 6000)
    Image.new("RGB", (30, 30), "blue").save(images / "c.png")
    config = replace(Config(tmp_path / "ws"), decode_seconds=0.01)
    found = source.find(str(images), "", config)
    reasons = [file.item.reason for file in source.look(found, tmp_path / "copies", config)]
    assert "longer than" in reasons[1]


def test_a_decoder_may_not_eat_the_machines_memory(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    bomb(images / "a.png", 6000)
    Image.new("RGB", (30, 30), "blue").save(images / "b.png")
    config = replace(Config(tmp_path / "ws"), decode_memory=450 * 1024**2)
    found = source.find(str(images), "", config)
    looked = [file.item for file in source.look(found, tmp_path / "copies", config)]
    assert [file.status for file in looked] == ["skipped", "ready"]
    assert "memory" in looked[0].reason


def test_the_same_folder_is_the_same_dataset_until_it_changes(tmp_path: Path) -> None:
    Image.new("RGB", (30, 30)).save(tmp_path / "a.png")
    config = Config(tmp_path / "ws")
    first = source.find(str(tmp_path), "", config).dataset_id
    assert source.find(str(tmp_path), "", config).dataset_id == first
    Image.new("RGB", (31, 30)).save(tmp_path / "b.png")
    assert source.find(str(tmp_path), "", config).dataset_id != first
    assert source.find(str(tmp_path), "", config, limit=1).dataset_id != first


def test_a_sample_is_spread_over_all_images(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}.png").write_bytes(png("red"))
    (tmp_path / "notes.txt").write_text("x")
    config = Config(tmp_path / "ws")
    some = source.find(str(tmp_path), "", config, 4, spread=True)
    assert source.names(some) == ["0.png", "2.png", "5.png", "7.png"]
    assert source.names(source.find(str(tmp_path), "", config, 4)) == ["0.png", "1.png", "2.png", "3.png"]
    assert len(source.names(source.find(str(tmp_path), "", config, 20, spread=True))) == 10


def test_every_kind_of_source_is_found_again_where_it_was(tmp_path: Path) -> None:
    config = Config(tmp_path / "ws")
    (tmp_path / "pics").mkdir()
    (tmp_path / "pics" / "a.png").write_bytes(png("red"))
    (tmp_path / "list.csv").write_text("image\npics/a.png\n")
    (tmp_path / "r.jsonl").write_text('{"image": "a", "label": "b"}\n')
    zipped(tmp_path / "a.zip", {"a.png": png("red")})
    for images, records in (("pics", ""), ("a.zip", ""), ("list.csv", ""), ("", "r.jsonl")):
        first = source.find(images and str(tmp_path / images), records and str(tmp_path / records), config)
        stored = DatasetRow(first.dataset_id, first.name, first.address, first.given, {})
        assert source.reopen(stored, config) == first


def test_folders_that_cannot_be_read_are_refused_with_a_sentence(tmp_path: Path) -> None:
    config = Config(tmp_path / "ws")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for address, sentence in {"nope": "does not exist", "file": "is a file", "empty": "is empty"}.items():
        with pytest.raises(BadInput, match=sentence):
            folder.scan(tmp_path / address, config, "")
    fenced = replace(config, image_roots=(tmp_path / "allowed",))
    with pytest.raises(BadInput, match="may only be read from"):
        folder.scan(tmp_path / "empty", fenced, "")
    (tmp_path / "allowed").mkdir()
    (tmp_path / "allowed" / "way_out").symlink_to(tmp_path / "empty")
    Image.new("RGB", (9, 9)).save(tmp_path / "private.png")
    (tmp_path / "allowed" / "link.png").symlink_to(tmp_path / "private.png")
    looked = list(source.look(source.find(str(tmp_path / "allowed"), "", fenced), tmp_path / "copies", fenced))
    assert [file.item.name for file in looked] == ["link.png", "way_out"]
    assert {file.item.reason for file in looked} == {"A link to a place that images may not be read from."}
    with pytest.raises(BadInput, match="may only be read from"):
        folder.scan(tmp_path / "allowed" / "way_out", fenced, "")


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_zip_is_read_in_place_and_accounted_for(tmp_path: Path) -> None:
    members = {
        "b/10.png": png("red"),
        "b/2.png": png("blue"),
        "../../evil.png": png("green"),
        "b/copy.png": png("red"),
        "__MACOSX/._2.png": b"x",
        "readme.txt": b"x",
        "bad.jpg": b"x",
        "folder/": b"",
    }
    found = source.find(str(zipped(tmp_path / "a.zip", members)), "", Config(tmp_path / "ws"))
    looked = list(source.look(found, tmp_path / "ws" / "copies", Config(tmp_path / "ws")))
    assert found.given == len(looked) == 7
    assert [file.item.name for file in looked if file.image] == ["b/2.png", "b/10.png"]
    assert Counter(file.item.status for file in looked) == {"ready": 2, "duplicate": 1, "skipped": 4}
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "ws"}
    assert not (tmp_path.parent / "evil.png").exists()


def test_odd_zips_get_a_sentence_and_lose_nothing(tmp_path: Path) -> None:
    config = Config(tmp_path / "ws")
    whole = zipped(tmp_path / "whole.zip", {"a.png": png("red"), "b.png": png("blue")})
    (tmp_path / "cut.zip").write_bytes(whole.read_bytes()[:-30])
    (tmp_path / "text.zip").write_text("hello")
    zipped(tmp_path / "empty.zip", {})
    for name, sentence in {"cut.zip": "cut off", "text.zip": "not a ZIP", "empty.zip": "is empty"}.items():
        with pytest.raises(BadInput, match=sentence):
            source.find(str(tmp_path / name), "", config)
    content = bytearray(whole.read_bytes())
    content[50:60] = b"\xff" * 10  # inside the first member
    (tmp_path / "flipped.zip").write_bytes(content)
    found = source.find(str(tmp_path / "flipped.zip"), "", config)
    looked = [file.item for file in source.look(found, tmp_path / "copies", config)]
    assert [file.status for file in looked] == ["skipped", "ready"]
    assert "damaged" in looked[0].reason


def test_a_csv_that_lists_images_is_accounted_for_row_by_row(tmp_path: Path) -> None:
    (tmp_path / "pics").mkdir()
    (tmp_path / "pics" / "a.png").write_bytes(png("red"))
    (tmp_path / "b.png").write_bytes(png("blue"))
    table = tmp_path / "list.csv"
    table.write_text(f"image,colour\npics/a.png,red\n{tmp_path / 'b.png'},blue\ngone.png,red\n,x\nnotes.txt,y\n")
    config = Config(tmp_path / "ws")
    found = source.find(str(table), "", config)
    looked = [file.item for file in source.look(found, tmp_path / "copies", config)]
    assert [file.status for file in looked] == ["ready", "ready", "skipped", "skipped", "skipped"]
    assert ["no such file" in looked[2].reason, "names no image" in looked[3].reason] == [True, True]
    table.write_text("image\n")
    with pytest.raises(BadInput, match="lists no images"):
        source.find(str(table), "", config)
