"""A part of each image is what is described, grouped and shown; the rest of the image counts for nothing."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fakes import COLOURS
from house import House
from PIL import Image
from written import line

from core.cli.main import main
from core.config import Config
from core.domain import Failed, Line, RunSettings
from core.errors import BadInput
from core.export import downloads, run_files
from core.ingest import focus, source
from core.ingest.crop import crop, cut, within
from core.ingest.focus import Focus
from core.models.builtin.from_pixels import subject
from core.models.focus.text_block import find
from core.models.reading import kept, reader
from core.pipeline import add_images, intake, place_image, runs
from core.results import run_view

RIGHT = "box:50,0,100,100"


def halves(folder: Path, each: int = 3) -> Path:
    """Pictures of two halves: the left one green or grey, the right one red or blue, in all pairs."""
    noise = np.random.default_rng(1)
    folder.mkdir(parents=True)
    for left in ("green", "grey"):
        for right in ("red", "blue"):
            for number in range(each):
                pixels = np.zeros((60, 80, 3))
                pixels[:, :40], pixels[:, 40:] = COLOURS[left], COLOURS[right]
                pixels = np.clip(pixels + noise.integers(-6, 6, pixels.shape), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{right}-{left}-{number}.png")
    return folder


@pytest.fixture
def start(house: House, tmp_path: Path) -> Callable[..., str]:
    images = halves(tmp_path / "halves")

    def begin(spec: str, k: int = 2, criterion: str = "colour", where: Path = images) -> str:
        origin = source.find(str(where), "", house.workspace.config, focus=spec)
        return runs.start(house.workspace, origin, RunSettings("", criterion, k))

    return begin


def placed(house: House, run_id: str) -> dict[str, str]:
    return {row.name: row.cluster.name if row.cluster else row.state for row in run_view.rows(house.store, run_id)}


def test_the_drawn_part_decides_and_each_part_knows_its_image(house: House, start: Callable[..., str]) -> None:
    run_id = start(RIGHT)
    house.run(run_id)
    assert all(cluster == name.split("-")[0] for name, cluster in placed(house, run_id).items())
    dataset = house.store.runs.get(run_id).settings.dataset_id  # type: ignore[union-attr]
    for item, name in house.store.datasets.names(dataset).items():
        known = crop(house.workspace.copies, item)
        assert known is not None
        assert known.box == (0.5, 0.0, 1.0, 1.0)
        with Image.open(house.workspace.image(item, "view")) as view:
            assert view.size == (40, 60)
            colour = np.array(view.resize((1, 1)).getpixel((0, 0)))
        assert np.abs(colour - np.array(COLOURS[name.split("-")[0]])).max() < 12
        with Image.open(house.workspace.image(known.image, "view")) as whole:
            assert whole.size == (80, 60)
            assert crop(house.workspace.copies, known.image) is None
        assert set(house.store.datasets.images([item, known.image])) == {item, known.image}


def test_what_was_paid_for_is_reused_and_another_part_is_another_request(
    house: House, start: Callable[..., str]
) -> None:
    house.run(start(RIGHT))
    assert len(house.vision.history) == 12
    house.run(start(RIGHT, k=1))
    assert len(house.vision.history) == 12
    house.run(start("box:0,0,50,100"))
    house.run(start(""))
    assert len(house.vision.history) == 36


def test_counts_add_up_with_images_that_have_no_such_part(
    house: House, start: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []

    def read(path: Path) -> tuple[Line, ...] | Failed:
        asked.append(path.stem)
        with Image.open(path) as view:
            red, green, blue = view.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
        return (line("Total 12.40", top=0.4, left=0.6),) if green > red + 40 and green > blue + 40 else ()

    monkeypatch.setattr(kept, "read", read)
    images = tmp_path / "halves"
    (images / "red-green-copy.png").write_bytes((images / "red-green-0.png").read_bytes())
    (images / "broken.png").write_bytes(b"no image")
    run_id = start("line:total")
    whole = source.find(str(images), "", house.workspace.config)
    place = house.workspace
    intake.look(place.store, place.copies, place.config, whole, threading.Event(), lambda _: None)
    item = next(
        item for item, name in place.store.datasets.names(whole.dataset_id).items() if name == "blue-green-1.png"
    )
    place.store.datasets.exclude(whole.dataset_id, {item: "Left out by you."})
    house.run(run_id)
    assert all(cluster == name.split("-")[0] for name, cluster in placed(house, run_id).items())
    dataset = house.store.datasets.get(house.store.runs.get(run_id).settings.dataset_id)  # type: ignore[union-attr]
    assert dataset is not None
    assert dict(dataset.counts) == {"ready": 5, "excluded": 1, "duplicate": 1, "skipped": 7}
    assert dataset.given == 14 == sum(dataset.counts.values())
    nothing = house.store.datasets.without_focus(dataset.id)
    assert {row.name.split("-")[1] for row in nothing} == {"grey"}
    assert {row.reason for row in nothing} == {"No text with “total” in it, so there is nothing to look at."}
    assert all(place.image(row.item_id, "thumb").is_file() for row in nothing)
    assert len(asked) == 12  # each image once
    run_files.write(place, run_id, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert told["focus"] == "line:total"
    assert len(told["nothing_found"]) == 6
    assert "Only a part of each image was looked at: the line with “total”." in told["warnings"]
    assert told["given"] == sum(told["counts"].values())


def test_later_images_and_one_image_are_cut_too(house: House, start: Callable[..., str], tmp_path: Path) -> None:
    run_id = start(RIGHT)
    house.run(run_id)
    later = halves(tmp_path / "later", each=4)
    for file in later.glob("*-[012].png"):
        file.unlink()
    origin = source.find(str(later), "", house.workspace.config)
    added = add_images.add(house.workspace, run_id, origin)
    assert len(added.new) == 4
    assert all(cluster == name.split("-")[0] for name, cluster in placed(house, run_id).items())
    assert add_images.add(house.workspace, run_id, origin).known == 4
    run = house.store.runs.get(run_id)
    assert run is not None
    found = place_image.where(house.workspace, run.settings.dataset_id, later / "blue-green-3.png")
    assert [place.cluster for place in found.places] == ["blue"]
    assert "Only a part of each image" in found.places[0].sight[0]


def test_folders_hold_the_images_themselves(house: House, start: Callable[..., str], tmp_path: Path) -> None:
    run_id = start(RIGHT)
    house.run(run_id)
    with zipfile.ZipFile(io.BytesIO(b"".join(downloads.folders(house.workspace, run_id)))) as archive:
        held = {Path(name).name: archive.read(name) for name in archive.namelist() if name.endswith(".png")}
        assert "red/red-grey-0.png" in archive.namelist()
    assert held == {file.name: file.read_bytes() for file in (tmp_path / "halves").iterdir()}


def test_lost_copies_of_parts_come_back(house: House, start: Callable[..., str]) -> None:
    run_id = start(RIGHT)
    house.run(run_id)
    dataset = house.store.runs.get(run_id).settings.dataset_id  # type: ignore[union-attr]
    lost = [house.workspace.image(item, "view") for item in house.store.datasets.ids(dataset)]
    for path in lost:
        path.unlink()
    house.run(run_id)
    assert all(path.is_file() for path in lost)


def test_the_command_looks_only_at_a_part(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house.workspace.close()
    images = halves(tmp_path / "some")
    place = ["--images", str(images), "--criterion", "colour", "--k", "2", "--workspace", str(tmp_path / "cli")]
    assert main(["run", *place, "--only", RIGHT, "--out", str(tmp_path / "out")]) == 0
    rows = (tmp_path / "out" / "assignments.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert all(row.split(",")[1] == row.split("-")[0] for row in rows)
    assert "Only a part of each image was looked at" in capsys.readouterr().err
    assert main(["run", *place, "--only", "nose", "--out", str(tmp_path / "out")]) == 2
    assert "is no part of an image" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "spec"),
    [
        ("subject", "subject"),
        ("line: Total  due ", "line:Total due"),
        ("BLOCK:From", "block:From"),
        ("box:0, 0, 33.3, 20 %", "box:0,0,33.3,20"),
        ("find:logo@/models/owl", "find:logo@/models/owl"),
    ],
)
def test_a_part_is_said_in_one_way(typed: str, spec: str) -> None:
    assert focus.read(typed).spec == spec
    assert focus.read(spec) == focus.read(typed)


@pytest.mark.parametrize("typed", ["", "nose", "line:", "line", "box:1,2,3", "box:50,0,20,10", "box:a,b,c,d", "find:x"])
def test_what_is_no_part_is_refused(typed: str) -> None:
    with pytest.raises(BadInput):
        focus.read(typed)


def test_an_address_keeps_the_part(tmp_path: Path) -> None:
    halves(tmp_path / "a", each=1)
    whole, part = (source.find(str(tmp_path / "a"), "", Config(tmp_path / "ws"), focus=spec) for spec in ("", RIGHT))
    assert whole.dataset_id != part.dataset_id
    stored = part.address.from_json(part.address.to_json())
    assert stored == part.address
    assert stored.whole() == whole.address


def test_the_line_or_block_where_words_stand() -> None:
    lines = [
        line("From", top=0.10, left=0.1),
        line("Nordwind GmbH", top=0.14, left=0.1),
        line("Subtotal", top=0.50, left=0.1),
        line("10.00", top=0.50, left=0.7),
        line("Total", top=0.54, left=0.1),
        line("12.40", top=0.54, left=0.7),
        line("The total is due in 30 days", top=0.8, left=0.1),
    ]
    row = find(lines, "total", whole_block=False)
    assert row is not None
    assert [each.text for each in within(lines, row)] == ["Total", "12.40"]
    block = find(lines, "from", whole_block=True)
    assert block is not None
    assert [each.text for each in within(lines, block)] == ["From", "Nordwind GmbH"]
    misread = find([line("Rechnunq 17", top=0.3)], "Rechnung", whole_block=False)
    assert misread is not None
    assert find(lines, "invoice", whole_block=False) is None
    assert find([], "total", whole_block=False) is None


def test_a_part_tells_what_is_written_in_it(tmp_path: Path, house: House) -> None:
    config = house.workspace.config
    (tmp_path / "one").mkdir()
    Image.new("RGB", (400, 200), "white").save(tmp_path / "one" / "a.png")
    [looked] = source.look(source.find(str(tmp_path / "one"), "", config), house.workspace.copies, config)
    assert looked.image is not None
    lines = [line("ACME", top=0.1, left=0.1), line("Elsewhere", top=0.8, left=0.1)]
    part = cut(house.workspace.copies, looked.image, (0.0, 0.0, 0.5, 0.5), lines)
    assert (part.width, part.height) == (200, 100)
    read = reader.read(house.workspace.image(part.id, "view"))
    assert not isinstance(read, Failed)
    assert [(each.text, each.corners[0]) for each in read] == [("ACME", (0.2, 0.2))]
    thin = cut(house.workspace.copies, looked.image, (0.5, 0.5, 0.501, 0.501))
    with Image.open(house.workspace.image(thin.id, "view")) as view:
        assert min(view.size) == 8


def test_the_main_subject_is_boxed(tmp_path: Path) -> None:
    weight = np.zeros((64, 64), dtype=np.float32)
    weight[16:48, 8:32] = 0.9
    weight[60, 60] = 0.9  # a speck
    left, top, right, bottom = subject.around(weight)
    assert (left, top) == pytest.approx((8 / 64, 16 / 64), abs=0.06)
    assert (right, bottom) == pytest.approx((32 / 64, 48 / 64), abs=0.06)
    assert subject.around(np.ones((64, 64), dtype=np.float32)) == focus.WHOLE
    image = Image.new("RGB", (300, 200), (230, 235, 240))
    image.paste((200, 30, 20), (180, 60, 260, 150))
    image.save(tmp_path / "a.jpg")
    left, top, right, bottom = subject.box(tmp_path / "a.jpg")
    assert left < 0.62 < 0.85 < right
    assert (right - left) * (bottom - top) < 0.8


def test_a_focus_is_said_in_words() -> None:
    assert focus.said("") == ()
    assert Focus("subject").said == "the main subject"
    assert "50 to 100 % of the width" in focus.read(RIGHT).said
