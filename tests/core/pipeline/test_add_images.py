"""Later images: only what is new is asked about, given adds up, and one image finds its place without joining."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from fakes import COLOURS
from house import EACH, House, furnished_once
from PIL import Image

from core.cli.main import main
from core.errors import BadInput, Cancelled, FacetryError
from core.export import downloads
from core.ingest import source
from core.pipeline.add_images import Added, add
from core.pipeline.place_image import where
from core.results import decisions, run_view
from core.results.edits import Delete, Rename


def paint(folder: Path, *colours: str) -> Path:
    """New pictures, one of each colour, no two alike."""
    folder.mkdir(exist_ok=True)
    noise = np.random.default_rng(7)
    for place, name in enumerate(colours):
        pixels = np.array(COLOURS[name]) + noise.integers(-9, 9, (20, 30, 3))
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / f"new {place} {name}.png")
    return folder


def _done(house: House) -> str:
    run_id = house.start(k=3, truth="folder")
    house.run(run_id)
    house.vision.history.clear()
    house.text.history.clear()
    return run_id


house, done = furnished_once("done", _done)


def add_from(house: House, run_id: str, folder: Path) -> Added:
    return add(house.workspace, run_id, source.find(str(folder), "", house.workspace.config))


def balanced(house: House, run_id: str) -> int:
    """How much was given; all of it is somewhere."""
    dataset = house.store.datasets.get(run_view.get_run(house.store, run_id).settings.dataset_id)
    assert dataset is not None
    states = run_view.View(house.store, run_id).states()
    assert (
        dataset.given
        == sum(dataset.counts.values())
        == states.total() + sum(dataset.counts.get(status, 0) for status in ("duplicate", "skipped"))
    )
    return dataset.given


def test_only_new_images_are_asked_about(house: House, done: str, tmp_path: Path) -> None:
    before = run_view.rows(house.store, done)
    later = paint(tmp_path / "later", "red", "blue", "grey")
    shutil.copy(house.images / "blue" / "0.png", later / "seen before.png")
    (later / "notes.txt").write_text("no image", encoding="utf-8")
    added = add_from(house, done, later)
    assert (len(added.new), added.known, len(added.duplicates), len(added.skipped)) == (3, 0, 1, 1)
    assert "The same as blue/0.png" in added.duplicates[0].reason
    assert len(house.vision.history) == 3
    assert house.text.history == [("label", 3), ("assign", 3)]
    rows = run_view.rows(house.store, done)
    assert rows[: len(before)] == before
    assert {row.name: row.cluster.name if row.cluster else row.state for row in rows[len(before) :]} == {
        "new 0 red.png": "unassigned", "new 1 blue.png": "blue", "new 2 grey.png": "grey",
    }  # fmt: skip
    assert balanced(house, done) == 4 * EACH + 5
    assert run_view.get_run(house.store, done).status == "done"


def test_a_folder_that_grows_is_added_again_and_again(house: House, done: str, tmp_path: Path) -> None:
    later = paint(tmp_path / "later", "red", "blue")
    (later / "broken.png").write_text("no image", encoding="utf-8")
    add_from(house, done, later)
    again = add_from(house, done, later)
    assert (again.new, again.known, again.duplicates, again.skipped) == ((), 3, (), ())
    paint(later, "red", "blue", "green")
    third = add_from(house, done, later)
    assert (len(third.new), third.known) == (1, 3)
    assert balanced(house, done) == 4 * EACH + 4
    assert len(house.vision.history) == 3


def test_what_a_person_decided_holds_and_is_not_asked_again(house: House, done: str, tmp_path: Path) -> None:
    decisions.add(house.store, done, Rename(house.id_of(done, "blue"), "sky"))
    decisions.add(house.store, done, Delete(house.id_of(done, "grey")))  # its members are out of date from now on
    add_from(house, done, paint(tmp_path / "later", "blue", "grey"))
    assert house.text.history == [("label", 2), ("assign", 2)]
    found = {row.name: row.cluster.name if row.cluster else row.state for row in run_view.rows(house.store, done)}
    assert (found["new 0 blue.png"], found["new 1 grey.png"]) == ("sky", "unassigned")


def test_it_goes_on_after_an_interruption(house: House, done: str, tmp_path: Path) -> None:
    later = paint(tmp_path / "later", "blue", "grey")
    ask = house.text.assign

    def interrupted(*_: object) -> None:
        raise Cancelled("Stopped.")

    house.text.assign = interrupted  # type: ignore[assignment,method-assign]
    with pytest.raises(FacetryError):
        add_from(house, done, later)
    house.text.assign = ask  # type: ignore[method-assign]
    added = add_from(house, done, later)
    assert (added.new, added.known) == ((), 2)
    assert len(house.vision.history) == 2
    assert house.sizes(done)["blue"] == EACH + 1


def test_truth_and_originals_of_later_images(house: House, done: str, tmp_path: Path) -> None:
    later = tmp_path / "later"
    paint(tmp_path / "some", "blue").rename(tmp_path / "blue")
    later.mkdir()
    (tmp_path / "blue").rename(later / "blue")
    add_from(house, done, later)
    row = run_view.rows(house.store, done)[-1]
    assert (row.name, row.truth) == ("blue/new 0 blue.png", "blue")
    about = downloads.about_folders(house.workspace, done)
    assert about.files == about.originals == 4 * EACH + 1
    house.run(house.start(k=4))  # another run on the same folder has the later images too
    assert len(house.vision.history) == 1


def test_the_command_line(house: House, done: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house.workspace.close()
    later = paint(tmp_path / "later", "blue", "red")
    (later / "broken.png").write_text("no image", encoding="utf-8")
    place = ["--workspace", str(house.workspace.folder)]
    out = tmp_path / "out"
    assert main(["add", "--to", "latest", "--images", str(later), "--out", str(out), *place]) == 0
    said = capsys.readouterr()
    assert "blue\tnew 0 blue.png" in said.out
    assert f"2 new images in run {done}; 0 duplicates, 1 skipped, 0 known from before." in said.out
    assert "Skipped: broken.png" in said.err
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["given"] == 4 * EACH + 3 == sum(run["counts"].values())
    assert main(["add", "--to", done, "--images", str(later), *place]) == 0
    assert "0 new images" in capsys.readouterr().out
    house.vision.fail = {prepared_id(paint(tmp_path / "last", "green", "grey") / "new 1 grey.png")}
    assert main(["add", "--to", done, "--images", str(tmp_path / "last"), *place]) == 1
    assert "Failed: new 1 grey.png: The fake engine was told to fail." in capsys.readouterr().err


def prepared_id(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--to", "nope", "--images", "IMAGES"], "There is no run nope"),
        (["--to", "latest", "--images", "nowhere"], "does not exist"),
        (["--to", "latest"], "--images"),
        (["--to", "latest", "--images", "IMAGES", "--workspace", "EMPTY"], "There is no workspace"),
    ],
)
def test_what_cannot_be_added_gets_a_sentence(
    house: House, done: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    house.workspace.close()
    known = {"IMAGES": str(house.images), "EMPTY": str(tmp_path / "empty")}
    words = [known.get(word, word) for word in words]
    place = [] if "--workspace" in words else ["--workspace", str(house.workspace.folder)]
    assert main(["add", *words, *place]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_a_run_without_images_or_groups_takes_none(house: House, tmp_path: Path) -> None:
    waiting = house.start()
    house.run(waiting, "name")
    with pytest.raises(BadInput, match="has not sorted"):
        add_from(house, waiting, house.images)
    path = tmp_path / "r.jsonl"
    path.write_text('{"image": "a", "description": "red"}', encoding="utf-8")
    records = house.start(records=str(path), vision="records", k=1)
    house.run(records)
    with pytest.raises(BadInput, match="no images"):
        add_from(house, records, house.images)


# -- where does this one go?


def test_one_image_finds_its_place_for_every_criterion(house: House, done: str, tmp_path: Path) -> None:
    other = house.start(criterion="hue", k=4)
    house.run(other)
    house.vision.history.clear()
    house.text.history.clear()
    given = balanced(house, done)
    dataset = run_view.get_run(house.store, done).settings.dataset_id
    image = paint(tmp_path / "one", "blue") / "new 0 blue.png"
    copies = set(house.workspace.copies.rglob("*"))
    answer = where(house.workspace, dataset, image)
    assert answer.picture[8:12] == b"WEBP"
    places = answer.places
    assert [(place.criterion, place.cluster, place.likely) for place in places] == [
        ("hue", "blue", (("blue", 0.9),)),
        ("colour", "blue", (("blue", 0.9),)),
    ]
    assert {place.description for place in places} == {"A blue picture."}
    assert len(house.vision.history) == 1  # looked at once; the second criterion uses what was measured
    assert balanced(house, done) == given
    assert set(house.workspace.copies.rglob("*")) == copies
    assert len(run_view.rows(house.store, done)) == 4 * EACH
    where(house.workspace, dataset, image)
    assert len(house.vision.history) == 1
    assert len(house.text.history) == 4
    add_from(house, done, image.parent)  # adding it costs nothing more
    assert (len(house.vision.history), len(house.text.history)) == (1, 4)


def test_an_image_of_no_group_and_groups_as_the_person_left_them(house: House, done: str, tmp_path: Path) -> None:
    dataset = run_view.get_run(house.store, done).settings.dataset_id
    folder = paint(tmp_path / "one", "red", "blue")
    lost = where(house.workspace, dataset, folder / "new 0 red.png").places[0]
    assert (lost.cluster, lost.said, lost.likely) == ("", "red", ())
    decisions.add(house.store, done, Rename(house.id_of(done, "blue"), "sky"))
    assert where(house.workspace, dataset, folder / "new 1 blue.png").places[0].cluster == "sky"


def test_what_has_no_place_gets_a_sentence(house: House, done: str, tmp_path: Path) -> None:
    dataset = run_view.get_run(house.store, done).settings.dataset_id
    broken = tmp_path / "broken.png"
    broken.write_text("no image", encoding="utf-8")
    with pytest.raises(BadInput, match=r"broken\.png: .*not an image"):
        where(house.workspace, dataset, broken)
    with pytest.raises(BadInput, match="not been sorted"):
        where(house.workspace, "nothing", broken)
    image = paint(tmp_path / "one", "blue") / "new 0 blue.png"
    house.vision.fail = {prepared_id(image)}
    assert where(house.workspace, dataset, image).places[0].problem == "The fake engine was told to fail."
