"""Tables dropped as what was given: a list of images alone, labels beside images, and what is neither."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

from pathlib import Path

import pytest
from app import ALL_IMAGES, fresh_server, images, models, open_app, sent, shown, wait_for  # noqa: F401
from streamlit.testing.v1 import AppTest

from core.ingest.sources import upload
from ui import text
from ui.session import state


def looked(at: AppTest) -> AppTest:
    dataset_id = at.query_params["dataset"]
    wait_for(lambda: (look := state.jobs().look_at(dataset_id)) is not None and not look.alive)
    return at.run()


def rows(images: Path) -> list[Path]:
    return sorted(images.rglob("*.png"))


@pytest.mark.parametrize("name", ["list.csv", "LIST.TSV"])
def test_a_list_alone(name: str, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row is accounted for, the page is called by the list's name, and its columns are offered as labels."""
    lines = ["path,hue", *(f"{row},{row.parent.name}" for row in rows(images)), "gone.png,red", "ftp://x/a.png,red"]
    at = looked(sent({name: "\n".join(lines).encode()}, monkeypatch))
    assert [metric.value for metric in at.metric] == [str(ALL_IMAGES), "0", "2"]
    assert at.title[0].value.replace("\\", "") == name
    at.radio[0].set_value("table").run()
    assert at.selectbox[0].options == ["hue"]
    assert f"{ALL_IMAGES} of {ALL_IMAGES} images have a label; 3 different labels" in shown(at)
    assert "2 names in the table belong to no image here: gone.png, ftp://x/a.png" in shown(at)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"image,cluster\na.jpg,x\nb.jpg,y\n",
            "No row of groups.csv leads to an image, for example a.jpg. Drop the im",
        ),
        (b"image\n", "groups.csv lists no images"),
        (b"\xff\xfe", "groups.csv is empty or not a text table"),
        (b"", "groups.csv is empty"),
    ],
)
def test_a_table_that_leads_to_no_image(content: bytes, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at = sent({"groups.csv": content}, monkeypatch)
    assert said in shown(at)
    assert list(upload.home(state.workspace().config).iterdir()) == []  # nothing is kept of it


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "url,hue\nhttps://example.org/a.png,red\n",
            "(column “url”), an image is called “0_blue.png”",
        ),
        ("image\n0_red.png\n", "labels.csv needs a column with image names and one with classes; it has: image"),
        ("image,hue\n0_red.png,warm\ngone.png,warm\n", "1 name in the table belongs to no image here: gone.png"),
    ],
)
def test_a_table_beside_images_holds_labels(
    table: str, said: str, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {row.name: row.read_bytes() for row in rows(images)}
    at = looked(sent({**files, "mine.csv": table.encode()}, monkeypatch))
    assert [metric.value for metric in at.metric] == [str(ALL_IMAGES), "0", "0"]
    assert said in shown(at)


def test_several_tables_beside_images(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {row.name: row.read_bytes() for row in rows(images)}
    at = looked(sent({**files, "a.csv": b"image,hue\n", "b.csv": b"image,hue\n"}, monkeypatch))
    assert [metric.value for metric in at.metric] == [str(ALL_IMAGES), "0", "2"]
    reasons = set(at.dataframe[0].value[text.REASON])
    assert reasons == {"One of several tables. Give the one that holds the labels."}
