"""`python -m core compare`: what it says and writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from house import EACH, House

from core.cli.main import main
from core.export import html_data, run_files


@pytest.fixture
def two(house: House) -> list[str]:
    """Two runs by colour; the house's own workspace is closed, as one workspace has one process."""
    runs = [house.start(k=4, truth="folder"), house.start(k=3)]
    for run_id in runs:
        house.run(run_id)
    house.workspace.close()
    return [*runs, "--workspace", str(house.workspace.folder)]


def test_what_it_says_and_writes(two: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["compare", *two, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"{4 * EACH} images in both, {EACH} changed" in said
    assert f"red\tUnassigned {EACH}" in said
    assert "ARI 1.000" in said
    with (out / "matrix.csv").open(encoding="utf-8-sig", newline="") as file:
        matrix = list(csv.reader(file))
    assert sum(int(cell) for row in matrix[1:] for cell in row[1:]) == 4 * EACH
    with (out / "images.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["first"], row["second"]) for row in rows if row["changed"] == "yes"] == [("red", "Unassigned")] * EACH
    about = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    assert about["first"]["scores"]["acc"] == 1.0
    assert about["second"]["scores"] is None
    assert [group["name"] for group in about["gone"]] == ["red"]
    assert about["settings"] == [{"setting": "k", "first": 4, "second": 3}]
    assert {path.name for path in out.iterdir()} == {"matrix.csv", "images.csv", "comparison.json"}


def test_a_run_says_its_name_and_whose_version_it_is(house: House, tmp_path: Path) -> None:
    old, new = house.start(k=4), house.start(k=3)
    house.store.catalogue.set_name(new, "mine")
    house.store.catalogue.set_parent(new, old)
    for run_id in (old, new):
        house.run(run_id)
        run_files.write(house.workspace, run_id, tmp_path / run_id)
    said = [json.loads((tmp_path / run_id / "run.json").read_text(encoding="utf-8")) for run_id in (old, new)]
    assert [(run["name"], run["parent"]) for run in said] == [("", ""), ("mine", old)]
    assert html_data.of(house.workspace, new).title == "mine"
    assert html_data.of(house.workspace, old).title == "images by colour"


def test_what_cannot_be_compared_is_one_sentence(
    two: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, *place = two
    for runs, words in (([first, first], "the same run"), ([first, "nope"], "does not exist")):
        assert main(["compare", *runs, *place]) == 2
        assert words in capsys.readouterr().err
    assert main(["compare", first, second, "--workspace", str(tmp_path / "nothing")]) == 2
    assert "There is no workspace at" in capsys.readouterr().err
