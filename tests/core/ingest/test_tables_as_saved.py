"""Tables as people save them: every label right, and what was assumed is said; else one sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from core.config import Config
from core.errors import BadInput
from core.ingest import source
from core.ingest.external_results import read_results
from core.ingest.ground_truth import read_truth
from core.ingest.table import read_table

LABELS = {"Größe_1.jpg": "rot", "Größe_2.jpg": "grün", "Größe_3.jpg": "blau", "Größe_4.jpg": "gelb"}
NAMES = {name: f"Bilder/{name}" for name in LABELS}


def rows(separator: str = ",", end: str = "\r\n", after: str = "", header: str = "Datei{}Farbe") -> str:
    """The table of LABELS in one form."""
    lines = [header.format(separator), *(f"{name}{separator}{label}" for name, label in LABELS.items())]
    return "".join(f"{line}{after}{end}" for line in lines)


def objects(**more: object) -> list[dict[str, object]]:
    return [{"image": name, "Farbe": label, **more} for name, label in LABELS.items()]


def json_lines(**more: object) -> str:
    return "\n".join(json.dumps(value, ensure_ascii=False) for value in objects(**more))


FORMS: dict[str, tuple[str, bytes, str]] = {
    "German Excel": ("csv", rows(";").encode("cp1252"), "Windows-1252.*“;”"),
    "Excel's Unicode Text": ("txt", rows("\t").encode("utf-16"), "UTF-16, with tabs"),
    "Unicode Text, big end first": ("csv", b"\xfe\xff" + rows("\t").encode("utf-16-be"), "UTF-16"),
    "UTF-16 without a mark": ("csv", rows(";").encode("utf-16-le"), "UTF-16"),
    "a mark and semicolons": ("csv", rows(";").encode("utf-8-sig"), "“;”"),
    "Excel's line of the separator": ("csv", ("sep=;\r\n" + rows(";")).encode("utf-8-sig"), "“;”"),
    "the same in quotes, with pipes": ("csv", ('"sep=|"\n' + rows("|", "\n")).encode(), "“[|]”"),
    "an odd separator that is named": ("csv", ("sep=^\n" + rows("^")).encode(), "“\\^”"),
    "old Mac": ("csv", rows(";", "\r").encode(), "“;”"),
    "old Mac in its own letters": ("csv", rows(";", "\r").encode("mac_roman"), "mac-roman"),
    "Mac with a line break in a cell": ("csv", rows(";", "\r", header='"Wo\nist"{}Farbe').encode(), ";"),
    "DOS": ("csv", rows(";").encode("cp850"), "DOS|cp437"),
    "pipes": ("csv", rows("|").encode(), "“[|]”"),
    "tabs": ("tsv", rows("\t").encode(), ""),
    "empty columns at the right": ("csv", rows(after=",,").encode(), ""),
    "empty columns and rows": ("csv", (rows(";", after=";;") + ";;;\r\n" * 3 + "\r\n").encode(), "“;”"),
    "an empty column at the left": ("csv", "".join(f",{line}\n" for line in rows(end="\n").splitlines()).encode(), ""),
    "a title": ("csv", ("Bilder der Kampagne 2026,\r\n" + rows()).encode(), "title: “Bilder der Kampagne"),
    "a title without a separator": ("csv", ("Bilder 2026\n\n" + rows(";")).encode(), "title: “Bilder 2026”"),
    "a title with a comma, and a date": ("csv", ("Bilder, gut\nStand: Mai\n" + rows(";")).encode(), "and what follows"),
    "no header": ("csv", rows().partition("\n")[2].encode(), "no header"),
    "R: no name above the names": ("csv", rows(header="Farbe").encode(), ""),
    "pandas: an index without a name": ("csv", rows(header=",Farbe").encode(), ""),
    "spaces, as ImageNet lists classes": ("txt", rows(" ").partition("\n")[2].encode(), "spaces"),
    "spaces under a header": ("txt", rows(" ", "\n").encode(), "spaces"),
    "all cells in quotes": ("csv", re.sub(r"[^,\r\n]+", r'"\g<0>"', rows()).encode(), ""),
    "a line break in a cell": ("csv", rows(header='"Datei\n(JPEG)"{}"Far""be"').encode(), ""),
    "JSON Lines": ("jsonl", json_lines().encode(), ""),
    "JSON Lines from PowerShell": ("jsonl", json_lines().replace("\n", "\r\n").encode("utf-16"), ""),
    "JSON Lines in Windows' letters": ("ndjson", json_lines().encode("cp1252"), ""),
    "a list of objects": ("json", json.dumps(objects(), indent=1).encode(), ""),
    "one object of names and labels": ("json", json.dumps(LABELS, indent=2).encode(), ""),
    "further things in the objects": ("jsonl", json_lines(box=[1, 2], of={"a": 1}).encode(), "left out.*: box, of$"),
    "a title over several cells": ("csv", ("Bilder;Stand Mai\n" + rows(";")).encode(), "title: “Bilder, Stand Mai”"),
    "two lines of titles over several cells": (
        "csv",
        ("Mai;2026\nBilder;gut\n" + rows(";")).encode(),
        "and what follows",
    ),
    "a title above usual names": (
        "csv",
        ("Kunde,ACME\n" + rows(header="file{}Farbe")).encode(),
        "title: “Kunde, ACME”",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_label_of_every_form_is_read_and_what_was_assumed_is_said(tmp_path: Path, form: str) -> None:
    ending, content, said = FORMS[form]
    path = tmp_path / f"table.{ending}"
    path.write_bytes(content)
    assert read_truth(str(path), NAMES)[1] == LABELS
    assert re.search(said or "^$", read_table(path).how)


@pytest.mark.parametrize("form", ["German Excel", "old Mac", "a title", "empty columns and rows", "no header"])
def test_the_same_forms_list_images_and_bring_results(tmp_path: Path, form: str) -> None:
    ending, content, said = FORMS[form]
    path = tmp_path / f"table.{ending}"
    path.write_bytes(content)
    for name in LABELS:
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    found = source.find(str(path), "", Config(tmp_path / "ws"))
    assert [(file.name, file.refusal) for file in found.files] == [(name, "") for name in LABELS]
    assert re.search(said, found.note)
    results = read_results(path)
    assert {row.record.image: row.answer for row in results.rows} == LABELS
    assert re.search(said, results.note)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("t.csv", b"PK\x03\x04rest", "an Excel workbook"),
        ("t.csv", b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        ("t.csv", rows().encode() + "Größe_5.jpg,grün".encode("cp1252"), "two encodings: line 6 is not in UTF-8"),
        ("t.json", b'{"box": [1, 2], "at": {}}', "holds no rows"),
        ("t.json", b"[1, 2]", "holds no rows"),
        ("t.jsonl", b"", "empty or not a text table"),
    ],
)
def test_what_is_no_table_gets_a_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=sentence):
        read_table(tmp_path / name)


def test_what_stands_beside_the_columns_is_said_and_takes_no_label(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,colour,what\na.jpg,red,a cup\nb.jpg,blue,a plate, chipped\n\nc.jpg,red\n")
    table = read_table(tmp_path / "t.csv")
    assert table["colour"] == ["red", "blue", "red"]
    assert table.how == "rows with more cells than the header: 1, the first is row 3"


def test_addresses_with_commas_in_one_column_are_whole(tmp_path: Path) -> None:
    urls = [f"https://res.example.com/w_300,h_200;q_{number}/{number}.jpg" for number in range(4)]
    for header in ("url\n", "", "Adressen 2026\n"):
        (tmp_path / "t.csv").write_text(header + "\n".join(urls))
        assert next(iter(read_table(tmp_path / "t.csv").values()))[-3:] == urls[-3:]


def test_addresses_with_what_follows_a_question_mark_have_their_labels(tmp_path: Path) -> None:
    rows = "".join(f"https://b.example/x/IMG%5F{number}.JPG?sig=a&b,red\n" for number in range(4))
    for header in ("image,colour\n", "", "Adressen 2026\nimage,colour\n"):
        (tmp_path / "t.csv").write_text(header + rows)
        assert list(read_table(tmp_path / "t.csv").values())[1] == ["red"] * 4


def test_a_bare_carriage_return_belongs_to_its_cell_where_rows_end_with_lf(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"image,colour\na.jpg,dark\rred\nb.jpg,blue\n")
    assert read_table(tmp_path / "t.csv") == {"image": ["a.jpg", "b.jpg"], "colour": ["dark\rred", "blue"]}


def test_results_that_contradict_themselves_say_so(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("image,cluster\na.jpg,red\na.jpg,blue\na.jpg,red\nb.jpg,blue\n", encoding="utf-8")
    found = read_results(path)
    assert [(row.record.image, row.answer) for row in found.rows] == [
        ("a.jpg", "red"),
        ("a.jpg", "red"),
        ("b.jpg", "blue"),
    ]
    assert found.bad == ((3, "a.jpg has a second answer (blue); the first counts."),)


def test_results_without_a_column_of_images_or_with_many_say_so(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("cluster,label\nred,x\nblue,y\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"r.csv has no column that names the images. It has: cluster, label"):
        read_results(path)
    path.write_text("image,red,blue\na.jpg,1,0\nb.jpg,0,1\n", encoding="utf-8")
    assert read_results(path).note == (
        "r.csv: its columns of 0 and 1 together are the column “label”; groups are those of its column “label”."
    )
