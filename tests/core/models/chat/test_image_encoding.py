"""What chat models are shown: never less than they take, never more than they look at, long images legibly."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeBackend
from PIL import Image, ImageDraw

from core.domain import Asking, ImageInput, ImageRow, Wording
from core.ingest.decode import image_path, prepare
from core.ingest.sheet import as_sheet, is_long
from core.ingest.sources.source_file import Found
from core.models.chat.image_encoding import LEAST, as_jpeg, reduced
from core.models.chat.vision import ChatVision
from core.prompts import worded

SMALL = [
    (1, 1),
    (12, 12),
    (5, 9),
    (27, 300),
    (300, 27),
    (60, 64),
    (1000, 4),
    (4, 1000),
    (1024, 3),
    (40, 800),
]


def shown(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(as_jpeg(path))).convert("RGB")


@pytest.mark.parametrize("size", SMALL)
def test_no_side_is_shorter_than_a_model_takes(size: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGB", size, "red").save(tmp_path / "a.jpg", quality=95)
    for made in (reduced(tmp_path / "a.jpg"), shown(tmp_path / "a.jpg")):
        assert min(made.size) >= LEAST
        assert max(made.size) <= min(768, 20 * min(made.size))
        middle = made.getpixel((made.width // 2, made.height // 2))
        assert isinstance(middle, tuple)
        assert middle[0] > 2 * max(middle[1:])  # red


@pytest.mark.parametrize("size", [(64, 64), (224, 224), (768, 512), (100, 768)])
def test_what_fits_is_sent_as_it_is(size: tuple[int, int], tmp_path: Path) -> None:
    Image.effect_noise(size, 60).convert("RGB").save(tmp_path / "a.jpg")
    assert as_jpeg(tmp_path / "a.jpg") == (tmp_path / "a.jpg").read_bytes()
    assert reduced(tmp_path / "a.jpg").size == size


@pytest.mark.parametrize("size", [(1024, 700), (1600, 1600), (3000, 900)])
def test_what_is_larger_is_made_smaller(size: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGB", size, "red").save(tmp_path / "a.jpg")
    assert shown(tmp_path / "a.jpg").size == reduced(tmp_path / "a.jpg").size
    if max(size) <= 1024:  # an ordinary view
        assert max(shown(tmp_path / "a.jpg").size) == 768


def screenshot(width: int, height: int) -> Image.Image:
    """A page of numbered lines, one every 48 pixels along its longer side."""
    along = max(width, height)
    page = Image.new("RGB", (min(width, height), along), "white")
    draw = ImageDraw.Draw(page)
    for number in range(along // 48):
        grey = 40 + number % 5 * 30
        draw.rectangle((20, number * 48, page.width - 20, number * 48 + 24), fill=(grey, 0, 255 - grey))
    return page if height > width else page.transpose(Image.Transpose.ROTATE_90)


@pytest.mark.parametrize("size", [(480, 15360), (15360, 480), (1080, 20000), (600, 5000), (20000, 160)])
def test_a_very_long_image_is_a_sheet_of_its_strips(size: tuple[int, int], tmp_path: Path) -> None:
    screenshot(*size).save(tmp_path / "a.png")
    row = prepare(Found("a.png", tmp_path / "a.png"), tmp_path, 40_000_000)
    assert isinstance(row, ImageRow)
    assert (row.width, row.height) == size
    assert "times as long as wide" in row.note
    seen = shown(image_path(tmp_path, row.id, "view"))
    scale = np.sqrt(seen.width * seen.height / (size[0] * size[1]))
    assert max(seen.size) <= 2 * min(seen.size)
    assert max(seen.size) <= 2 * 768
    assert scale > 0.3  # fitted whole it would be 0.05 of 15360 pixels


def test_a_sheet_holds_all_of_the_image_in_order() -> None:
    page = screenshot(480, 15360)
    sheet, note = as_sheet(page)
    number, width, spare = int(note.split()[2]), 480, 30
    strips = [
        np.asarray(sheet)[:, place * (width + spare) : place * (width + spare) + width] for place in range(number)
    ]
    whole, end = np.asarray(page), 0
    for place, strip in enumerate(strips):
        start = min(place * (sheet.height - spare), page.height - sheet.height)
        assert start <= end - (place > 0)  # what lies on the cut is shown twice
        assert (strip == whole[start : start + sheet.height]).all()
        end = start + sheet.height
    assert end == page.height


@pytest.mark.parametrize(
    "size", [(4000, 3000), (12000, 2500), (728, 90), (970, 90), (1000, 4), (600, 2048), (6000, 1200)]
)
def test_other_images_are_shown_whole(size: tuple[int, int]) -> None:
    assert not is_long(size)


def test_a_long_jpeg_is_decoded_in_full(tmp_path: Path) -> None:
    """A camera's photo is decoded at a quarter of its size; of a long page that would leave nothing to read."""
    screenshot(480, 9600).save(tmp_path / "a.jpg", quality=95)
    row = prepare(Found("a.jpg", tmp_path / "a.jpg"), tmp_path, 40_000_000)
    assert isinstance(row, ImageRow)
    with Image.open(image_path(tmp_path, row.id, "view")) as view:
        assert max(view.size) == 2048
        assert len(view.convert("L").resize((view.width, 1)).getcolors() or ()) > 1


def view(folder: Path, image: Image.Image, **saved: object) -> Path:
    """Our copy of an image, as vision models are shown it."""
    name = "a.jpg" if saved else "a.png"
    image.save(folder / name, **saved)  # type: ignore[arg-type]
    row = prepare(Found(name, folder / name), folder, 40_000_000)
    assert isinstance(row, ImageRow)
    return image_path(folder, row.id, "view")


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((480, 15360), "cut into 6 columns side by side on grey: read them from left to right"),
        ((15360, 480), "cut into 6 rows side by side on grey: read them from top to bottom"),
        ((60, 3600), "cut into 8 columns"),
    ],
)
@pytest.mark.parametrize("also", [(), ("shape",)])
def test_the_prompt_says_how_strips_are_to_be_read(
    size: tuple[int, int], said: str, also: tuple[str, ...], tmp_path: Path
) -> None:
    backend = FakeBackend('{"1": "red", "2": "round"}')
    vision = ChatVision(backend, asking=Asking(also=also))
    vision.describe([ImageInput(view(tmp_path, screenshot(*size)))], "colour")
    assert said in backend.history[0].text


@pytest.mark.parametrize("comment", [b"", b"facetry sheet: 6 columns", b"\xff 6 columns"])
def test_the_prompt_of_any_other_image_is_as_it_was(comment: bytes, tmp_path: Path) -> None:
    """What a file says of itself counts for nothing."""
    backend = FakeBackend("A page.", "A page.")
    images = [ImageInput(view(tmp_path, screenshot(300, 900), comment=comment)), ImageInput(None)]
    vision = ChatVision(backend)
    vision.describe(images, "colour")
    assert {request.text for request in backend.history} == {worded("describe", Wording()).render(criterion="colour")}
