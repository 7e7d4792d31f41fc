"""Columns of labels: which there are, and which are worth a suggestion."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from house import EACH, House

from core.config import config
from core.ingest import source
from core.pipeline import intake
from core.suggestions import labels
from core.suggestions.labels import Column


@pytest.fixture
def dataset(house: House) -> str:
    origin = source.find(str(house.images), "", house.workspace.config)
    place = house.workspace
    intake.look(place.store, place.copies, place.config, origin, threading.Event(), lambda _: None)
    return origin.dataset_id


@pytest.fixture
def table(house: House, tmp_path: Path) -> Path:
    """Two columns of labels, one that names each image, one with the same for all."""
    rows = ["image,kind_of_thing,size,taken,owner"]
    for place, file in enumerate(sorted(house.images.rglob("*.png"))):
        name = file.relative_to(house.images)
        rows.append(f"{name},{'cup' if place % 2 else 'jug'},{place % 4},2024-01-{place:02},shop")
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_all_columns_of_the_table_count_that_hold_groups(house: House, dataset: str, table: Path) -> None:
    found = labels.columns(house.store, dataset, f"{table}:size")
    assert {column.name: len(column.labels) for column in found} == {"kind of thing": 2, "size": 4}
    assert labels.columns(house.store, dataset, f"alike:{table}:size") == found
    (kind, size) = labels.suggestions(sorted(found, key=lambda column: column.name))
    assert (kind.criterion, kind.number.k, kind.number.reason) == ("kind of thing", 2, "labels")
    assert {group.name: group.size for group in kind.groups} == {"cup": 8, "jug": 8}
    assert not any(group.examples for group in size.groups)  # labels group no images


def test_folders_say_how_many_and_not_by_what(house: House, dataset: str) -> None:
    (column,) = labels.columns(house.store, dataset, "folder")
    assert column == Column("folder", dict.fromkeys(("blue", "green", "grey", "red"), EACH))
    assert labels.suggestions([column]) == []


def test_labels_that_runs_were_compared_with_are_known(house: House, dataset: str, table: Path) -> None:
    run_id = house.start(truth=f"{table}:size")
    house.run(run_id)
    assert [column.name for column in labels.columns(house.store, dataset)] == ["size"]


@pytest.mark.parametrize("truth", ["", "filename", "/nowhere/labels.csv:kind"])
def test_labels_that_cannot_be_read_give_none(house: House, dataset: str, truth: str) -> None:
    assert labels.columns(house.store, dataset, truth) == []


def test_a_table_in_another_encoding_is_read_as_said(house: House, dataset: str, tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    files = [file.relative_to(house.images) for file in sorted(house.images.rglob("*.png"))]
    rows = [f"{file},{('rot', 'grün')[place % 2]}" for place, file in enumerate(files)]
    path.write_bytes("\n".join(["image,farbe", *rows]).encode("cp850"))
    (column,) = labels.columns(house.store, dataset, f"encoding:cp850:{path}:farbe")
    assert column == Column("farbe", {"rot": 8, "grün": 8})


def test_a_table_outside_the_folders_that_may_be_read_gives_none(
    house: House, dataset: str, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACETRY_IMAGE_ROOTS", str(house.images))
    config.cache_clear()
    assert labels.columns(house.store, dataset, f"{table}:size") == []
    monkeypatch.undo()
    config.cache_clear()
