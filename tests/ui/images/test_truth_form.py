"""Labels to compare with: whatever form they have, how they fit the images is said before they are used."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from app import BLUE, GREEN, RED, fresh_server, images, make, matches, models, open_app, shown  # noqa: F401
from PIL import Image

from core.ingest import source
from core.pipeline import intake
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
    assert at.query_params["truth"].endswith(":mood")


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
    assert matches(1.0, 1.0, 1) in shown(at)
