"""What programs for annotation and data write as tables: every label right, or one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import BadInput
from core.ingest.external_results import read_results
from core.ingest.ground_truth import read
from core.ingest.name_matching import Images
from core.ingest.records import read_records

LABELS = {"a.jpg": "rot", "b.jpg": "grün", "c.jpg": "blau"}
IMAGES = Images({f"id of {name}": name for name in LABELS})
ITEMS = list(enumerate(LABELS.items()))
COCO = {
    "info": {"year": 2026},
    "images": [{"id": n, "file_name": name, "width": 9} for n, (name, _) in ITEMS],
    "annotations": [{"id": 7, "image_id": n, "category_id": n + 1, "bbox": [1, 2, 3, 4]} for n, _ in ITEMS],
    "categories": [{"id": n + 1, "name": label} for n, (_, label) in ITEMS],
}
VIA = {
    f"{name}12": {"filename": name, "size": 12, "regions": [], "file_attributes": {"Farbe": label}}
    for name, label in LABELS.items()
}
TASKS = [
    {
        "id": n,
        "data": {"image": f"/data/upload/1/1a2b3c4d-{name}"},
        "annotations": [{"id": 1, "result": [{"value": {"choices": [label]}, "from_name": "Farbe"}]}],
        "predictions": [],
    }
    for n, (name, label) in ITEMS
]
DATA_ROWS = [
    {
        "data_row": {"external_id": name, "row_data": f"https://s.example/{n}"},
        "projects": {"p": {"labels": [{"classifications": [{"name": "Farbe", "radio_answer": {"name": label}}]}]}},
    }
    for n, (name, label) in ITEMS
]
REGIONS = {
    key: {**one, "file_attributes": {}, "regions": [{"region_attributes": one["file_attributes"]}]}
    for key, one in VIA.items()
}
NAMES, WORDS = list(LABELS), list(LABELS.values())
HEX = "rf.0a1b2c3d4e5f"

FORMS: dict[str, tuple[str, object, str]] = {
    "COCO": ("json", COCO, ""),
    "COCO without categories' names": ("json", {**COCO, "categories": [{"id": n} for n in (1, 2, 3)]}, "numbers"),
    "VGG VIA, a project": ("json", {"_via_settings": {}, "_via_img_metadata": VIA}, ""),
    "VGG VIA, annotations": ("json", VIA, ""),
    "VGG VIA, labels of regions": ("json", REGIONS, ""),
    "Label Studio": ("json", TASKS, "annotations.result.value.choices"),
    "Label Studio, one task": ("json", TASKS[:1], "annotations.result.value.choices"),
    "Label Studio, in short": (
        "json",
        [{"id": n, "image": f"/data/upload/1/1a2b3c4d-{name}", "choice": {"choices": [label]}, "annotator": 3}
         for n, (name, label) in ITEMS],
        "choice.choices",
    ),
    "Labelbox": ("ndjson", DATA_ROWS, "projects.p.labels.classifications.radio_answer.name"),
    "Roboflow, a column a class": (
        "csv",
        f"filename, rot, grün, blau\na_jpg.{HEX}.jpg, 1, 0, 0\nb_jpg.{HEX}.jpg, 0, 1, 0\nc_jpg.{HEX}.jpg, 0, 0, 1\n",
        "label",
    ),
    "Roboflow, boxes": (
        "csv",
        "filename,class,xmin\n" + "".join(f"{name},{label},{x}\n" for name, label in LABELS.items() for x in "12"),
        "class",
    ),
    "Kaggle": ("csv", "id,species,margin\n" + "".join(f"{n[0]},{w},0.5\n" for n, w in LABELS.items()), "species"),
    "German Excel with decimal commas": (
        "csv",
        ("Datei;Farbe;Sicherheit\r\n" + "".join(f"{n};{w};0,95\r\n" for n, w in LABELS.items())).encode("cp1252"),
        "Farbe",
    ),
    "blanks before quotes": ("csv", "file, Farbe\n" + "".join(f'"{n}", "{w}"\n' for n, w in LABELS.items()), ""),
    "Markdown": ("txt", "| file | Farbe |\n|---|---|\n" + "".join(f"| {n} | {w} |\n" for n, w in LABELS.items()), ""),
    "UTF-32": ("csv", ("file,Farbe\n" + "".join(f"{n},{w}\n" for n, w in LABELS.items())).encode("utf-32"), ""),
    "pandas, columns of rows": (
        "json",
        {"image": dict(enumerate(NAMES)), "label": dict(enumerate(WORDS))},
        "",
    ),
    "pandas, columns": ("json", {"image": NAMES, "label": WORDS}, ""),
    "pandas, split": ("json", {"columns": ["image", "label"], "index": [0, 1, 2], "data": list(LABELS.items())}, ""),
    "a list within": ("json", {"version": 2, "items": [{"file": n, "label": w} for n, w in LABELS.items()]}, ""),
    "lists with names in the first": ("json", [["file", "label"], *LABELS.items()], ""),
    "pairs": ("json", list(LABELS.items()), ""),
    "images by label": ("json", {label: [name] for name, label in LABELS.items()}, ""),
    "objects by image": ("json", {name: {"label": label} for name, label in LABELS.items()}, ""),
    "one after another": (
        "json",
        "\n".join(json.dumps({"file": n, "label": w}, indent=2) for n, w in LABELS.items()),
        "",
    ),
}  # fmt: skip


def written(path: Path, content: object) -> Path:
    if isinstance(content, list) and path.suffix == ".ndjson":
        content = "\n".join(map(json.dumps, content))
    if not isinstance(content, (str, bytes)):
        content = json.dumps(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_every_label_is_read(form: str, tmp_path: Path) -> None:
    ending, content, column = FORMS[form]
    path = written(tmp_path / f"t.{ending}", content)
    wanted = dict(zip(NAMES, "123", strict=True)) if column == "numbers" else LABELS
    column = "" if column == "numbers" else column
    found = read(f"{path}:{column}" if column else str(path), IMAGES)
    expected = {f"id of {name}": label for name, label in wanted.items()}
    assert found.classes == (dict(list(expected.items())[:1]) if "one task" in form else expected)
    assert not found.twice


@pytest.mark.parametrize("form", ["COCO", "images by label", "Roboflow, a column a class", "pandas, split"])
def test_they_bring_results_too(form: str, tmp_path: Path) -> None:
    ending, content, _ = FORMS[form]
    found = read_results(written(tmp_path / f"t.{ending}", content))
    assert [row.answer for row in found.rows] == WORDS


def test_an_image_with_two_categories_has_two_labels(tmp_path: Path) -> None:
    annotations = [*COCO["annotations"], {"image_id": 0, "category_id": 2}, {"image_id": 0, "category_id": 1}]
    found = read(str(written(tmp_path / "t.json", {**COCO, "annotations": annotations})), IMAGES)
    assert [[label for *_, label in two.said] for two in found.twice] == [["rot", "grün"]]


def test_images_without_an_annotation_have_no_label(tmp_path: Path) -> None:
    found = read(str(written(tmp_path / "t.json", {**COCO, "annotations": COCO["annotations"][:2]})), IMAGES)
    assert list(found.classes.values()) == WORDS[:2]
    with pytest.raises(BadInput, match=r"needs a column with image names and one with classes; it has: image\."):
        read(str(written(tmp_path / "t.json", {**COCO, "annotations": []})), IMAGES)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('<?xml version="1.0"?>\n<annotations><image name="a.jpg"><tag label="rot"/></image></annotations>', "an XML"),
        ("<!DOCTYPE html><table><tr><td>a.jpg", "a web page"),
        (b"\x1f\x8b\x08\x00rest", "packed file"),
        ("%PDF-1.7\n", "a PDF file"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(content: object, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=sentence):
        read(str(written(tmp_path / "t.csv", content)), IMAGES)


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        ("json", {"images": COCO["images"], "annotations": [{"image_id": n, "caption": f"A {n}."} for n, _ in ITEMS]}),
        ("jsonl", "\n".join(json.dumps({"File_Name": name, "Caption": f"A {n}."}) for n, (name, _) in ITEMS)),
        ("csv", "Datei;description\n" + "".join(f"{name};A {n}.\n" for n, (name, _) in ITEMS)),
        ("json", {"model": "m", "results": [{"image": name, "text": f"A {n}."} for n, (name, _) in ITEMS]}),
    ],
)
def test_descriptions_in_other_forms(ending: str, content: object, tmp_path: Path) -> None:
    found = read_records(written(tmp_path / f"t.{ending}", content))
    assert {one.image: one.description for one in found.records} == {name: f"A {n}." for n, (name, _) in ITEMS}
    assert found.bad == ()


PAGES = {"cp1254": "kırmızı", "koi8_r": "красный", "cp1255": "אדום", "euc_jp": "赤", "cp932": "赤", "cp1250": "żółty"}


@pytest.mark.parametrize("page", PAGES)
def test_what_a_table_is_written_in_can_be_said(page: str, tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", f"file,l\na.jpg,{PAGES[page]}\n".encode(page))
    assert read(f"alike:encoding:{page}:{path}:l", IMAGES).classes == {"id of a.jpg": PAGES[page]}
    with pytest.raises(BadInput, match=r"t\.csv cannot be read as UTF-8\. Say what else it is written in\."):
        read(f"encoding:utf-8:{path}", IMAGES)
    with pytest.raises(BadInput, match="Tables are not written in “klingon”"):
        read(f"encoding:klingon:{path}", IMAGES)
