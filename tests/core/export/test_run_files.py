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
