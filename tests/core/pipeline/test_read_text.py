"""All images are read once for the search, whatever they are grouped by; it can be stopped, and goes on."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from house import House
from PIL import Image
from written import line

from core.cli.main import main
from core.domain import Failed, Line, Progress
from core.errors import Cancelled
from core.ingest import source
from core.models.reading import kept
from core.pipeline import intake, read_text
from core.results.run_view import Query, View


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was read: a fake reader that finds the colour of each picture, and nothing in grey ones."""
    paths: list[str] = []

    def read(path: Path) -> tuple[Line, ...] | Failed:
        paths.append(path.stem)
        with Image.open(path) as image:
            red, green, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
        return (line("big SALE"),) if red > green + 40 and red > blue + 40 else ()

    monkeypatch.setattr(kept, "read", read)
    return paths


def given(house: House) -> str:
    origin = source.find(str(house.images), "", house.workspace.config)
    place = house.workspace
    intake.look(place.store, place.copies, place.config, origin, threading.Event(), lambda _: None)
    return origin.dataset_id


def test_words_are_found_in_a_run_about_something_else(house: House, asked: list[str]) -> None:
    run_id = house.start()
    house.run(run_id)
    dataset = house.store.runs.get(run_id).settings.dataset_id  # type: ignore[union-attr]
    view = View(house.store, run_id)
    assert view.count(Query(words=("sale",))) == 0
    told: list[Progress] = []
    assert read_text.read_all(house.workspace, dataset, threading.Event(), told.append) == {}
    assert view.count(Query(words=("sale",))) == 4
    assert (told[-1].done, told[-1].total) == (16, 16)
    found = read_text.text_read(house.workspace, dataset)
    assert (found.images, found.read, found.with_text, found.is_whole) == (16, 16, 4, True)


def test_it_can_be_stopped_and_goes_on(house: House, asked: list[str]) -> None:
    dataset, cancel = given(house), threading.Event()
    with pytest.raises(Cancelled):
        read_text.read_all(house.workspace, dataset, cancel, lambda _: cancel.set())
    before = len(asked)
    assert 0 < before < 16
    assert read_text.text_read(house.workspace, dataset).read == before
    read_text.read_all(house.workspace, dataset, threading.Event(), lambda _: None)
    read_text.read_all(house.workspace, dataset, threading.Event(), lambda _: None)
    assert len(asked) == len(set(asked)) == 16


def test_an_image_that_cannot_be_read_is_said_and_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = given(house)
    monkeypatch.setattr(kept, "read", lambda path: Failed("It is damaged."))
    failed = read_text.read_all(house.workspace, dataset, threading.Event(), lambda _: None)
    assert set(failed.values()) == {"It is damaged."}
    assert read_text.text_read(house.workspace, dataset).read == 0


def test_the_command_writes_a_table(
    house: House, asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house.workspace.close()
    out, place = tmp_path / "texts.csv", ["--images", str(house.images), "--workspace", str(tmp_path / "cli")]
    assert main(["read", *place, "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "Text was found in 4 of 16 images."
    rows = out.read_text(encoding="utf-8-sig").splitlines()
    assert rows[0] == "image,text"
    assert sorted(row for row in rows if row.endswith("big SALE")) == [f"red/{n}.png,big SALE" for n in range(4)]
    assert len(rows) == 17
    assert main(["read", *place]) == 0
    assert len(asked) == 16
