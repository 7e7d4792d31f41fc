"""A run as downloads: originals byte for byte while they are there, our copies when not, nothing lost, safe names."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from house import EACH, House, furnished_once
from PIL import Image

from core.domain import RunSettings
from core.errors import BadInput
from core.export import downloads, tables
from core.ingest import source
from core.pipeline import runs
from core.results import decisions, run_view
from core.results.edits import Move, Rename
from core.results.selection import ALL, Only


def unzip(house: House, run_id: str, only: Only = ALL) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(downloads.folders(house.workspace, run_id, only)))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist() if name != "files.csv"}


def _done(house: House) -> str:
    shutil.copy(house.images / "red" / "0.png", house.images / "red" / "again.png")  # an exact duplicate
    (house.images / "notes.txt").write_text("not an image", encoding="utf-8")
    run_id = house.start(k=3)
    house.run(run_id)
    return run_id


house, done = furnished_once("done", _done)


def test_the_zip_holds_every_usable_file_as_it_was(house: House, done: str) -> None:
    files = unzip(house, done)
    assert len(files) == 4 * EACH + 1
    for colour in ("red", "green", "blue", "grey"):
        folder = colour if any(name.startswith(f"{colour}/") for name in files) else "Unassigned"
        for number in range(EACH):
            original = (house.images / colour / f"{number}.png").read_bytes()
            assert original in [content for name, content in files.items() if name.startswith(f"{folder}/")]
    assert sum(content == (house.images / "red" / "0.png").read_bytes() for content in files.values()) == 2
    about = downloads.about_folders(house.workspace, done)
    assert (about.files, about.originals, about.pictures) == (4 * EACH + 1, 4 * EACH + 1, True)
    assert sum(count for _, count in about.folders) == about.files
    assert about.folders[-1] == ("Unassigned", EACH + 1)  # the reds, one of them twice


def test_what_a_person_decided_is_in_the_zip(house: House, done: str) -> None:
    row = next(row for row in run_view.rows(house.store, done) if row.name == "red/1.png")
    decisions.add(house.store, done, Rename(house.id_of(done, "blue"), "../sky:/"))
    decisions.add(house.store, done, Move((row.item_id,), house.id_of(done, "../sky:/")))
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
    assert downloads.about_folders(house.workspace, done).originals == 0
    assert all(name.endswith(".jpg") for name in unzip(house, done))


def test_originals_in_a_zip_file(house: House, tmp_path: Path) -> None:
    packed = Path(shutil.make_archive(str(tmp_path / "shop"), "zip", house.images))
    origin = source.find(str(packed), "", house.workspace.config)
    run_id = runs.start(house.workspace, origin, RunSettings("", "colour", 4))
    runs.run(house.workspace, run_id, "assign", origin=origin)
    files = unzip(house, run_id)
    assert files["red/0.png"] == (house.images / "red" / "0.png").read_bytes()
    assert len(files) == 4 * EACH


def test_records_have_a_table_but_no_folders(house: House, tmp_path: Path) -> None:
    lines = [{"image": f"{name}.jpg", "description": f"A picture that is {name}"} for name in ("red", "blue", "green")]
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    run_id = house.start(records=str(path), vision="records", k=2)
    house.run(run_id)
    assert not downloads.about_folders(house.workspace, run_id).pictures
    with pytest.raises(BadInput, match="without images"):
        downloads.folders(house.workspace, run_id)
    assert len(b"".join(downloads.table(house.workspace, run_id)).splitlines()) == 4


def test_the_table_is_that_of_the_command_line(house: House, done: str) -> None:
    text = b"".join(downloads.table(house.workspace, done)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 4 * EACH
    assert {row["cluster"] for row in rows if row["image"].startswith("blue/")} == {"blue"}


def test_the_forms_of_a_table_hold_the_same_rows(house: House, done: str) -> None:
    place = house.workspace
    text = b"".join(downloads.table(place, done)).decode("utf-8-sig")
    lines = [json.loads(line) for line in b"".join(downloads.lines(place, done)).decode().splitlines()]
    columns = pq.read_table(io.BytesIO(b"".join(downloads.columns(place, done))))
    assert lines == columns.to_pylist()
    as_text = [{key: "" if value is None else str(value) for key, value in line.items()} for line in lines]
    assert list(csv.DictReader(io.StringIO(text))) == as_text
    assert columns.schema.metadata[b"criterion"] == b"colour"


def test_tables_are_made_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_AT_ONCE", 3)
    rows = [(f"=name {number}", None, 0.5, 'a "quoted", one\nand a second line') for number in range(7)]
    names = ("a", "b", "c", "d")
    pieces = list(tables.csv_pieces(names, iter(rows)))
    assert len(pieces) == 1 + 3
    text = b"".join(pieces).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1:] == [[f"'=name {n}", "", "0.5", rows[n][3]] for n in range(7)]
    pieces = list(tables.jsonl_pieces(names, iter(rows)))
    assert len(pieces) == 3
    assert [json.loads(line)["a"] for piece in pieces for line in piece.splitlines()] == [row[0] for row in rows]
    kinds = {"a": str, "b": float, "c": float, "d": str}
    file = pq.ParquetFile(io.BytesIO(b"".join(tables.parquet_pieces(kinds, iter(rows), {"part": "all"}))))
    assert file.num_row_groups == 3
    assert file.read().column("d").to_pylist() == [row[3] for row in rows]


def test_an_empty_table_has_its_header() -> None:
    assert b"".join(tables.csv_pieces(("a",), [])) == b"\xef\xbb\xbfa\n"  # the mark tells Excel of umlauts
    assert b"".join(tables.jsonl_pieces(("a",), [])) == b""
    assert pq.read_table(io.BytesIO(b"".join(tables.parquet_pieces({"a": str}, [], {})))).column_names == ["a"]


def test_a_part_of_a_run(house: House, done: str) -> None:
    blue = Only((house.id_of(done, "blue"),))
    rest = Only(("unassigned",))
    assert len(b"".join(downloads.lines(house.workspace, done, blue)).splitlines()) == EACH
    assert len(b"".join(downloads.lines(house.workspace, done, Only(text="BLUE/0"))).splitlines()) == 1
    assert len(b"".join(downloads.lines(house.workspace, done, Only(text="no such word"))).splitlines()) == 0
    assert {row.name for row in blue.rows(run_view.View(house.store, done))} == {f"blue/{n}.png" for n in range(EACH)}
    files = unzip(house, done, rest)
    assert files.pop("README.txt") == b"These are not all images of the run: only Unassigned.\n"
    assert {name.split("/")[0] for name in files} == {"Unassigned"}
    assert len(files) == EACH + 1  # the duplicate too
    about = downloads.about_folders(house.workspace, done, blue)
    assert (about.files, about.folders) == (EACH, [("blue", EACH)])
    columns = pq.read_schema(io.BytesIO(b"".join(downloads.columns(house.workspace, done, blue))))
    assert columns.metadata[b"part"] == b"only blue"


def test_no_run_no_download(house: House) -> None:
    for make in (downloads.table, downloads.columns, downloads.page, downloads.folders, downloads.about_folders):
        with pytest.raises(BadInput, match="does not exist"):
            make(house.workspace, "nope")
