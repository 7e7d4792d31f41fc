"""Ground truth from names and tables; descriptions that a person brings. Odd files get one sentence each."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import DATASETS, needs_datasets

from core.config import Config
from core.errors import BadInput
from core.ingest import ground_truth, source
from core.ingest.ground_truth import read_truth, split_address
from core.ingest.name_matching import Images
from core.ingest.record_matching import meet
from core.ingest.records import read_records

NAMES = {"i1": "red/1_fast car.jpg", "i2": "2_big_dog.png", "i3": "plain.png"}


def test_folder_names_and_numbered_names_give_classes() -> None:
    assert read_truth("folder", NAMES) == ("folder", {"i1": "red"})
    assert read_truth("filename", NAMES) == ("filename", {"i1": "fast car", "i2": "big_dog"})


@pytest.mark.parametrize(("address", "sentence"), [("folder", "folder named after"), ("filename", "12_rose.jpg")])
def test_names_without_classes_are_said_so(address: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read_truth(address, {"i": "plain.png"})


@pytest.mark.parametrize(
    "text",
    [
        "image,colour\n1_fast car.jpg,red\n2_big_dog.png,brown\n",
        "\ufeffimage;colour\n1_fast car.jpg;red\n2_big_dog.png;brown\n",
        'file_name\tcolour\r\n1_fast car.jpg\tred\r\n2_big_dog.png\t"brown"\r\n',
        'colour,image\nred,"red/1_fast car.jpg"\nbrown,2_big_dog.png\n',
    ],
)
def test_tables_of_every_usual_kind_are_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    assert read_truth(f"{tmp_path / 't.csv'}:colour", NAMES) == ("colour", {"i1": "red", "i2": "brown"})
    assert read_truth(str(tmp_path / "t.csv"), NAMES) == ("colour", {"i1": "red", "i2": "brown"})


@pytest.mark.parametrize(
    ("content", "column", "sentence"),
    [
        (b"image,a,b\nplain.png,1,2\n", "", "several columns.*a, b"),
        (b"image,a,b\nplain.png,1,2\n", ":c", "no column “c”. It has: a, b"),
        (b"image\nplain.png\n", "", "needs a column"),
        (b"image,a\nother.png,1\n", "", "No row"),
        (b"", "", "empty or not a text table"),
        (b"\xff\xfe\x00\x01", "", "needs a column"),
        (b"image,a\0\nx,y\n", "", "empty or not a text table"),
        (b"image,a,a\nplain.png,1,2\n", "", "two columns of the same name"),
        (b'image,a\n"plain.png,1\n', "", "cannot be read as a table"),
    ],
)
def test_an_odd_table_gets_a_sentence(tmp_path: Path, content: bytes, column: str, sentence: str) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(BadInput, match=sentence):
        read_truth(f"{tmp_path / 't.csv'}{column}", NAMES)


def test_a_colon_splits_only_when_the_whole_is_no_path(tmp_path: Path) -> None:
    odd = tmp_path / "a:b.csv"
    odd.write_text("image,colour\nplain.png,red\n")
    assert split_address(str(odd)) == (odd, "")
    assert split_address(f"{odd}:colour") == (odd, "colour")
    with pytest.raises(BadInput, match=r"t\.csv does not exist"):
        read_truth(f"{tmp_path / 't.csv'}:colour", NAMES)


def test_a_parquet_table_is_truth_too_and_holds_several_criteria(tmp_path: Path) -> None:
    cells = {
        "image": ["1_fast car.jpg", "2_big_dog.png", "gone.png", "lost.png"],
        "colour": pa.array(["red", None, "blue", "blue"]).dictionary_encode(),
        "wheels": [4, 0, 2, 2],
        "boxes": [[1], [2], [3], [4]],  # no class: left out
    }
    pq.write_table(pa.table(cells), tmp_path / "t.parquet")
    assert read_truth(f"{tmp_path / 't.parquet'}:wheels", NAMES) == ("wheels", {"i1": "4", "i2": "0"})
    assert read_truth(f"{tmp_path / 't.parquet'}:colour", NAMES) == ("colour", {"i1": "red"})


def previewed(address: str, examples: int = 5) -> ground_truth.Preview:
    return ground_truth.preview(ground_truth.read(address, Images(NAMES)), NAMES, examples)


def test_what_truth_would_give_is_previewed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "image,colour\n1_fast car.jpg,red\n2_big_dog.png,red\ngone.png,blue\nlost.png,blue\n"
    )
    preview = previewed(str(tmp_path / "t.csv"), examples=1)
    assert (preview.facet, preview.images, preview.labelled, preview.classes) == ("colour", 3, 2, {"red": 2})
    assert (preview.unlabelled, preview.unlabelled_examples) == (1, ["plain.png"])
    assert (preview.unmatched, preview.unmatched_examples) == (2, ["gone.png"])
    from_names = previewed("filename")
    assert (from_names.labelled, from_names.unlabelled_examples, from_names.unmatched) == (2, ["plain.png"], 0)


def lines(path: Path, *values: object) -> Path:
    path.write_text(
        "\n".join(entry if isinstance(entry, str) else json.dumps(entry) for entry in values), encoding="utf-8"
    )
    return path


def test_both_forms_of_records_are_read_and_nothing_else_in_them(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "r.jsonl",
        {"image": "a.jpg", "description": "A cat.", "label": "cat", "truth": 3, "assigned": "dogs"},
        {"image_file": "/x/y/b.jpg", "text": " A dog. ", "model_id": "m"},
        "",
        {"image": "c.jpg", "label": "bird"},
    )
    read = read_records(file)
    assert [(record.image, record.description, record.label, record.truth) for record in read.records] == [
        ("a.jpg", "A cat.", "cat", "3"),
        ("b.jpg", "A dog.", "", ""),
        ("c.jpg", "", "bird", ""),
    ]
    assert read.bad == ()


def test_of_two_classes_of_one_record_the_first_counts_and_both_are_listed(tmp_path: Path) -> None:
    record = {"image": "a.jpg", "description": "Red."}
    file = lines(tmp_path / "r.jsonl", *({**record, "truth": truth} for truth in ("x", ["y", "x"])))
    item = read_records(file).records[0].id
    truth = ground_truth.read(f"records:{file}", Images({item: "a.jpg"}))
    assert truth.classes == {item: "x"}
    assert [two.said for two in truth.twice] == [((item, "a.jpg", "x"), (item, "a.jpg", "y"))]


def test_bad_lines_are_counted_with_their_reason_and_the_rest_is_used(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "r.jsonl",
        "{not json",
        [1, 2],
        {"description": "no image"},
        {"image": "a.jpg"},
        {"image": "b.jpg", "description": "odd \\ud800 text"},
    )
    (tmp_path / "r.jsonl").write_text(file.read_text().replace("\\\\ud800", "\\ud800"))
    read = read_records(file)
    assert [number for number, _ in read.bad] == [1, 2, 3, 4]
    assert all(reason.endswith(".") for _, reason in read.bad)
    assert read.records[0].description == "odd ? text"  # a lone surrogate would make the database write fail
    found = source.find("", str(file), Config(tmp_path / "ws"))
    looked = list(source.look(found, tmp_path, Config(tmp_path / "ws")))
    assert found.given == len(looked) == 5
    assert [found.item.status for found in looked] == ["ready", *["skipped"] * 4]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"{}\n", b"image,description\na,b\n"])
def test_a_file_without_a_usable_record_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.jsonl").write_bytes(content)
    with pytest.raises(BadInput, match="no usable record"):
        read_records(tmp_path / "r.jsonl")


def test_a_missing_records_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="could not be read"):
        read_records(tmp_path / "nope.jsonl")


def test_records_are_matched_to_images_by_path_or_name(tmp_path: Path) -> None:
    file = lines(tmp_path / "r.jsonl", {"image": "x/a.jpg", "label": "one"}, {"image": "b.jpg", "label": "two"})

    def labels(names: dict[str, str], *copies: tuple[str, str]) -> dict[str, str]:
        records = read_records(file).records
        return {item: records[row].label for item, row in meet(records, Images(names, copies)).first.items()}

    assert labels({"i1": "x/a.jpg", "i2": "deep/b.jpg", "i3": "c.jpg"}) == {"i1": "one", "i2": "two"}
    assert labels({"i1": "x/a.jpg", "i2": "deep/b.jpg", "i3": "y/a.jpg", "i4": "b.jpg"}) == {"i1": "one", "i4": "two"}
    assert labels({"i1": "p.jpg", "i2": "b.jpg"}, ("i1", "x/a.jpg"), ("i2", "y/a.jpg")) == {"i1": "one", "i2": "two"}
    assert labels({"i1": "p.jpg"}, ("i1", "x/a.jpg"), ("left out", "b.jpg")) == {"i1": "one"}


@needs_datasets
def test_the_published_result_file_is_read() -> None:
    read = read_records(DATASETS / "ictc-ppmi" / "step1_result.jsonl")
    assert len(read.records) == 700
    assert read.bad == ()
    assert read.records[0].image == "1000_Saxophone.jpg"
    assert "saxophone" in read.records[0].description
