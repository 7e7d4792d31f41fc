"""Hostile and odd inputs, one line each: what a person is told, and that nothing crashes, is lost or escapes.

Each case makes something in a folder of its own and returns the address to give. Either the whole source is refused, or
it comes in beside one good image and the odd thing is skipped with its sentence.
"""

from __future__ import annotations

import io
import multiprocessing
import re
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from shortcuts import with_blank_database

from core.config import Config
from core.errors import BadInput, Paused
from core.ingest import decode_pool, source
from core.ingest.sources import zip_file
from core.pipeline import intake
from core.workspace import Workspace

Make = Callable[[Path], str]


def png(colour: str = "red", size: tuple[int, int] = (30, 20)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


GOOD = png("green")


def folder_with(name: str, content: bytes) -> Make:
    """A folder with a good image and this file."""

    def make(place: Path) -> str:
        (place / "pics" / name).parent.mkdir(parents=True)
        (place / "pics" / "good.png").write_bytes(GOOD)
        (place / "pics" / name).write_bytes(content)
        return str(place / "pics")

    return make


def zip_with(name: str | zipfile.ZipInfo, content: bytes = b"x", damage: Callable[[bytes], bytes] = bytes) -> Make:
    """A ZIP file with a good image and this member, and then whatever `damage` does to its bytes."""

    def make(place: Path) -> str:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("good.png", GOOD)
            packed.writestr(name, content)
        (place / "a.zip").write_bytes(damage(buffer.getvalue()))
        return str(place / "a.zip")

    return make


def table_with(*rows: str, name: str = "list.csv", header: str = "image") -> Make:
    """A CSV beside a good image that it lists, with these rows."""

    def make(place: Path) -> str:
        (place / "good.png").write_bytes(GOOD)
        text = "\n".join([header, "good.png", *rows]).replace("HERE", place.as_posix())
        (place / name).write_bytes(text.encode("utf-8", "surrogateescape"))
        return str(place / name)

    return make


def file_with(name: str, content: bytes) -> Make:
    """One file, given itself."""

    def make(place: Path) -> str:
        (place / name).write_bytes(content)
        return str(place / name)

    return make


def parquet_with(table: pa.Table) -> Make:
    def make(place: Path) -> str:
        pq.write_table(table, place / "list.parquet")
        return str(place / "list.parquet")

    return make


def link_out(place: Path) -> str:
    folder_with("x.txt", b"")(place)
    (place / "pics" / "x.txt").unlink()
    (place / "pics" / "link.png").symlink_to("/etc/hostname")
    return str(place / "pics")


def pixel_bomb(side: int = 20_000) -> bytes:
    """A PNG of 400 million white pixels in 50 KB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\xff" * ((side + 7) // 8)) * side, 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def link_member() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.png")
    info.external_attr = 0o120777 << 16
    return info


def locked(content: bytes) -> bytes:
    """Set the flag "encrypted" of the last member, in its own header and in the archive's list."""
    changed = bytearray(content)
    changed[content.rindex(b"PK\x03\x04") + 6] |= 1
    changed[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def packed_oddly(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[content.rindex(b"PK\x01\x02") + 10] = 9  # Deflate64
    return bytes(changed)


def bits_flipped(content: bytes) -> bytes:
    changed = bytearray(content)
    data = content.rindex(b"PK\x03\x04") + 30 + len("bad.png")
    changed[data : data + 8] = b"\xff" * 8
    return bytes(changed)


def long_list(content: bytes) -> bytes:
    """Claims a list of members of 4 GB."""
    end = content.rindex(b"PK\x05\x06")
    return content[: end + 12] + struct.pack("<I", 0xFFFF0000) + content[end + 16 :]


def claims_terabytes(content: bytes) -> bytes:
    """Every member claims 4 GB, as overlapping members can."""
    return re.sub(rb"(PK\x01\x02.{20}).{4}", lambda m: m[1] + b"\xf0\xff\xff\xff", content, flags=re.DOTALL)


NOISE = np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)
JPEG = io.BytesIO()
Image.fromarray(NOISE).save(JPEG, "JPEG")
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n"
PRIVATE = "on this computer or in its own network"

# name: (what is made, what a person is told about it)
SKIPPED: dict[str, tuple[Make, str]] = {
    "text called .jpg": (folder_with("a.jpg", b"hello"), "not an image that can be read"),
    "empty file": (folder_with("a.png", b""), "The file is empty"),
    "half a photo": (folder_with("a.jpg", JPEG.getvalue()[:3000]), "damaged"),
    "only a PNG's header": (folder_with("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50), "damaged|not an image"),
    "a bomb of pixels": (folder_with("a.png", pixel_bomb()), "400 megapixels; 40 are allowed"),
    "a drawing with a script": (folder_with("a.png", SVG), "made of lines"),
    "PostScript called .tif": (folder_with("a.tif", POSTSCRIPT), "for printing"),
    "a PDF called .jpg": (folder_with("a.jpg", b"%PDF-1.4"), "the ending .pdf"),
    "HTML called .png": (folder_with("a.png", b"<html><script>"), "web page"),
    "a text": (folder_with("notes.txt", b"x"), r"Not an image \(.txt\)"),
    "a file without ending": (folder_with("README", b"x"), "no file ending"),
    "a video": (folder_with("a.mp4", b"x"), r"Not an image \(.mp4\)"),
    "a hidden file": (folder_with(".DS_Store", b"x"), "hidden or system file"),
    "a hidden folder": (folder_with(".thumbs/a.png", png()), "hidden or system file"),
    "an archive in a folder": (folder_with("more.zip", b"x"), "An archive inside"),
    "a file name that is no text": (folder_with("a\udcff.txt", b"x"), "Not an image"),
    "a link to a private file": (link_out, "not an image that can be read|may not be read from"),
    "a broken PDF": (folder_with("a.pdf", b"%PDF-1.7 nonsense"), "PDF file is damaged"),
    "an empty PDF": (folder_with("a.pdf", b""), "PDF file is damaged"),
    "zip: a name that leads out": (zip_with("../../evil.png", png()), "leads out of the ZIP file"),
    "zip: leads out, spelled for Windows": (zip_with("..\\..\\evil.png", png()), "leads out of the ZIP file"),
    "zip: an absolute name": (zip_with("/tmp/evil.png", png()), "a place on a computer"),
    "zip: a drive's name": (zip_with("C:\\evil.png", png()), "a place on a computer"),
    "zip: a link": (zip_with(link_member(), b"/etc/passwd"), "A link to another file"),
    "zip: Apple's shadow files": (zip_with("__MACOSX/._good.png"), "hidden or system file"),
    "zip: a ZIP inside": (zip_with("inner.zip", b"PK"), r"An archive inside \(.zip\)"),
    "zip: a password": (zip_with("a.png", png(), locked), "Protected by a password"),
    "zip: odd compression": (zip_with("a.png", png(), packed_oddly), "cannot be read here"),
    "zip: flipped bits": (zip_with("bad.png", NOISE.tobytes(), bits_flipped), "damaged"),
    "zip: a member of 300 MB": (zip_with("a.png", bytes(300 * 1024**2)), "Unpacks to 300 MB"),
    "zip: 900 times its size": (zip_with("a.bmp", bytes(20 * 1024**2)), "times its size, as no image does"),
    "zip: a very long number as name": (zip_with("9" * 9_000 + ".txt"), "Not an image"),
    "list: a missing file": (table_with("gone.png"), "no such file"),
    "list: an empty cell": (table_with("''", ',""', header="image,x"), "no such file|names no image|Not an image"),
    "list: a secret file": (table_with("/etc/passwd"), "Not an image|may not be read from"),
    "list: a secret image elsewhere": (table_with("HERE/../secret.png"), "no such file|may not be read from"),
    "list: a path longer than any": (table_with("x" * 5000 + ".png"), "not a path|no such file"),
    "list: a cell of 200 KB": (table_with("x" * 200_000 + ".png"), "not a path that can be read"),
    "list: an unknown home": (table_with("~nobody-here/a.png"), "not a path that can be read"),
    "list: a folder": (table_with("HERE"), "no such file"),
    "list: localhost": (table_with("http://localhost:1/a.png"), PRIVATE),
    "list: the cloud's own address": (table_with("http://169.254.169.254/latest/meta-data"), PRIVATE),
    "list: loopback as IPv6": (table_with("http://[::1]/a.png"), PRIVATE),
    "list: a private network": (table_with("http://10.0.0.1/a.png"), PRIVATE),
    "list: an old protocol": (table_with("gopher://example.com/a.png"), "are fetched"),
    "list: file://": (table_with("file:///etc/passwd"), "may not be read from"),
    "list: ftp://": (table_with("ftp://example.com/a.png"), "are fetched"),
    "list: an address without a server": (table_with("http:///a.png"), "Only addresses that start with"),
    "list: an address that is none": (table_with("http://[::1/a.png"), "not an address that can be read"),
    "list: no bucket": (table_with("s3://"), "names no bucket"),
}

REFUSED: dict[str, tuple[Make, str]] = {
    "no such folder": (lambda place: str(place / "nope"), "does not exist"),
    "an empty folder": (lambda place: (place / "e").mkdir() or str(place / "e"), "is empty"),
    "a text as folder": (file_with("a.txt", b"x"), "lists no images. Give a table"),
    "zip: a text": (file_with("a.zip", b"hello"), "not a ZIP file"),
    "zip: empty": (file_with("a.zip", b""), "not a ZIP file"),
    "zip: cut off": (zip_with("a.png", png(), lambda content: content[:-40]), "cut off"),
    "zip: a list of 4 GB": (zip_with("a.png", png(), long_list), "list of files in a.zip takes 4,096 MB"),
    "zip: terabytes": (zip_with("a.png", png(), claims_terabytes), "would unpack to 8 GB"),
    "csv: empty": (file_with("a.csv", b""), "is empty or not a text table"),
    "csv: in two alphabets' bytes": (
        file_with("a.csv", "image\nä.png\nö.png\n".encode() + "ü.png".encode("cp1252")),
        "in two encodings: line 4 is not in UTF-8",
    ),
    "csv: zeros": (file_with("a.csv", b"image\n\0\0"), "not a text table"),
    "csv: only a header": (file_with("a.csv", b"image,x\n"), "lists no images"),
    "csv: no header": (file_with("a.csv", b"\nimage\n"), "lists no images"),
    "csv: two columns of one name": (file_with("a.csv", b"a,a\nx,y\n"), "two columns of the same name"),
    "csv: an open quote": (file_with("a.csv", b'image\n"a.png\n'), "cannot be read as a table"),
    "parquet: a text": (file_with("a.parquet", b"hello"), "not a Parquet file"),
    "parquet: cut off": (file_with("a.parquet", b"PAR1" + b"\0" * 40 + b"PAR1"), "not a Parquet file"),
    "parquet: nothing but lists": (parquet_with(pa.table({"image": [["a"]]})), "no header line"),
    "parquet: no rows": (parquet_with(pa.table({"image": pa.array([], pa.string())})), "lists no images"),
    "an address of the web": (lambda _: "https://example.com/a.zip", "https:// are not read"),
    "an unknown protocol": (lambda _: "gopher://example.com", "gopher:// are not read"),
    "s3 without a bucket": (lambda _: "s3:///", "names no bucket"),
    "a store without its package": (lambda _: "gs://bucket/a", "pip install gcsfs"),
    "a data set by a path that is not there": (lambda _: "hf:../nope/nope", "neither a folder here"),
    "a name with a zero byte": (lambda place: str(place / "a\0b"), "not a path that can be read"),
}


@pytest.fixture(autouse=True, scope="module")
def quick_workers() -> Iterator[None]:
    """Real workers, started from one process that has the decoder loaded: each case starts some."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["core.ingest.decode_pool"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode_pool.multiprocessing, "get_context", lambda _: context)
        yield


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "secret.png").write_bytes(png("black"))
    (tmp_path / "given").mkdir()
    roots = (tmp_path / "given",)
    workspace = Workspace(replace(Config(with_blank_database(tmp_path / "ws")), image_roots=roots, fetch_seconds=5.0))
    yield workspace
    workspace.close()


def everything_but_the_workspace(place: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        for path in place.rglob("*")
        if not path.is_relative_to(place / "ws")
    }


@pytest.mark.parametrize("case", SKIPPED)
def test_an_odd_thing_is_skipped_with_its_sentence(case: str, workspace: Workspace, tmp_path: Path) -> None:
    make, sentence = SKIPPED[case]
    address = make(tmp_path / "given")
    before = everything_but_the_workspace(tmp_path)
    origin = source.find(address, "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    row = workspace.store.datasets.get(origin.dataset_id)
    assert row is not None
    assert row.counts["ready"] == 1  # the good one
    assert sum(row.counts.values()) == row.given == origin.given > 1
    reasons = [item.reason for item in workspace.store.datasets.skipped(origin.dataset_id)]
    assert all(re.search(sentence, reason) for reason in reasons), reasons
    assert everything_but_the_workspace(tmp_path) == before
    assert not list(workspace.folder.glob("incoming-*"))


@pytest.mark.parametrize("case", REFUSED)
def test_an_odd_source_is_refused_with_its_sentence(case: str, workspace: Workspace, tmp_path: Path) -> None:
    make, sentence = REFUSED[case]
    address = make(tmp_path / "given")
    before = everything_but_the_workspace(tmp_path)
    with pytest.raises(BadInput, match=sentence):
        source.find(address, "", workspace.config)
    assert everything_but_the_workspace(tmp_path) == before


def test_there_are_at_least_forty() -> None:
    assert len(SKIPPED) + len(REFUSED) >= 40


def test_too_many_members_and_two_of_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("a.png", png("red"))
        with pytest.warns(UserWarning, match="Duplicate name"):
            packed.writestr("a.png", png("blue"))
    found = source.find(str(tmp_path / "a.zip"), "", Config(tmp_path / "ws"))
    looked = [file.item for file in source.look(found, tmp_path / "copies", Config(tmp_path / "ws"))]
    assert [(file.name, file.status) for file in looked] == [("a (2).png", "ready"), ("a.png", "ready")]
    monkeypatch.setattr(zip_file, "MAX_MEMBERS", 1)
    with pytest.raises(BadInput, match="lists 2 files; up to 1 can be read"):
        source.find(str(tmp_path / "a.zip"), "", Config(tmp_path / "ws"))


def test_copies_that_cannot_be_written_pause_a_run_and_fail_no_image(tmp_path: Path) -> None:
    """Also from the process that decodes."""
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (30, 20), "red").save(tmp_path / "pictures" / "a.png")
    (tmp_path / "copies").write_bytes(b"a file where the folder should be")
    config = Config(tmp_path / "ws")
    found = source.find(str(tmp_path / "pictures"), "", config)
    with pytest.raises(Paused, match=r"copies of images in .* cannot be written .* then continue"):
        list(source.look(found, tmp_path / "copies", config))
    (tmp_path / "copies").unlink()
    (looked,) = source.look(found, tmp_path / "copies", config)
    assert looked.item.status == "ready"
