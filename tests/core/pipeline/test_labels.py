"""Labels beside images, for whoever checks labels: what met nothing, and every image that has two."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from house import EACH, House, furnished_once
from PIL import Image

from core.cli.main import main
from core.export import run_files
from core.pipeline import label_check, runs
from core.pipeline.labels import fit, fit_of_run
from core.results import decisions, run_view


def _mixed(house: House) -> str:
    """A finished run on images of which two lie in another folder too, and one was saved anew in a third."""
    for number in range(2):
        shutil.copy(house.images / "red" / f"{number}.png", house.images / "grey" / f"copy {number}.png")
    with Image.open(house.images / "blue" / "0.png") as image:
        image.save(house.images / "green" / "anew.bmp")
    run_id = house.start(k=4, truth="folder")
    house.run(run_id)
    return run_id


house, mixed = furnished_once("mixed", _mixed)


def dataset_of(house: House, run_id: str) -> str:
    return run_view.get_run(house.store, run_id).settings.dataset_id


def test_an_image_in_two_folders_has_two_labels_and_counts_with_that_of_the_kept_copy(house: House, mixed: str) -> None:
    found = fit(house.store, dataset_of(house, mixed), "folder")
    assert [tuple(said[1:] for said in two.said) for two in found.twice] == [
        ((f"grey/copy {number}.png", "grey"), (f"red/{number}.png", "red")) for number in range(2)
    ]
    (near,) = found.near
    assert {label for *_, label in near.said} == {"blue", "green"}
    assert {name for _, name, _ in near.said} == {"blue/0.png", "green/anew.bmp"}
    view = run_view.View(house.store, mixed)
    assert {row.truth for row in view.rows() if row.name.startswith("grey/copy")} == {"grey"}
    scores = view.metrics()
    assert scores is not None
    assert scores["n"] == 4 * EACH + 1  # each content once


def test_run_json_lists_what_met_how_and_what_contradicts(house: House, mixed: str, tmp_path: Path) -> None:
    run_files.write(house.workspace, mixed, tmp_path / "out")
    labels = json.loads((tmp_path / "out" / "run.json").read_text())["labels"]
    assert labels["two_labels"][0] == [
        {"image": "grey/copy 0.png", "label": "grey"}, {"image": "red/0.png", "label": "red"},
    ]  # fmt: skip
    assert [len(labels[name]) for name in ("two_labels", "near_duplicates", "met", "alike")] == [2, 1, 0, 0]
    assert (labels["images"], labels["rows_without_image"]) == (4 * EACH + 1, 0)
    plain = house.start(k=4)
    house.run(plain)
    run_files.write(house.workspace, plain, tmp_path / "plain")
    assert json.loads((tmp_path / "plain" / "run.json").read_text())["labels"] is None


def test_the_command_line_says_which_rows_met_nothing_and_which_images_have_two_labels(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(house.images / "red" / "0.png", house.images / "red" / "again.png")
    house.workspace.close()
    names = [f"{colour}/{number}" for colour in ("red", "green", "blue", "grey") for number in range(EACH)]
    rows = "".join(f"{name};{name.split('/')[0]}\n" for name in names if name != "red/0")
    table = tmp_path / "labels.csv"
    table.write_text(f"file;colour\n{rows}red/again;Red\ngone;blue\nred/1;blue\n", encoding="utf-16")
    out = tmp_path / "out"
    options = ["--images", house.images, "--criterion", "colour", "--k", 4, "--truth", table, "--out", out]
    assert main(["run", *map(str, options), "--workspace", str(house.workspace.folder)]) == 0
    said = capsys.readouterr().err
    assert "Note: The table of labels: read as UTF-16, with “;” between cells." in said
    assert "Note: Labels that met their images without their endings: 16, e.g. “" in said
    assert "Note: Rows of the table that name no image here: 1 (gone)." in said
    assert "Two labels: red/1: red; red/1: blue" in said
    assert "Note: Labels that may mean one: red, Red. They count as one with --truth alike:WHERE." in said
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["n"], metrics["k_true"]) == (4 * EACH, 5)  # the label of the copy counts
    alike = [str(option).replace(str(table), f"alike:{table}") for option in options]
    assert main(["run", *alike, "--workspace", str(house.workspace.folder)]) == 0
    assert json.loads((out / "metrics.json").read_text())["k_true"] == 4
    assert "may mean one" not in capsys.readouterr().err
    assert json.loads((out / "run.json").read_text())["settings"]["truth"] == f"alike:{table}:colour"


def test_a_run_is_scored_as_spelled_and_as_one_side_by_side(house: House, tmp_path: Path) -> None:
    run_id, other = house.start(k=4), house.start(k=3)
    house.run(run_id)
    house.run(other)
    table = tmp_path / "labels.csv"
    table.write_text("image,colour\nred/0.png,01\nred/1.png,1\nblue/0.png,2\nblue/1.png,2.0\n")
    assert runs.compare_with(house.workspace, run_id, f"{table}:colour") == 4
    assert runs.compare_with(house.workspace, other, f"alike:{table}:colour") == 4
    for run, kinds in ((run_id, 4), (other, 2)):
        scores = run_view.View(house.store, run).metrics()
        assert scores is not None
        assert scores["k_true"] == kinds


def test_a_table_that_has_gone_stops_nothing(house: House, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("image,colour\nred/0.png,red\n")
    run_id = house.start(k=4, truth=str(table))
    house.run(run_id)
    table.write_text("image,colour\nother.png,red\n")
    settings = run_view.get_run(house.store, run_id).settings
    assert fit_of_run(house.store, settings.dataset_id, settings.truth) is None
    table.unlink()
    assert fit_of_run(house.store, settings.dataset_id, settings.truth) is None


def labelled_as(house: House, tmp_path: Path, said: dict[str, list[str]]) -> str:
    """A sorted run whose truth is a table: file name -> its labels, a row each."""
    table = tmp_path / "said.csv"
    rows = [f"{name},{label}" for name, labels in said.items() for label in labels]
    table.write_text("\n".join(["image,species", *rows]), encoding="utf-8")
    run_id = house.start(truth=f"{table}:species")
    house.run(run_id)
    return run_id


def test_images_with_two_labels_lead_the_list_of_those_to_check(house: House, tmp_path: Path) -> None:
    said = {f"{colour}/{number}.png": [colour] for colour in ("red", "green") for number in range(EACH)}
    run_id = labelled_as(house, tmp_path, said | {"red/0.png": ["red", "rose"]})
    first = label_check.doubts(house.store, run_id).listed[0]
    assert (first.name, first.given, first.likely, first.confidence, first.group) == (
        "red/0.png", "red", "rose", None, "red",
    )  # fmt: skip
    (tmp_path / "said.csv").unlink()  # what cannot be read any more is no reason to list nothing
    assert all(one.confidence is not None for one in label_check.doubts(house.store, run_id).listed)


def test_labels_that_differ_only_in_spelling_are_found_and_become_one_by_one_act(house: House, tmp_path: Path) -> None:
    spelled = ["Dandelion", "Dandelion", "Dandelion", "dandelion "], ["dandilion", "rose", "rose", "rosé"]
    colours = zip(("red", "green"), spelled, strict=True)
    run_id = labelled_as(
        house,
        tmp_path,
        {f"{colour}/{number}.png": [label] for colour, labels in colours for number, label in enumerate(labels)},
    )
    view = run_view.View(house.store, run_id)
    found = label_check.spelled_otherwise(view)
    assert [(one.label, set(one.others)) for one in found] == [
        ("Dandelion", {"dandelion", "dandilion"}),
        ("rose", {"rosé"}),
    ]
    decisions.add(house.store, run_id, label_check.in_one_spelling(view, found[0]))
    view = run_view.View(house.store, run_id)
    assert [one.label for one in label_check.spelled_otherwise(view)] == ["rose"]
    assert set(view.confusion(corrected=True).classes) == {"Dandelion", "rose", "rosé"}
    rows = {row[0]: row for row in label_check.corrected(view)}
    assert rows["green/0.png"][1:4] == ("dandilion", "Dandelion", "person")
    decisions.undo(house.store, run_id)
    assert len(label_check.spelled_otherwise(run_view.View(house.store, run_id))) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Rose", "rose", True), ("T-shirt", "t shirt", True), ("01", "1", True), ("jewelry", "jewellry", True),
        ("sunflower head", "sunflowre head", True), ("cat", "car", False), ("class 11", "class 12", False),
        ("male", "female", False), ("Monday", "Sunday", False), ("left hand", "right hand", False),
    ],
)  # fmt: skip
def test_what_counts_as_another_spelling(one: str, other: str, same: bool) -> None:
    assert label_check._is_spelling(one, other) is same
