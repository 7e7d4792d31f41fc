"""PDF files count as the images in them or, if asked, as their pages; odd ones get one sentence and lose nothing."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from core.config import Config
from core.domain import DatasetRow
from core.errors import BadInput
from core.ingest import pdf, source
from core.ingest.decode import image_path
from core.ingest.sources.source_file import Found


def noise(seed: int, size: tuple[int, int] = (80, 60)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8))


def brochure(path: Path, pages: list[list[Image.Image]]) -> Path:
    """A PDF file with these images on its pages, each as it is."""
    document = pypdfium2.PdfDocument.new()
    for images in pages:
        page = document.new_page(300, 400)
        for number, image in enumerate(images):
            placed = pypdfium2.PdfImage.new(document)
            placed.set_bitmap(pypdfium2.PdfBitmap.from_pil(image))
            placed.set_matrix(pypdfium2.PdfMatrix().scale(image.width, image.height).translate(20, 20 + 100 * number))
            page.insert_obj(placed)
        page.gen_content()
    document.save(str(path))
    document.close()
    return path


def looked(given: Path, tmp_path: Path, **options: bool) -> list[source.Looked]:
    config = Config(tmp_path / "ws")
    found = source.find(str(given), "", config, **options)  # type: ignore[arg-type]
    result = list(source.look(found, tmp_path / "copies", config))
    assert len(result) == found.given
    stored = DatasetRow(found.dataset_id, found.name, found.address, found.given, {})
    assert source.reopen(stored, config) == found
    return result


def test_the_images_in_a_pdf_come_in_with_their_page(tmp_path: Path) -> None:
    logo = noise(0)
    red = Image.new("RGB", (90, 70), (220, 20, 10))
    given = brochure(tmp_path / "brochure.pdf", [[logo, red], [], [logo, Image.new("RGB", (5, 300))]])
    result = looked(given, tmp_path)
    assert [row.item.name for row in result] == [
        "brochure.pdf, page 1, image 1",
        "brochure.pdf, page 1, image 2",
        "brochure.pdf, page 3, image 1",
    ]  # the line of five pixels is layout
    assert [row.item.status for row in result] == ["ready", "ready", "duplicate"]
    assert [(row.image.format, row.image.width, row.image.height) for row in result if row.image] == [
        ("PDF", 80, 60),
        ("PDF", 90, 70),
    ]
    shown = np.asarray(Image.open(image_path(tmp_path / "copies", result[1].item.item_id, "view"))).astype(int)
    assert abs(shown.mean(axis=(0, 1)) - (220, 20, 10)).max() < 4


def test_pages_come_in_if_asked(tmp_path: Path) -> None:
    given = brochure(tmp_path / "brochure.pdf", [[noise(0)], [noise(1)], []])
    result = looked(given, tmp_path, pdf_pages=True)
    assert [row.item.name for row in result] == [f"brochure.pdf, page {page}" for page in (1, 2, 3)]
    assert [row.item.status for row in result] == ["ready"] * 3
    assert result[0].image
    assert (result[0].image.width, result[0].image.height) == (1536, 2048)
    blank = np.asarray(Image.open(image_path(tmp_path / "copies", result[2].item.item_id, "view")))
    assert blank.min() > 250


def test_pdfs_in_folders_and_zips_count_as_what_they_hold(tmp_path: Path) -> None:
    folder = tmp_path / "pics"
    folder.mkdir()
    brochure(folder / "a.pdf", [[noise(0)], [noise(1)]])
    brochure(folder / "text.PDF", [[]])
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nonsense")
    noise(2).save(folder / "b.png")
    with zipfile.ZipFile(tmp_path / "pics.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    for given in (folder, tmp_path / "pics.zip"):
        result = [file.item for file in looked(given, tmp_path)]
        assert Counter(row.status for row in result) == {"ready": 3, "skipped": 2}
        reasons = {row.name: row.reason for row in result if row.status == "skipped"}
        assert "damaged" in reasons["broken.pdf"]
        assert "holds no images" in reasons["text.PDF"]


def test_an_image_that_is_called_pdf_is_an_image_and_a_pdf_of_any_name_a_pdf(tmp_path: Path) -> None:
    folder = tmp_path / "pics"
    folder.mkdir()
    Image.new("RGB", (60, 40), "red").save(folder / "photo.pdf", "PNG")
    Image.new("RGB", (80, 60), "blue").save(folder / "scan.download", "PDF")
    config = Config(tmp_path / "ws")
    looked = list(source.look(source.find(str(folder), "", config), tmp_path / "copies", config))
    assert {(found.item.name, found.image and found.image.format) for found in looked} == {
        ("photo.pdf", "PNG"),
        ("scan.download, page 1, image 1", "PDF"),
    }


def test_a_locked_pdf_gets_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "locked.pdf").write_bytes(LOCKED)
    (result,) = looked(tmp_path / "locked.pdf", tmp_path)
    assert result.item.reason == "The PDF file is protected by a password. Save it without one."


def test_limits_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = brochure(tmp_path / "a.pdf", [[noise(0), noise(1)], [noise(2)]])
    file = Found("a.pdf", path)
    monkeypatch.setattr(pdf, "MAX_IMAGES", 2)
    with pytest.raises(BadInput, match="more than 2 images"):
        pdf.parts(file, pages=False)
    monkeypatch.setattr(pdf, "MAX_PAGES", 1)
    with pytest.raises(BadInput, match="2 pages; up to 1"):
        pdf.parts(file, pages=True)
    with pytest.raises(BadInput, match="80 x 60"):
        pdf.picture(Found("a.pdf", path, part=(0, 0)), 1000)


LOCKED = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj
3 0 obj<</Filter/Standard/V 1/R 2/P -44/Length 40
/O<0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef>
/U<0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef>>>endobj
trailer<</Root 1 0 R/Encrypt 3 0 R/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]/Size 4>>
%%EOF
"""
"""Nothing inside, under a password that nobody knows."""
