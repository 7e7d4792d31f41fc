"""A workspace on another machine: everything is there again, and whatever is no packed workspace is refused whole."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from house import House, furnished_once
from PIL import Image

from core.cli.main import main
from core.config import Config
from core.domain import RunSettings
from core.errors import BadInput
from core.export import workspace_zip
from core.results import decisions, run_view
from core.results.edits import Move, Rename
from core.workspace import Workspace


def _made(house: House) -> tuple[str, bytes]:
    run_id = house.start(k=3, truth="folder")
    house.run(run_id)
    red = next(row for row in run_view.rows(house.store, run_id) if row.name == "red/1.png")
    decisions.add(house.store, run_id, Rename(house.id_of(run_id, "blue"), "sky"))
    decisions.add(house.store, run_id, Move((red.item_id,), house.id_of(run_id, "sky")))
    return run_id, b"".join(workspace_zip.pack(house.workspace))


house, made = furnished_once("made", _made)


@pytest.fixture
def done(made: tuple[str, bytes]) -> str:
    return made[0]


@pytest.fixture
def packed(made: tuple[str, bytes], tmp_path: Path) -> Path:
    file = tmp_path / "packed.zip"
    file.write_bytes(made[1])
    return file


def test_runs_edits_and_images_are_there_again(house: House, done: str, packed: Path, tmp_path: Path) -> None:
    before = run_view.rows(house.store, done)
    copies = {path.name: path.read_bytes() for path in house.workspace.copies.rglob("*.*")}
    scores = run_view.View(house.store, done).metrics()
    shutil.rmtree(house.images)  # another machine has no originals
    workspace_zip.unpack(packed, Config(tmp_path / "other"))
    other = Workspace(Config(tmp_path / "other"))
    try:
        assert run_view.rows(other.store, done) == before
        assert run_view.View(other.store, done).metrics() == scores
        assert other.store.runs.get(done) == house.store.runs.get(done)
        assert other.store.runs.edits(done) == house.store.runs.edits(done)
        assert {path.name: path.read_bytes() for path in other.copies.rglob("*.*")} == copies
        assert other.store.runs.undo_edit(done) is not None
        assert "sky" in {cluster.name for cluster in decisions.clusters(other.store, done).clusters}
        dataset = other.store.datasets.get(house.store.runs.get(done).settings.dataset_id)  # type: ignore[union-attr]
        assert dataset is not None
        assert dataset.given == 16
    finally:
        other.close()


def test_it_goes_on_working_there(house: House, done: str, packed: Path, tmp_path: Path) -> None:
    asked = len(house.vision.history)
    house.workspace.close()
    workspace_zip.unpack(packed, Config(tmp_path / "other"))
    house.workspace = Workspace(Config(tmp_path / "other"))
    house.store = house.workspace.store
    house.run(house.start(k=2))  # the same images again: nothing is described anew
    assert len(house.vision.history) == asked


def test_it_is_made_piece_by_piece_and_leaves_nothing(house: House, packed: Path) -> None:
    assert len(list(workspace_zip.pack(house.workspace))) > 32
    assert not list(house.workspace.folder.glob("packing-*"))
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        assert not [name for name in archive.namelist() if name.startswith(("/", "..")) or "duckdb" in name]


def test_signing_in_stays_at_home(house: House, done: str, tmp_path: Path) -> None:
    run = house.store.runs.get(done)
    assert run is not None
    house.store.runs.create(
        RunSettings(run.settings.dataset_id, "x", 2, vision="openai:m@https://ann:sk-secret@host.example/v1")
    )
    file = tmp_path / "packed.zip"
    file.write_bytes(b"".join(workspace_zip.pack(house.workspace)))
    workspace_zip.unpack(file, Config(tmp_path / "other"))
    other = Workspace(Config(tmp_path / "other"))
    kept = [row.settings.vision for row in other.store.runs.recent()]
    other.close()
    assert "openai:m@https://host.example/v1" in kept
    assert not [
        path for path in (tmp_path / "other").rglob("*") if path.is_file() and b"sk-secret" in path.read_bytes()
    ]


def test_the_command_line(house: House, done: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house.workspace.close()
    file, new = str(tmp_path / "w.zip"), str(tmp_path / "new")
    old = str(house.workspace.folder)
    assert main(["pack", "--out", file, "--workspace", old]) == 0
    assert main(["pack", "--out", file, "--workspace", old]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["pack", "--out", f"{file}2", "--workspace", str(tmp_path / "nowhere")]) == 2
    assert "There is no workspace" in capsys.readouterr().err
    assert main(["unpack", file, "--workspace", new]) == 0
    assert main(["unpack", file, "--workspace", new]) == 2
    said = capsys.readouterr().err
    assert "in use already" in said
    assert said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "w.zip"]


def changed(packed: Path, change: Callable[[dict[str, bytes]], None], compressed: bool = False) -> Path:
    with zipfile.ZipFile(packed) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed


def picture(size: tuple[int, int]) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", size).save(sink, "JPEG")
    return sink.getvalue()


COPY = f"images/view/ab/{'ab' * 32}.jpg"
HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "path upwards": (lambda files: files.update({"../evil.txt": b"x"}), "not part of a workspace"),
    "path upwards in a known folder": (lambda files: files.update({"images/view/../../x.jpg": b"x"}), "not part of"),
    "absolute path": (lambda files: files.update({"/etc/evil": b"x"}), "not part of a workspace"),
    "a database": (lambda files: files.update({"facetry.duckdb": b"x"}), "not part of a workspace"),
    "a foreign table": (lambda files: files.update({"backup/run.parquet": b"x"}), "damaged or of another version"),
    "no picture": (lambda files: files.update({COPY: b"<script>"}), "not a copy that Facetry made"),
    "a picture too large": (lambda files: files.update({COPY: picture((3000, 10))}), "not a copy that Facetry made"),
    "another version": (lambda files: files.update({"facetry.json": b'{"format": 99}'}), "another version of Facetry"),
    "no JSON": (lambda files: files.update({"facetry.json": b"[" * 9}), "another version of Facetry"),
    "JSON without end": (lambda files: files.update({"facetry.json": b"[" * 100_000}), "another version of Facetry"),
    "some ZIP file": (lambda files: files.pop("facetry.json") and None, "not a packed workspace"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_packed_workspace_is_refused_whole(packed: Path, tmp_path: Path, case: str) -> None:
    change, sentence = HOSTILE[case]
    file = changed(packed, change)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(BadInput, match=sentence):
        workspace_zip.unpack(file, Config(tmp_path / "deep" / "other"))
    assert set(tmp_path.rglob("*")) - before <= {tmp_path / "deep"}


def test_a_compressed_or_damaged_file_is_refused(packed: Path, tmp_path: Path) -> None:
    place = Config(tmp_path / "other")
    cut = tmp_path / "cut.zip"
    cut.write_bytes(packed.read_bytes()[:-400])
    flipped = tmp_path / "flipped.zip"
    content = bytearray(packed.read_bytes())
    with zipfile.ZipFile(packed) as archive:
        largest = max(archive.infolist(), key=lambda entry: entry.file_size)
        inside = archive.read(largest)
    content[content.index(inside) + len(inside) // 2] ^= 0xFF  # in its content: not all of a header is checked
    flipped.write_bytes(content)
    text = tmp_path / "text.zip"
    text.write_text("hello", encoding="utf-8")
    for file in (cut, flipped, text, changed(packed, lambda files: None, compressed=True), tmp_path / "none.zip"):
        with pytest.raises(BadInput):
            workspace_zip.unpack(file, place)
        assert not place.workspace.exists()


def test_an_empty_folder_is_filled_and_a_full_one_is_not(packed: Path, tmp_path: Path) -> None:
    place = tmp_path / "other"
    place.mkdir()
    workspace_zip.unpack(packed, Config(place))
    assert json.loads((place / "facetry.json").read_text(encoding="utf-8"))["format"] == 1
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(BadInput, match="in use already"):
        workspace_zip.unpack(packed, Config(full))
    assert [path.name for path in full.iterdir()] == ["mine.txt"]
