"""What the text layer of a PDF page says is its reading; a page without one, or with a stamp on a scan, is read."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from pdf_pages import write_pdf
from PIL import Image
from shortcuts import decode_in_process

from core.config import Config
from core.domain import Line
from core.ingest import pdf_text, source
from core.ingest.decode import image_path
from core.ingest.view_comment import lines_of, of_lines
from core.models.reading import reader

_INVOICE = [(20, 40, 450, "ACME Trading Ltd"), (10, 40, 300, "Total"), (10, 70, 300, "due"), (10, 300, 300, "12.40")]


def read_view(given: Path, tmp_path: Path, **options: bool) -> list[tuple[Line, ...] | None]:
    """What the views of a PDF file tell of the text in them."""
    config = Config(tmp_path / "ws")
    found = source.find(str(given), "", config, **options)  # type: ignore[arg-type]
    views = [
        image_path(tmp_path / "copies", row.item.item_id, "view")
        for row in source.look(found, tmp_path / "copies", config)
    ]
    told = []
    for view in views:
        with Image.open(view) as image:
            told.append(lines_of(image))
    return told


@pytest.mark.parametrize("turn", [0, 90])
def test_the_text_layer_is_the_reading_of_a_page(turn: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decode_in_process(monkeypatch)
    given = write_pdf(tmp_path / "a.pdf", [_INVOICE, []], turn)
    first, empty = read_view(given, tmp_path, pdf_pages=True)
    assert empty is None  # no layer: to be read
    assert first is not None
    if turn:
        assert {line.text for line in first} >= {"ACME Trading Ltd", "12.40"}
        assert all(line.corners[0][0] > 0.5 for line in first if "ACME" in line.text)  # the top is on the right
        return
    assert [line.text for line in first] == ["ACME Trading Ltd", "Total due", "12.40"]
    (left, top), _, (right, bottom), _ = first[0].corners
    assert left == pytest.approx(40 / 400, abs=0.01)
    assert top < 1 - 450 / 500 < bottom + 0.01
    assert right > left + 0.3
    monkeypatch.setattr(reader, "_reader", lambda: pytest.fail("a page that tells its text was read"))
    views = sorted((tmp_path / "copies" / "view").rglob("*.jpg"), key=lambda path: path.stat().st_size)
    assert reader.read(views[-1]) == first


def test_a_layer_that_does_not_say_what_is_seen_counts_for_nothing(tmp_path: Path) -> None:
    document = pypdfium2.PdfDocument(write_pdf(tmp_path / "a.pdf", [[(10, 5, 5, "Scanned 2026")], _INVOICE]))
    stamp, page = document[0], document[1]
    assert pdf_text.lines(stamp) is not None
    for scan in (stamp, page):
        placed = pypdfium2.PdfImage.new(document)
        placed.set_bitmap(pypdfium2.PdfBitmap.from_pil(Image.new("RGB", (80, 100), "white")))
        placed.set_matrix(pypdfium2.PdfMatrix().scale(400, 500))
        scan.insert_obj(placed)
        scan.gen_content()
    assert pdf_text.lines(stamp) is None
    odd = write_pdf(tmp_path / "b.pdf", [[(10, 40, 400, r"\001\002\003\004\005 ab")]])
    assert pdf_text.lines(pypdfium2.PdfDocument(odd)[0]) is None
    document.close()


def test_what_is_written_survives_the_comment_of_a_view(tmp_path: Path) -> None:
    lines = (Line("Größe “5”", ((0.1, 0.2), (0.3, 0.2), (0.3, 0.25), (0.1, 0.25)), 0.9),)
    for told in (lines, ()):
        Image.new("RGB", (20, 20)).save(tmp_path / "a.jpg", comment=of_lines(told))
        with Image.open(tmp_path / "a.jpg") as image:
            assert lines_of(image) == told
    for comment in (b"", b"facetry told: broken", b"facetry told: "):
        Image.new("RGB", (20, 20)).save(tmp_path / "a.jpg", comment=comment)
        with Image.open(tmp_path / "a.jpg") as image:
            assert lines_of(image) is None
