"""Files in through the browser and out as a ZIP: names stay below their folder, nothing is overwritten or lost."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from core.export.folders import folder_name, zip_folders
from core.ingest import upload


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.jpg", "a.jpg"),
        ("cats/a b.jpg", "cats/a b.jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Users\\x.jpg", "C_/Users/x.jpg"),
        ("a\0b\n.jpg", "a_b_.jpg"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("ü 图.jpg", "ü 图.jpg"),
        ("x" * 300 + ".jpg", "x" * 116 + ".jpg"),
    ],
)
def test_uploaded_names_stay_below_their_folder(tmp_path: Path, name: str, safe: str) -> None:
    saved = upload.save(tmp_path, name, io.BytesIO(b"x"))
    assert saved == tmp_path / safe
    assert saved.resolve().is_relative_to(tmp_path.resolve())


def test_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    folder = upload.new_folder(tmp_path)
    assert folder != upload.new_folder(tmp_path)
    first = upload.save(folder, "a.jpg", io.BytesIO(b"1"))
    second = upload.save(folder, "a.jpg", io.BytesIO(b"2"))
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")
    assert second.name == "a (2).jpg"


@pytest.mark.parametrize(
    ("name", "safe"),
    [("red cars", "red cars"), ("../x", "_x"), ("a/b:c?", "a_b_c_"), ("", "_"), ("CON", "_CON"), ("end. ", "end")],
)
def test_group_names_become_folder_names(name: str, safe: str) -> None:
    assert folder_name(name) == safe


def test_the_zip_holds_a_folder_a_group_and_says_what_is_missing() -> None:
    def gone() -> bytes:
        raise FileNotFoundError

    files = [
        ("cats", "x/1.jpg", lambda: b"one"),
        ("cats", "y/1.JPG", lambda: b"two"),
        ("dogs/../..", "2.jpg", lambda: b"three"),
        ("dogs", "3.jpg", gone),
    ]
    pieces = list(zip_folders(files))
    assert len(pieces) > 3  # sent as it is made
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["cats/1.jpg", "cats/1 (2).JPG", "dogs_.._/2.jpg", "missing.txt"]
        assert archive.read("cats/1 (2).JPG") == b"two"
        assert b"dogs/3.jpg" in archive.read("missing.txt")
