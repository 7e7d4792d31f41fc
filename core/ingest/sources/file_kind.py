"""What a file is, by its first bytes: endings are lost, changed and made up on the way from a camera to a folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

HEAD = 132
"""So many bytes tell every kind of image."""
SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .apng .webp .gif .bmp .dib .tif .tiff .heic .heif .hif .avif .jp2 .jpx .j2k .ico "
    ".ppm .pgm .pbm .pnm .jxl .cr2 .cr3 .nef .nrw .arw .dng .raf .orf .rw2 .pef .srw .pdf".split()
)
"""What images are called. A file of another name is looked into before it is taken, or sent, as one."""
READABLE = "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF and JPEG 2000 images and PDF files are read"
_JUNK = {"thumbs.db", "desktop.ini"}
_ARCHIVES = frozenset(".zip .rar .7z .tar .gz .tgz .bz2 .xz .zst".split())
_FTYP = rb"\A.{4}ftyp"
_PICTURES = {
    "JPEG": rb"\A\xff\xd8\xff",
    "PNG": rb"\A\x89PNG\r\n\x1a\n",
    "GIF": rb"\AGIF8[79]a",
    "WEBP": rb"\ARIFF.{4}WEBP",
    "BMP": rb"\ABM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0",
    "RAW": rb"\A(II\*\0.{4}CR|FUJIFILMCCD-RAW|IIR[OS]|IIU\0)|" + _FTYP + rb"crx ",
    "TIFF": rb"\A(II[*+]\0|MM\0[*+])",
    "HEIF": _FTYP + rb"(he[ivm][cxsm]|mif[12]|msf1)",
    "AVIF": _FTYP + rb"avi[fs]",
    "JPEG2000": rb"\A(\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51)",
    "JXL": rb"\A(\0\0\0\x0cJXL \r\n\x87\n|\xff\x0a)",
    "ICO": rb"\A\0\0\x01\0[^\0]\0",
    "PPM": rb"\AP[1-6]\s+[0-9#]",
    "PDF": rb"\A\s*%PDF-",
}
_OTHERS = {
    "SVG": (rb"<svg\b", "A drawing made of lines (SVG), not of pixels. Export it as PNG."),
    "HTML": (rb"\A\s*(<!doctype html|<html|<head|<body)", "A web page (HTML), not an image. Save the image itself."),
    "PSD": (rb"\A(8BPS|gimp xcf)", "A document of an image editor with its layers. Export it as PNG or JPEG."),
    "EPS": (rb"\A%!PS", "A document for printing (PostScript). Export it as PNG or PDF."),
    "video": (
        rb"\A.{4}(ftyp|moov|mdat)|\A\x1aE\xdf\xa3|\ARIFF.{4}AVI ",
        "A video, not an image. Save the pictures that you need from it.",
    ),
    "DICOM": (rb"\A.{128}DICM", "A medical image (DICOM). Export it as PNG or JPEG."),
    "pointer": (
        rb"\Aversion https://git-lfs",
        "A pointer to a file that Git LFS keeps, not the file itself. Fetch it with: git lfs pull",
    ),
    "zeros": (rb"\A\0{32}", "The file holds nothing but zeros: it was not copied whole. Copy it again."),
}
_LATE = {
    "JPEG": rb"\xff\xd8\xff[\xdb\xe0-\xef]",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WEBP": rb"RIFF.{4}WEBPVP8",
}
"""What is as sure further on, after the line break, the mark or the header that a program has put before it."""
_MARKS = [(kind, re.compile(mark, re.DOTALL)) for kind, mark in _PICTURES.items()]
_MARKS += [(kind, re.compile(mark, re.DOTALL | re.IGNORECASE)) for kind, (mark, _) in _OTHERS.items()]
_MARKS += [(kind, re.compile(mark, re.DOTALL)) for kind, mark in _LATE.items()]


def kind_of(head: bytes) -> tuple[str, int]:
    """The kind that the first bytes of a file tell, by Pillow's word for it where it has one, and where it begins.

    ("", 0) for none.
    """
    found = ((kind, match) for kind, mark in _MARKS if (match := mark.search(head)))
    kind, match = next(found, ("", None))
    return kind, match.start() if match else 0


def refusal_of(kind: str) -> str:
    """Why a file of this kind is not used, or "" where it can be."""
    if kind in _PICTURES:
        return ""
    return _OTHERS[kind][1] if kind in _OTHERS else f"This is not an image that can be read. {READABLE}."


def recognised(name: str, head: Callable[[], bytes]) -> tuple[str, str]:
    """What a file that was given is, and why it is not opened: (kind, refusal), either may be "".

    head: reads its first HEAD bytes; it is only called where the name leaves it open. What cannot be read (OSError) is
    left to whoever opens it.
    """
    if refusal := _hidden(name):
        return "", refusal
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in SUFFIXES:
        return "", ""
    try:
        kind, _ = kind_of(head())
    except OSError:
        return "", ""
    if kind in _PICTURES:
        return kind, ""
    if suffix in _ARCHIVES:
        return kind, f"An archive inside ({suffix}). Unpack it, then give what it holds."
    if suffix in (".svg", ".svgz"):
        kind = "SVG"
    if kind in _OTHERS:
        return kind, refusal_of(kind)
    return kind, f"Not an image ({suffix[:20] or 'no file ending'}). {READABLE}."


def _hidden(name: str) -> str:
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") and part != ".." for part in path.parts)
    if hidden or path.name.lower() in _JUNK or "__MACOSX" in path.parts:
        return "A hidden or system file, not an image."
    return ""
