"""A PDF file -> the pictures in it, or its pages as they print. Runs in a worker: a PDF is as untrusted as an image.

A PDF counts as the images that it holds. Tiny ones (rules, bullets, spacers) are layout, not content, and do not count.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PIL import Image

from core.errors import BadInput
from core.ingest import pdf_text
from core.ingest.sources.file_kind import HEAD, kind_of, refusal_of
from core.ingest.sources.source_file import Found, Part, opened_head
from core.ingest.sources.zip_file import read_member
from core.ingest.view_comment import of_lines

SMALLEST = 32
"""Pixels of the shorter side of an image that counts."""
MAX_PAGES = 5_000
MAX_IMAGES = 20_000
WHOLE_PAGE = -1
_PAGE_SIDE = 2048


def parts(file: Found, pages: bool) -> list[Part]:
    """(page, image) of each image in a PDF file, or (page, WHOLE_PAGE) of each page; none where it is an image that is
    called one. Raises BadInput."""
    import pypdfium2.raw as raw

    if _is_image(file):
        return []
    document = _open(file)
    if len(document) > MAX_PAGES:
        raise BadInput(f"The PDF file has {len(document):,} pages; up to {MAX_PAGES:,} are read. Give it in parts.")
    if pages:
        return [(page, WHOLE_PAGE) for page in range(len(document))]
    found: list[Part] = []
    for page in range(len(document)):
        images = document[page].get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])
        found += [(page, place) for place, image in enumerate(images) if min(image.get_px_size()) >= SMALLEST]
        if len(found) > MAX_IMAGES:
            raise BadInput(f"The PDF file holds more than {MAX_IMAGES:,} images. Give it in parts.")
    if not found:
        raise BadInput("The PDF file holds no images, only text or drawings. Ask for its pages instead.")
    return found


def _is_image(file: Found) -> bool:
    try:
        head = opened_head(file.path) if file.member is None else read_member(file.path, file.member)[:HEAD]
    except OSError:
        return False
    kind, _ = kind_of(head)
    return bool(kind) and kind != "PDF" and not refusal_of(kind)


def picture(file: Found, max_pixels: int) -> Image.Image:
    """One part of a PDF file. Raises BadInput when it is too large or cannot be shown."""
    import pypdfium2.raw as raw

    assert file.part is not None
    number, place = file.part
    page = _open(file)[number]
    if place == WHOLE_PAGE:
        return _shown(page.render(scale=_PAGE_SIDE / max(*page.get_size(), 1)))
    image = list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]))[place]
    width, height = image.get_px_size()
    if width * height > max_pixels:
        size = f"{width} x {height} = {width * height / 1e6:.0f} megapixels"
        raise BadInput(f"The image is too large ({size}; {max_pixels / 1e6:.0f} are allowed). Scale it down.")
    return _shown(image.get_bitmap(render=True))


def comment(file: Found) -> bytes:
    """What the view of a part tells of itself: what is written on a page, where its text layer says so."""
    import pypdfium2

    assert file.part is not None
    number, place = file.part
    if place != WHOLE_PAGE:
        return b""
    try:
        found = pdf_text.lines(_open(file)[number])
    except pypdfium2.PdfiumError:  # a layer that cannot be opened; the picture could
        return b""
    return b"" if found is None else of_lines(found)


def _shown(bitmap: Any) -> Image.Image:
    shown: Image.Image = bitmap.to_pil()
    return shown.copy()  # its memory is PDFium's otherwise


def _open(file: Found) -> Any:
    """The document. Raises BadInput when it is locked or damaged."""
    return _document(file.path, file.member, file.stamp)


@lru_cache(maxsize=1)
def _document(path: Any, member: int | None, stamp: tuple[int, int]) -> Any:
    """Kept open in a worker, as its parts are asked for one after the other."""
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(path if member is None else read_member(path, member))
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise BadInput("The PDF file is protected by a password. Save it without one.") from None
        raise BadInput("The PDF file is damaged and cannot be opened. Export it again.") from None
    except OSError:
        raise BadInput("The PDF file could not be read. Check that you may open it.") from None
