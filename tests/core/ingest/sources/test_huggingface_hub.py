"""Hugging Face data sets that lie on this computer: images by their type, classes as ground truth, nothing executed."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from on_use import datasets
from PIL import Image

from core.config import Config
from core.errors import BadInput
from core.ingest import source
from core.ingest.ground_truth import read_truth
from core.pipeline import intake
from core.workspace import Workspace

COLOURS = ["red", "lime", "blue", "red"]


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two splits; the train split has four images (one twice), a row without one, one that is no image, and classes."""
    folder = tmp_path_factory.mktemp("data") / "colours"
    features = datasets.Features(
        {
            "note": datasets.Value("string"),
            "picture": datasets.Image(),
            "colour": datasets.ClassLabel(names=["red", "green", "blue"]),
        }
    )
    cells = [{"bytes": png(colour), "path": None} for colour in COLOURS]
    cells += [None, {"bytes": b"hello", "path": None}, {"bytes": None, "path": "/etc/hostname"}]  # type: ignore[list-item]
    rows = {"note": [""] * 7, "picture": cells, "colour": [0, 1, 2, 0, 0, -1, 1]}
    train = datasets.Dataset.from_dict(rows, features=features)
    datasets.DatasetDict({"train": train, "test": train.select([0, 1])}).save_to_disk(str(folder))
    return folder


def test_a_data_set_comes_in_with_its_classes(saved: Path, tmp_path: Path) -> None:
    workspace = Workspace(Config(tmp_path / "ws"))
    origin = source.find(f"hf:{saved}", "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    given = workspace.store.datasets.get(origin.dataset_id)
    assert given is not None
    assert (given.given, given.counts) == (7, {"ready": 3, "duplicate": 1, "skipped": 3})
    reasons = [item.reason for item in workspace.store.datasets.skipped(origin.dataset_id)]
    assert [reason.split(";")[0] for reason in reasons][1] == "This row holds no image."
    names = {item.item_id: item.name for item in workspace.store.datasets.items(origin.dataset_id)}
    assert list(names.values()) == ["0", "1", "2"]
    truth = workspace.store.datasets.truth(origin.dataset_id, "colour")
    assert {names[item]: cls for item, cls in truth.items()} == {"0": "red", "1": "green", "2": "blue"}
    assert read_truth(f"hf:{saved}:colour", names) == ("colour", truth)
    workspace.close()


def test_a_split_can_be_named_in_both_spellings(saved: Path, tmp_path: Path) -> None:
    config = Config(tmp_path / "ws")
    assert source.find(f"hf:{saved}:test", "", config).given == 2
    assert source.find(f"hf:{saved}:train", "", config, limit=3).given == 3
    assert source.find(f"hf://{saved}", "", config).given == 7
    assert read_truth(f"hf:{saved}:test:colour", {"a": "1"}) == ("colour", {"a": "green"})


def test_a_folder_with_parquet_files_is_a_data_set_too(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "parquet").mkdir()
    datasets.load_from_disk(str(saved))["test"].to_parquet(str(tmp_path / "parquet" / "train.parquet"))
    config = Config(tmp_path / "ws")
    found = source.find(f"hf:{tmp_path / 'parquet'}", "", config)
    assert [file.item.status for file in source.look(found, tmp_path / "copies", config)] == ["ready", "ready"]


def test_a_data_set_may_not_name_files_outside_the_allowed_folders(saved: Path, tmp_path: Path) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "private.png")
    cells = [{"bytes": None, "path": str(tmp_path / "private.png")}]
    features = datasets.Features({"image": datasets.Image()})
    (tmp_path / "allowed" / "d").mkdir(parents=True)
    table = datasets.Dataset.from_dict({"image": cells}, features=features).data.table
    pq.write_table(table, tmp_path / "allowed" / "d" / "train.parquet")
    fenced = Config(tmp_path / "ws", image_roots=(tmp_path / "allowed",))
    found = source.find(f"hf:{tmp_path / 'allowed' / 'd'}", "", fenced)
    (looked,) = source.look(found, tmp_path / "copies", fenced)
    assert looked.item.reason == "This row holds no image."
    with pytest.raises(BadInput, match="may only be read from"):
        source.find(f"hf:{saved}", "", fenced)


def test_odd_data_sets_get_one_sentence(saved: Path, tmp_path: Path) -> None:
    config = Config(tmp_path / "ws")
    datasets.Dataset.from_dict({"text": ["a"]}).save_to_disk(str(tmp_path / "texts"))
    (tmp_path / "empty").mkdir()
    for address, sentence in {
        f"hf:{saved}:nope": "has no split “nope”. It has: train, test",
        f"hf:{tmp_path / 'texts'}": "no column of images. It has: text",
        f"hf:{tmp_path / 'empty'}": "cannot be read as a data set|does not exist",
        "hf:../nope/etc": "neither a folder here nor the name",
        "hf:": "neither a folder here nor the name",
    }.items():
        with pytest.raises(BadInput, match=sentence):
            source.find(address, "", config)
    with pytest.raises(BadInput, match=r"no column of classes “note”\. It has: colour"):
        read_truth(f"hf:{saved}:note", {"a": "0"})
