"""What a person brings (descriptions, results, their truth) meets images the same way, and says how."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from house import House

from core.cli.main import main
from core.errors import BadInput
from core.ingest import ground_truth, source
from core.ingest.external_results import read_results
from core.ingest.name_matching import Images
from core.ingest.records import read_records


@pytest.fixture
def place(house: House, tmp_path: Path) -> list[str]:
    house.workspace.close()
    return ["--out", str(tmp_path / "out"), "--workspace", str(tmp_path / "cli")]


def written(tmp_path: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    return run


def json_lines(path: Path, *values: object) -> str:
    path.write_text("\n".join(map(json.dumps, values)), encoding="utf-8")
    return str(path)


def described(folder: Path, **more: object) -> list[dict[str, object]]:
    files = sorted(folder.rglob("*.png"))
    return [
        {"image": file.relative_to(folder).as_posix(), "label": file.parent.name, "truth": file.parent.name, **more}
        for file in files
    ]


def test_records_alone_list_items_with_two_truths(
    place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"image": f"{n}.png", "description": f"A {c}.", "truth": c} for n, c in enumerate(["red", "blue"] * 4)]
    file = json_lines(tmp_path / "r.jsonl", *rows, {**rows[0], "truth": "crimson"})
    assert main(["run", "--records", file, "--criterion", "colour", "--k", "2", *place]) == 0
    run = written(tmp_path)
    assert run["labels"]["two_labels"] == [[{"image": "0.png", "label": "red"}, {"image": "0.png", "label": "crimson"}]]
    assert run["labels"]["images"] == 8
    assert "Two labels: 0.png: red; 0.png: crimson" in capsys.readouterr().err
    assert (tmp_path / "out" / "metrics.json").exists()


def test_an_image_has_the_record_of_its_copy_and_how_names_met_is_said(
    house: House, place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = described(house.images)
    shutil.copy(house.images / "red" / "0.png", house.images / "zz.png")
    for row in rows:
        row["image"] = "ZZ.PNG" if row["image"] == "red/0.png" else str(row["image"]).upper()
    file = json_lines(tmp_path / "r.jsonl", *rows, {"image": "gone.png", "label": "red"})
    given = ["run", "--images", str(house.images), "--records", file, "--criterion", "colour", "--k", "4"]
    assert main([*given, *place]) == 0
    run, said = written(tmp_path), capsys.readouterr().err
    assert run["counts"]["failed"] == 0
    assert run["records"] == {
        "read": "",
        "met": [{"way": "whatever their case", "images": 16, "example": ["BLUE/0.PNG", "blue/0.png"]}],
        "rows_without_image": 1,
    }
    assert "Rows that met their images whatever their case: 16" in said
    assert "Rows that name no image here: 1 (gone.png)." in said
    assert run["labels"]["images"] == 16  # what the records carry is scored, and no label was asked for


@pytest.mark.parametrize("form", ["csv", "json"])
def test_results_list_two_truths_and_take_the_row_of_a_copy(
    form: str, house: House, place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"image": row["image"], "cluster": row["label"], "truth": row["truth"], "confidence": "95 %"}
        for row in described(house.images)
    ]
    shutil.copy(house.images / "red" / "0.png", house.images / "zz.png")
    next(row for row in rows if row["image"] == "red/0.png")["image"] = "zz.png"
    rows += [{**rows[0], "truth": "navy"}, {**rows[1], "cluster": "red", "truth": "sky"}]
    rows[2]["confidence"] = "sure"
    if form == "csv":
        with (tmp_path / "r.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        (tmp_path / "r.json").write_text(json.dumps(rows, indent=1))
    given = ["import", str(tmp_path / f"r.{form}"), "--images", str(house.images)]
    assert main([*given, *place]) == 0
    run, said = written(tmp_path), capsys.readouterr().err
    assert run["counts"]["failed"] == 0
    two = [[one["label"] for one in listed] for listed in run["labels"]["two_labels"]]
    assert two == [["blue", "navy"], ["blue", "sky"]]
    assert "Confidences that are no number from 0 to 1 are left out: 1, e.g. “sure”." in said
    assert "blue/1.png has a second answer (red); the first counts." in said


@pytest.mark.parametrize(
    ("said", "share"),
    [
        ("0,9", 0.9),
        ("95%", 0.95),
        ("95,5 %", 0.955),
        (" 1 ", 1.0),
        ("12", None),
        ("", None),
        ("5%5", None),
    ],
)
def test_confidences_as_people_write_them(said: str, share: float | None, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(f'image,cluster,confidence\na.jpg,red,"{said}"\nb.jpg,blue,"0.5"\n')
    found = read_results(tmp_path / "r.csv")
    assert found.rows[0].confidence == (None if share is None else pytest.approx(share))
    assert bool(found.note) == (share is None and bool(said))


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"a.jpg": "cat", "b.jpg": "dog"}),
        json.dumps({"cat": ["a.jpg"], "dog": ["b.jpg"]}),
        json.dumps({"a.jpg": {"cluster": "cat"}, "b.jpg": {"cluster": "dog"}}, indent=1),
        json.dumps([["a.jpg", "cat"], ["b.jpg", "dog"]]),
        json.dumps({"results": [{"file": "a.jpg", "label": "cat"}, {"file": "b.jpg", "label": "dog"}], "version": 2}),
    ],
)
def test_results_as_any_json(content: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(content)
    found = read_results(tmp_path / "r.json")
    assert [(row.record.image, row.answer) for row in found.rows] == [("a.jpg", "cat"), ("b.jpg", "dog")]


@pytest.mark.parametrize("form", ["lines", "lines ended by CR", "a list", "one after another", "names and texts"])
def test_records_as_any_json(form: str, tmp_path: Path) -> None:
    values = [{"image": f"{name}.jpg", "description": f"A {name}.\u2028"} for name in "abc"]
    lines = [json.dumps(value, ensure_ascii=False) for value in values]
    content = {
        "lines": "\n".join(lines),
        "lines ended by CR": "\r".join([*lines, ""]),
        "a list": json.dumps(values),
        "one after another": "\n".join(json.dumps(value, indent=2) for value in values),
        "names and texts": json.dumps({value["image"]: value["description"] for value in values}),
    }[form]
    (tmp_path / "r.jsonl").write_bytes(content.encode())
    read = read_records(tmp_path / "r.jsonl")
    assert [(one.image, one.description) for one in read.records] == [(f"{n}.jpg", f"A {n}.") for n in "abc"]
    assert read.bad == ()


def test_several_labels_of_one_image_are_two_labels_or_said(tmp_path: Path) -> None:
    values = [{"image": "a.jpg", "label": ["cat", "dog"]}, {"image": "b.jpg", "label": "cat"}]
    file = Path(json_lines(tmp_path / "r.jsonl", *values))
    truth = ground_truth.read(str(file), Images({"i": "a.jpg", "j": "b.jpg"}))
    assert [[label for *_, label in two.said] for two in truth.twice] == [["cat", "dog"]]
    assert truth.how == "lists of several labels: 1, each counts as one of its image"
    assert read_records(file).note == "Lines with several texts: 1, the first is line 1; the first of each counts."
    found = read_results(file)
    assert found.bad == ((1, "a.jpg has a second answer (dog); the first counts."),)


def test_before_a_run_copies_of_one_name_are_one_image(house: House, tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / "x" / folder).mkdir(parents=True)
        shutil.copy(house.images / "red" / "0.png", tmp_path / "x" / folder / "1.png")
    shutil.copy(house.images / "blue" / "0.png", tmp_path / "x" / "c" / "2.png")
    shutil.copy(house.images / "blue" / "1.png", tmp_path / "x" / "a" / "2.png")
    (tmp_path / "t.csv").write_text("image,colour\n1.png,red\n")
    origin = source.find(str(tmp_path / "x"), "", house.workspace.config)
    assert set(ground_truth.read(str(tmp_path / "t.csv"), source.as_named(origin)).classes.values()) == {"red"}
    (tmp_path / "t.csv").write_text("image,colour\n2.png,red\n")
    with pytest.raises(BadInput, match="2 images are called so"):
        ground_truth.read(str(tmp_path / "t.csv"), source.as_named(origin))


def test_the_column_of_labels_never_names_the_images(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,kind\n1.png,cat\n2.png,dog\n")
    names = {"i": "cat.png", "j": "dog.png", "k": "1.png"}
    assert ground_truth.read(f"{tmp_path / 't.csv'}:kind", Images(names)).classes == {"k": "cat"}
    assert ground_truth.read(f"{tmp_path / 't.csv'}:file", Images(names)).column == "kind"
