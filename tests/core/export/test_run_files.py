"""Files out as a ZIP: names are safe, nothing is overwritten or lost."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from core.export.zip_folders import folder_name, zip_folders
from core.ingest.csv_guard import unguarded


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
        assert archive.namelist() == ["cats/1.jpg", "cats/1 (2).JPG", "dogs_.._/2.jpg", "files.csv", "missing.txt"]
        assert archive.read("cats/1 (2).JPG") == b"two"
        assert b"dogs/3.jpg" in archive.read("missing.txt")


def unpacked(files: list[tuple[str, str]], note: str = "") -> list[str]:
    """The names in a ZIP of these (group, file), without its table, which leads from each to the file as given."""
    pieces = zip_folders([(group, name, bytes) for group, name in files], note)
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        names = archive.namelist()
        table = archive.read(names.pop()).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [(row["file"], unguarded(row["image"])) for row in rows] == [
        (name, told) for name, (_, told) in zip(names[bool(note) :], files, strict=True)
    ]
    return names


@pytest.mark.parametrize("letter", ["a", "é", "图", "🐈"])
@pytest.mark.parametrize("ending", [".jpg", ".JPEG", ""])
def test_long_names_keep_their_ending_and_fit_every_system(letter: str, ending: str) -> None:
    names = unpacked([(letter * 300, letter * 300 + ending)] * 12)
    assert len(set(names)) == 12
    for name in names:
        assert name.endswith(ending)
        assert all(len(part.encode()) <= 255 for part in name.split("/"))


def test_what_is_no_ending_is_cut_like_the_rest() -> None:
    assert unpacked([("a", "1. " + "x" * 300)]) == ["a/1. " + "x" * 92 + "~" + "x" * 40]
    assert unpacked([("a", ".jpg"), ("a", "con.jpg"), ("a", "a.jpg. ")]) == ["a/jpg", "a/_con.jpg", "a/a.jpg"]


def test_names_that_some_system_takes_for_one_stay_apart() -> None:
    composed, apart = "\u00e9.jpg", "e\u0301.jpg"
    names = unpacked([("a", composed), ("a", apart), ("a", "STRASSE.jpg"), ("a", "straße.jpg")])
    assert names == [f"a/{composed}", "a/e\u0301 (2).jpg", "a/STRASSE.jpg", "a/straße (2).jpg"]


def test_groups_whose_folders_would_be_one_stay_apart() -> None:
    groups = ["a/b", "a?b", "A_B", "e\u0301", "\u00e9", "README.txt", "missing.txt", "files.csv", "a/b"]
    names = unpacked([(group, f"{place}.jpg") for place, group in enumerate(groups)], "A note.")
    folders = ["a_b", "a_b (2)", "A_B (3)", "e\u0301", "\u00e9 (2)"]
    folders += ["README.txt (2)", "missing.txt (2)", "files.csv (2)", "a_b"]
    assert names == ["README.txt", *(f"{folder}/{place}.jpg" for place, folder in enumerate(folders))]


MADE = "studio_set_a_wide_photograph_of_a_blue_ceramic_cup_on_a_wooden_table_soft_morning_light_85mm_f1.8_"
LONG = {
    "a generator's": [f"{MADE}{number}a3c9f12-77b0-4e0d-9a51-0c2d7be41f0{number}.jpg" for number in range(4)],
    "wide letters": ["夏休みの写真" * 13 + f"{number}赤.jpg" for number in range(4)],
    "255 bytes": ["x" * 250 + f"{number}.png" for number in range(4)],
    "emoji": ["👩‍👩‍👧" * 14 + f" {number}.webp" for number in range(4)],
    "dots": ["v1.2.3 " * 30 + f"{number}.jpeg" for number in range(4)],
}


@pytest.mark.parametrize("form", LONG)
def test_long_names_stay_apart_without_numbers_and_keep_both_ends(form: str) -> None:
    names = [PurePosixPath(name).name for name in unpacked([("a", f"x/{name}") for name in LONG[form]])]
    for name, given in zip(names, LONG[form], strict=True):
        assert name[:20] == given[:20]
        assert name[-8:] == given[-8:]
        assert len(name.encode()) <= 143
        assert "(2)" not in name


ODD = {
    "new\nline.jpg": "new_line.jpg",
    "tab\tand\rreturn.jpg": "tab_and_return.jpg",
    "line\u2028end.jpg": "line_end.jpg",
    "🐈 cat 👩‍👩‍👧.jpg": "🐈 cat 👩‍👩‍👧.jpg",
    "invoice\u202egpj.exe": "invoicegpj.exe",
    "\u200fתמונה.jpg": "תמונה.jpg",
    "صورة ١.jpg": "صورة ١.jpg",
    "dots....jpg": "dots.jpg",
    "ends with blanks .jpg": "ends with blanks.jpg",
    "ends.jpg. . ": "ends.jpg",
    "con.jpg": "_con.jpg",
    "CON .png": "_CON.png",
    "Aux.tar.jpg": "_Aux.tar.jpg",
    "com1.jpg": "_com1.jpg",
    "LPT¹.jpg": "_LPT¹.jpg",
    "CONIN$": "_CONIN$",
    "clock$.jpg": "_clock$.jpg",
    "conference.jpg": "conference.jpg",
    "what?.jpg": "what_.jpg",
    'a<b>:"c"|*.jpg': "a_b_c_.jpg",
    "lone\ud800.jpg": "lone_.jpg",
}


@pytest.mark.parametrize("given", ODD, ids=ascii)
def test_odd_names_become_names_that_every_system_takes(given: str, tmp_path: Path) -> None:
    pieces = zip_folders([("a", given, bytes)])
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        archive.extractall(tmp_path)
        assert archive.namelist() == [f"a/{ODD[given]}", "files.csv"]
    assert (tmp_path / "a" / ODD[given]).is_file()


def test_names_that_differ_only_in_case_do_not_overwrite_each_other() -> None:
    names = unpacked(
        [("a", "x/IMG.JPG"), ("a", "y/img.jpg"), ("a", "z/Img.jpg"), ("A", "IMG.jpg"), ("a.b", "c"), ("a.b", "C")]
    )
    assert names == ["a/IMG.JPG", "a/img (2).jpg", "a/Img (3).jpg", "A (2)/IMG.jpg", "a.b/c", "a.b/C (2)"]
    assert len({name.casefold() for name in names}) == len(names)
