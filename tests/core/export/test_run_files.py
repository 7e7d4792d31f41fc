"""Files out as a ZIP: names are safe, nothing is overwritten or lost."""

from __future__ import annotations

import io
import zipfile

import pytest

from core.export.zip_folders import folder_name, zip_folders


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


def unpacked(files: list[tuple[str, str]], note: str = "") -> list[str]:
    """The names in a ZIP of these (group, file)."""
    pieces = zip_folders([(group, name, bytes) for group, name in files], note)
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        return archive.namelist()


@pytest.mark.parametrize("letter", ["a", "é", "图", "🐈"])
@pytest.mark.parametrize("ending", [".jpg", ".JPEG", ""])
def test_long_names_keep_their_ending_and_fit_every_system(letter: str, ending: str) -> None:
    names = unpacked([(letter * 300, letter * 300 + ending)] * 12)
    assert len(set(names)) == 12
    for name in names:
        assert name.endswith(ending)
        assert all(len(part.encode()) <= 255 for part in name.split("/"))


def test_what_is_no_ending_is_cut_like_the_rest() -> None:
    assert unpacked([("a", "1. " + "x" * 300)]) == ["a/1. " + "x" * 77]
    assert unpacked([("a", ".jpg"), ("a", "con.jpg"), ("a", "a.jpg. ")]) == ["a/jpg", "a/_con.jpg", "a/a.jpg"]


def test_names_that_some_system_takes_for_one_stay_apart() -> None:
    composed, apart = "\u00e9.jpg", "e\u0301.jpg"
    names = unpacked([("a", composed), ("a", apart), ("a", "STRASSE.jpg"), ("a", "straße.jpg")])
    assert names == [f"a/{composed}", "a/e\u0301 (2).jpg", "a/STRASSE.jpg", "a/straße (2).jpg"]


def test_groups_whose_folders_would_be_one_stay_apart() -> None:
    groups = ["a/b", "a?b", "A_B", "e\u0301", "\u00e9", "README.txt", "missing.txt", "a/b"]
    names = unpacked([(group, f"{place}.jpg") for place, group in enumerate(groups)], "A note.")
    folders = ["a_b", "a_b (2)", "A_B (3)", "e\u0301", "\u00e9 (2)", "README (2).txt", "missing (2).txt", "a_b"]
    assert names == ["README.txt", *(f"{folder}/{place}.jpg" for place, folder in enumerate(folders))]
