"""Labels to compare with: whatever form they have, how they fit the images is said before they are used."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from app import BLUE, GREEN, RED, fresh_server, images, make, matches, models, open_app, shown  # noqa: F401
from PIL import Image
from streamlit.testing.v1 import AppTest
from waiting import wait_for
from zips import member, write_zip

from core.domain import SourceAddress
from core.ingest import source
from core.pipeline import intake
from ui import text
from ui.session import state

ALL = RED + GREEN + BLUE


def at_hand(folder: Path) -> dict[str, str]:
    workspace = state.workspace()
    origin = source.find(str(folder), "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    return {"dataset": origin.dataset_id}


def parquet(columns: dict[str, list[str]]) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()


@pytest.mark.parametrize("kind", ["folder", "filename"])
def test_images_without_a_label_are_named(kind: str, images: Path) -> None:
    Image.new("RGB", (8, 8), (1, 2, 3)).save(images / "loose.png")
    at = open_app("images", **at_hand(images))
    at.radio[0].set_value(kind).run()
    assert f"{ALL} of 13 images have a label; 3 different labels: red (5), green (4), blue (3)" in shown(at)
    assert "1 image has no label: loose.png" in shown(at)
    assert "to no image here" not in shown(at)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "labels.csv",
            b"image,hue,mood\nred/0_red.png,warm,calm\n1_red.png,warm,\ngone.png,cold,sad\nlost.png,cold,\n",
        ),
        ("LABELS.TSV", b"image\thue\tmood\nred/0_red.png\twarm\tcalm\n1_red.png\twarm\t\ngone.png\t\t\nlost.png\t\t\n"),
        (
            "labels.parquet",
            parquet(
                {
                    "image": ["red/0_red.png", "1_red.png", "gone.png", "lost.png"],
                    "hue": ["warm", "warm", "", ""],
                    "mood": ["calm", "", "", ""],
                }
            ),
        ),
    ],
)
def test_a_table_with_several_columns(name: str, content: bytes, images: Path) -> None:
    at = open_app("images", **at_hand(images))
    at.radio[0].set_value("table").run()
    at.file_uploader[0].set_value((name, content, "application/octet-stream")).run()
    assert at.selectbox[0].options == ["hue", "mood"]
    assert "2 of 12 images have a label; 1 different label: warm (2)" in shown(at)
    assert "10 images have no label: " in shown(at)
    assert "2 names in the table belong to no image here: gone.png, lost.png" in shown(at)
    at.selectbox[0].set_value("mood").run()
    assert "1 of 12 images have a label; 1 different label: calm (1)" in shown(at)
    assert at.session_state["open_truth"].endswith(":mood")


def test_a_damaged_table_is_one_sentence(images: Path) -> None:
    at = open_app("images", **at_hand(images))
    at.radio[0].set_value("table").run()
    at.file_uploader[0].set_value(("labels.parquet", b"PAR1", "application/octet-stream")).run()
    assert "labels.parquet is not a Parquet file that can be read" in shown(at)


def test_labels_given_later_are_previewed_too(make: Callable[..., str]) -> None:
    at = open_app("evaluate", run=make(truth=""))
    at.radio[0].set_value("filename").run()
    assert "12 of 12 images have a label" in shown(at)
    at.radio[0].set_value("table").run()
    at.file_uploader[0].set_value(("l.csv", b"image,hue\nred/0_red.png,warm\nx.png,cold\n", "text/csv")).run()
    assert "1 of 12 images have a label" in shown(at)
    assert "1 name in the table belongs to no image here: x.png" in shown(at)
    at.button(key="compare").click().run()
    scores = {"acc": 1.0, "chance": 1.0, "shuffled": 0.0, "n": 1}
    assert text.matches(scores, "hue") in shown(at)  # the groups are by colour


def with_table(images: Path, content: str) -> AppTest:
    at = open_app("images", **at_hand(images))
    at.radio[0].set_value("table").run()
    return at.file_uploader[0].set_value(("labels.csv", content.encode("cp1252"), "text/csv")).run()


def test_how_a_table_was_read_and_met_the_images_is_said(images: Path) -> None:
    rows = "".join(f"grüne;{number}_GREEN;grün\n" for number in range(GREEN))
    at = with_table(images, f"Kommentar;Bild;Farbe\n{rows}")
    at.selectbox[1].set_value("Farbe").run()
    said = shown(at)
    assert "How the table was read: read as Western European (Windows-1252), with “;” between cells." in said
    assert "Column that names the images: Bild" in said
    assert "4 labels met their images without their endings: 0_GREEN → green/0_green.png" in said
    assert at.selectbox[1].options == ["Kommentar", "Farbe"]


def test_what_a_table_is_written_in_can_be_changed(images: Path) -> None:
    rows = "".join(f"{number}_green.png;ж\n" for number in range(GREEN))
    at = open_app("images", **at_hand(images))
    at.radio[0].set_value("table").run()
    at.file_uploader[0].set_value(("labels.csv", f"Datei;Farbe\n{rows}".encode("cp1251"), "text/csv")).run()
    box = at.selectbox[0]
    assert box.label == "The table was taken for"
    assert not at.session_state["open_truth"].startswith("encoding:")
    box.set_value("cp1257").run()
    assert at.session_state["open_truth"].startswith("encoding:cp1257:")
    assert "1 different label: ę (4)".replace("ę", "ж".encode("cp1251").decode("cp1257")) in shown(at)
    at.selectbox[0].set_value("cp1251").run()
    assert "1 different label: ж (4)" in shown(at)
    at.selectbox[0].set_value("utf-8").run()
    assert "cannot be read as UTF-8. Say what else it is written in." in shown(at)
    assert at.selectbox[0].label == "The table was taken for"


def test_labels_spelled_otherwise_count_as_one_with_a_click(images: Path) -> None:
    at = with_table(images, "image,hue\n0_red.png,Red\n1_red.png,red\n2_red.png,red\n0_blue.png,1.0\n1_blue.png,01\n")
    assert "5 of 12 images have a label; 4 different labels" in shown(at)
    box = at.checkbox[0]
    assert box.label.replace("\\", "") == "Count as one label: red = Red; 1.0 = 01"
    box.check().run()
    assert "5 of 12 images have a label; 2 different labels: red (3), 1.0 (2)" in shown(at)
    assert at.session_state["open_truth"].startswith("alike:")
    at.checkbox[0].uncheck().run()
    assert "4 different labels" in shown(at)
    assert not at.session_state["open_truth"].startswith("alike:")


def test_scores_count_spellings_as_one_with_a_click(images: Path, make: Callable[..., str]) -> None:
    table = images.parent / "labels.csv"
    table.write_text("image,hue\n0_red.png,Red\n1_red.png,red\n2_red.png,red\n0_blue.png,blue\n", encoding="utf-8")
    at = open_app("evaluate", run=make(truth=f"{table}:hue"))
    assert "Your labels have 3 kinds" in shown(at)
    assert at.button(key="alike").label.replace("\\", "") == "Count as one label: red = Red"
    at.button(key="alike").click().run()
    assert "Your labels have 2 kinds" in shown(at)
    at.button(key="alike").click().run()
    assert "Your labels have 3 kinds" in shown(at)


def test_an_image_with_two_labels_is_shown(images: Path, make: Callable[..., str]) -> None:
    shutil.copy(images / "red" / "0_red.png", images / "blue" / "again.png")
    at = open_app("images", **at_hand(images))
    at.radio[0].set_value("folder").run()
    assert [entry.label for entry in at.expander if "two labels" in entry.label] == ["1 image with two labels"]
    assert "One picture, two labels" in shown(at)
    at = open_app("evaluate", run=make())
    assert "1 image with two labels" in [entry.label for entry in at.expander]


def test_names_in_a_zip_file_that_do_not_say_their_letters_can_be_read_otherwise(tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "PNG")
    names = ["写真/赤い/赤_0.png", "写真/青い/青_1.png"]
    packed = write_zip(
        tmp_path / "a.zip",
        [(member(name.encode("cp932")), content.getvalue() + bytes([n])) for n, name in enumerate(names)],
    )
    at = open_app("images", **at_hand(packed))
    (box,) = at.selectbox
    assert (box.label, box.value) == ("File names were taken for", "cp932")
    box.set_value("cp437").run()
    chosen, found = SourceAddress("zip", str(packed), encoding="cp437"), state.workspace().store.datasets
    wait_for(lambda: source.is_complete(found.newest(chosen)))
    now = found.newest(chosen)
    assert now is not None
    at.run()
    assert at.selectbox[0].value == "cp437"
    assert sorted(state.workspace().store.datasets.names(now.id).values()) == sorted(
        name.encode("cp932").decode("cp437") for name in names
    )
