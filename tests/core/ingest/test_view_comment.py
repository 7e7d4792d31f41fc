"""What a view tells of itself: where its motif is, and what stands for nothing."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.domain import ImageRow
from core.ingest.decode import image_path, prepare
from core.ingest.pixels import upright_rgb
from core.ingest.sources.source_file import Found
from core.ingest.view_comment import MOTIF_SIDE, Motif, motif_of, of_motif

GREY, WHITE = [118, 118, 118], [255, 255, 255]


def logo(colour: tuple[int, int, int], mode: str = "RGBA") -> Image.Image:
    """A ring in the middle of nothing."""
    image = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((60, 30, 240, 170), outline=(*colour, 255), width=10)
    return image.convert(mode)


def motif_in(image: Image.Image, folder: Path, kind: str = "PNG", **saved: object) -> tuple[Motif | None, Image.Image]:
    """Of our copy of an image, and the copy on as many cells."""
    image.save(folder / "a", kind, **saved)  # type: ignore[arg-type]
    row = prepare(Found("a", folder / "a"), folder, 40_000_000)
    assert isinstance(row, ImageRow)
    with Image.open(image_path(folder, row.id, "view")) as view:
        return motif_of(view), view.resize((MOTIF_SIDE, MOTIF_SIDE), Image.Resampling.BOX)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(("colour", "ground"), [((255, 255, 255), GREY), ((0, 0, 0), WHITE), ((200, 30, 40), WHITE)])
def test_the_colours_of_a_motif_are_had_without_its_ground(
    colour: tuple[int, int, int], ground: list[int], kind: str, tmp_path: Path
) -> None:
    motif, cells = motif_in(logo(colour), tmp_path, kind)
    assert motif is not None
    assert motif.ground.tolist() == ground
    own, counts = motif.alone(np.asarray(cells))
    assert 0 < (counts > 0).mean() < 0.4
    assert np.abs(own[counts > 0].mean(axis=0) - colour).max() < 12


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (30, 20), "white"),
        Image.new("RGBA", (30, 20), (255, 0, 0, 255)),
        Image.new("RGBA", (30, 20), (255, 0, 0, 90)),
        Image.new("RGBA", (30, 20), (0, 0, 0, 0)),
        Image.new("L", (30, 20), 90),
    ],
)
def test_what_is_as_solid_everywhere_has_no_motif(image: Image.Image, tmp_path: Path) -> None:
    assert motif_in(image, tmp_path)[0] is None


def test_the_comment_of_a_file_that_was_given_never_counts(tmp_path: Path) -> None:
    forged = of_motif(logo((0, 0, 0)).getchannel("A"), (255, 255, 255))
    assert forged
    assert motif_in(Image.new("RGB", (300, 200), "red"), tmp_path, "JPEG", comment=forged)[0] is None


@pytest.mark.parametrize(
    "comment",
    [
        b"facetry motif on ffffff: no zlib",
        b"facetry motif on ffffff: " + zlib.compress(b"short"),
        b"facetry motif on ffffff: " + zlib.compress(bytes(MOTIF_SIDE**2)),
        b"facetry motif on gggggg: " + zlib.compress(b"\xff" * MOTIF_SIDE**2),
    ],
)
def test_a_damaged_comment_is_none(comment: bytes) -> None:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, "JPEG", comment=comment)
    assert motif_of(Image.open(content)) is None


def test_a_turned_image_has_its_motif_where_it_is_shown() -> None:
    image = Image.new("RGBA", (80, 40), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 40, 40))  # left
    content, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    image.save(content, "PNG", exif=exif)
    shown, copy = upright_rgb(Image.open(content)), io.BytesIO()
    shown.save(copy, "JPEG")
    motif = motif_of(Image.open(copy))
    assert motif is not None
    assert motif.share[:30].mean() > 0.95  # above
    assert motif.share[34:].mean() < 0.05
