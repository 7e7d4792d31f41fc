"""A run as downloads: originals byte for byte while they are there, our copies when not, nothing lost, safe names."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from house import EACH, House
from PIL import Image

from core import download, pipeline, results
from core.domain import RunSettings
from core.edits import Move, Rename
from core.errors import BadInput
from core.export.tables import csv_pieces
from core.ingest import source


def unzip(house: House, run_id: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(download.folders(house.workspace, run_id)))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def done(house: House) -> str:
    shutil.copy(house.images / "red" / "0.png", house.images / "red" / "again.png")  # an exact duplicate
    (house.images / "notes.txt").write_text("not an image", encoding="utf-8")
    run_id = house.start(k=3)
    house.run(run_id)
    return run_id


def test_the_zip_holds_every_usable_file_as_it_was(house: House, done: str) -> None:
    files = unzip(house, done)
    assert len(files) == 4 * EACH + 1
    for colour in ("red", "green", "blue", "grey"):
        folder = colour if any(name.startswith(f"{colour}/") for name in files) else "Unassigned"
        for number in range(EACH):
            original = (house.images / colour / f"{number}.png").read_bytes()
            assert original in [content for name, content in files.items() if name.startswith(f"{folder}/")]
    assert sum(content == (house.images / "red" / "0.png").read_bytes() for content in files.values()) == 2
    about = download.about_folders(house.workspace, done)
    assert (about.files, about.originals, about.pictures) == (4 * EACH + 1, 4 * EACH + 1, True)
    assert sum(count for _, count in about.folders) == about.files
    assert about.folders[-1] == ("Unassigned", EACH + 1)  # the reds, one of them twice


def test_what_a_person_decided_is_in_the_zip(house: House, done: str) -> None:
    row = next(row for row in results.rows(house.store, done) if row.name == "red/1.png")
    results.add_edit(house.store, done, Rename(house.id_of(done, "blue"), "../sky:/"))
    results.add_edit(house.store, done, Move((row.item_id,), house.id_of(done, "../sky:/")))
    files = unzip(house, done)
    assert not [name for name in files if ".." in Path(name).parts or name.startswith("/")]
    inside = [content for name, content in files.items() if "sky" in name]
    assert (house.images / "red" / "1.png").read_bytes() in inside


def test_our_copy_stands_in_for_what_has_gone_or_changed(house: House, done: str) -> None:
    (house.images / "blue" / "0.png").unlink()
    Image.new("RGB", (9, 9), "white").save(house.images / "blue" / "1.png")  # another image now: not what was sorted
    files = unzip(house, done)
    assert len(files) == 4 * EACH + 1
    for name in ("blue/0.jpg", "blue/1.jpg"):
        with Image.open(io.BytesIO(files[name])) as copy:
            assert (copy.format, copy.size) == ("JPEG", (32, 24))
    shutil.rmtree(house.images)
    assert download.about_folders(house.workspace, done).originals == 0
    assert all(name.endswith(".jpg") for name in unzip(house, done))


def test_originals_in_a_zip_file(house: House, tmp_path: Path) -> None:
    packed = Path(shutil.make_archive(str(tmp_path / "shop"), "zip", house.images))
    origin = source.find(str(packed), "", house.workspace.config)
    run_id = pipeline.start(house.workspace, origin, RunSettings("", "colour", 4))
    pipeline.run(house.workspace, run_id, "assign", origin=origin)
    files = unzip(house, run_id)
    assert files["red/0.png"] == (house.images / "red" / "0.png").read_bytes()
    assert len(files) == 4 * EACH


def test_records_have_a_table_but_no_folders(house: House, tmp_path: Path) -> None:
    lines = [{"image": f"{name}.jpg", "description": f"A picture that is {name}"} for name in ("red", "blue", "green")]
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    run_id = house.start(records=str(path), vision="records", k=2)
    house.run(run_id)
    assert not download.about_folders(house.workspace, run_id).pictures
    with pytest.raises(BadInput, match="without images"):
        download.folders(house.workspace, run_id)
    assert len(b"".join(download.table(house.workspace, run_id)).splitlines()) == 4


def test_the_table_is_that_of_the_command_line(house: House, done: str) -> None:
    text = b"".join(download.table(house.workspace, done)).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 4 * EACH
    assert {row["cluster"] for row in rows if row["image"].startswith("blue/")} == {"blue"}


def test_a_table_in_pieces_is_the_same_table() -> None:
    rows = [(f"=name {number}", None, 0.5, 'a "quoted", one\nand a second line') for number in range(7)]
    text = b"".join(csv_pieces(("a", "b", "c", "d"), rows, at_once=3)).decode()
    assert list(csv.reader(io.StringIO(text)))[1:] == [[f"'=name {n}", "", "0.5", rows[n][3]] for n in range(7)]


def test_excel_is_told_of_umlauts_and_only_of_them() -> None:
    assert b"".join(csv_pieces(("a",), [("Möbel",)])).startswith(b"\xef\xbb\xbfa\n")
    assert b"".join(csv_pieces(("a",), [("plain",)])) == b"a\nplain\n"
    assert b"".join(csv_pieces(("a",), [])) == b"a\n"


def test_no_run_no_download(house: House) -> None:
    for make in (download.table, download.folders, download.about_folders):
        with pytest.raises(BadInput, match="does not exist"):
            make(house.workspace, "nope")
