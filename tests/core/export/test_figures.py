"""The figures of a report as PNG and SVG: what they say is what the run says, and nothing is fetched for them."""

from __future__ import annotations

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from house import EACH, House
from PIL import Image

from core.errors import BadInput
from core.export import downloads
from core.export.figures import FIGURES, NEED_LABELS
from core.results import decisions
from core.results.edits import Rename

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def done(house: House) -> str:
    run_id = house.start(k=3, truth="folder")
    house.run(run_id)
    return run_id


def words(house: House, run_id: str, name: str) -> list[str]:
    """All texts of a figure as SVG; it must be XML and point to nothing outside."""
    content = b"".join(downloads.figure(name, "svg", house.workspace, run_id)).decode()
    tree = ElementTree.fromstring(content)
    assert not re.findall(r"""(?:href|src|url)\s*[=(]\s*["']?https?:""", content)
    return ["".join(text.itertext()) for text in tree.iter(f"{SVG}text")]


def test_they_say_what_the_run_says(house: House, done: str) -> None:
    assert {"blue", "Unassigned", "Images of each group"} <= set(words(house, done, "sizes"))
    fields = words(house, done, "confusion")
    assert {"red", "blue", "green", "grey", "Unassigned", "Share of the label"} <= set(fields)
    assert fields.count(str(EACH)) == 4  # each label is in one place, whole
    assert "Accuracy (ACC)" in words(house, done, "scores")


@pytest.mark.parametrize("name", FIGURES)
def test_as_png_it_is_a_picture_with_something_in_it(house: House, done: str, name: str) -> None:
    with Image.open(io.BytesIO(b"".join(downloads.figure(name, "png", house.workspace, done)))) as picture:
        assert picture.format == "PNG"
        assert picture.width > 600
        assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > 5


def test_long_hostile_and_like_names_stay_what_they_are(house: House, done: str) -> None:
    long = "<script>alert(1)</script> & " + "very " * 20
    for colour, name in (("blue", f"{long}one"), ("green", f"{long}two")):
        decisions.add(house.store, done, Rename(house.id_of(done, colour), name))
    said = [one for one in words(house, done, "sizes") if one.startswith("<script>alert(1)</script> &")]
    assert len(said) == 2  # cut to the same words, and still two bars
    assert said[0].endswith("…")


def test_without_labels_there_is_only_the_figure_of_sizes(house: House) -> None:
    run_id = house.start(k=3)
    house.run(run_id)
    assert words(house, run_id, "sizes")
    for name in NEED_LABELS:
        with pytest.raises(BadInput, match="no labels"):
            b"".join(downloads.figure(name, "svg", house.workspace, run_id))


def test_what_cannot_be_measured_draws_without_intervals(house: House, done: str, tmp_path: Path) -> None:
    """All groups right: no interval but that of the shares."""
    run_id = house.start(k=4, truth="folder")
    house.run(run_id)
    assert "NMI" in words(house, run_id, "scores")
