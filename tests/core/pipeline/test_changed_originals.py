"""Originals that go or change while a run is at work: the others go on, each of these is accounted for with a sentence,
and no answer is ever given for what another file holds."""

from __future__ import annotations

import hashlib
import os
import threading
from typing import Any

import pytest
from house import EACH, House
from PIL import Image

from core.domain import Progress
from core.errors import BadInput, Cancelled
from core.export import downloads
from core.ingest import source
from core.pipeline.intake import rest_of
from core.results import run_view

TOTAL = 4 * EACH


def account(house: House, run_id: str) -> dict[str, int]:
    """How many of what was given are what, which must add up."""
    run = run_view.get_run(house.store, run_id)
    dataset = house.store.datasets.get(run.settings.dataset_id)
    assert dataset is not None
    states = run_view.View(house.store, run_id).states()
    skipped = house.store.datasets.skipped(dataset.id)
    assert all(item.reason.endswith(".") for item in skipped)
    assert dataset.given == states.total() + len(skipped)
    assert len({item.position for item in [*house.store.datasets.items(dataset.id), *skipped]}) == dataset.given
    return {"given": dataset.given, "assigned": states["assigned"], "skipped": len(skipped), **dict(dataset.counts)}


def reasons(house: House, run_id: str) -> dict[str, str]:
    run = run_view.get_run(house.store, run_id)
    return {item.name: item.reason for item in house.store.datasets.skipped(run.settings.dataset_id)}


def interrupted(house: House, **options: object) -> str:
    """A run that was stopped after its first images."""
    run_id, cancel = house.start(k=3), threading.Event()

    def stop(progress: Progress) -> None:
        if progress.step == "describe":
            cancel.set()

    with pytest.raises(Cancelled):
        house.run(run_id, cancel=cancel, on_progress=stop, **options)
    dataset = house.store.datasets.get(run_view.get_run(house.store, run_id).settings.dataset_id)
    assert dataset is not None
    assert 0 < sum(dataset.counts.values()) < TOTAL
    return run_id


def looked_at(house: House, run_id: str) -> list[str]:
    dataset_id = run_view.get_run(house.store, run_id).settings.dataset_id
    return [item.name for item in house.store.datasets.items(dataset_id)]


def test_files_that_go_while_others_are_looked_at(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between being listed and being opened: one is removed, one becomes another image, one a folder, one empty."""
    real = source.prepare_all  # type: ignore[attr-defined]
    red = [house.images / "red" / f"{number}.png" for number in range(EACH)]
    content = red[1].read_bytes()

    def change() -> None:
        red[0].unlink()
        Image.new("RGB", (9, 9), "black").save(red[1])
        red[2].unlink()
        red[2].mkdir()
        red[3].write_bytes(b"")

    def prepare_all(*files: Any) -> Any:
        change()
        return real(*files)

    monkeypatch.setattr(source, "prepare_all", prepare_all)
    run_id = house.start(k=3)
    house.run(run_id)
    told = account(house, run_id)
    assert (told["given"], told["skipped"]) == (TOTAL, 3)
    assert run_view.get_run(house.store, run_id).status == "done"
    said = reasons(house, run_id)
    assert "No such file" in said["red/0.png"]
    assert "Is a directory" in said["red/2.png"]
    assert said["red/3.png"].startswith("The file is empty")
    row = next(row for row in run_view.rows(house.store, run_id) if row.name == "red/1.png")
    assert row.item_id == hashlib.sha256(red[1].read_bytes()).hexdigest() != hashlib.sha256(content).hexdigest()


def test_an_unchanged_folder_is_gone_on_with(house: House) -> None:
    run_id = interrupted(house)
    house.run(run_id)
    assert account(house, run_id)["ready"] == TOTAL


def test_what_was_looked_at_stays_when_its_file_goes_or_changes(house: House) -> None:
    run_id = interrupted(house)
    first, second, *_ = looked_at(house, run_id)
    ids = {row.name: row.item_id for row in run_view.rows(house.store, run_id)}
    (house.images / first).unlink()
    Image.new("RGB", (9, 9), "white").save(house.images / second)
    house.run(run_id)
    assert account(house, run_id) | {"assigned": 0} == {
        "given": TOTAL, "assigned": 0, "skipped": 0, "ready": TOTAL,
    }  # fmt: skip
    after = {row.name: row.item_id for row in run_view.rows(house.store, run_id)}
    assert after | ids == after  # what was answered for is still what it was answered for


def test_what_goes_before_it_is_looked_at_is_counted(house: House) -> None:
    run_id = interrupted(house)
    seen = set(looked_at(house, run_id))
    rest = sorted(path for path in house.images.rglob("*.png") if path.relative_to(house.images).as_posix() not in seen)
    rest[0].unlink()
    rest[1].unlink()
    house.run(run_id)
    told = account(house, run_id)
    assert (told["given"], told["ready"], told["skipped"]) == (TOTAL, TOTAL - 2, 2)
    assert set(reasons(house, run_id)) == {"missing file 1", "missing file 2"}
    assert all("gone before it was looked at" in reason for reason in reasons(house, run_id).values())


@pytest.mark.parametrize("extra", [1, 5, 40])
def test_new_files_come_after_the_others(extra: int, house: House) -> None:
    run_id = interrupted(house)
    for number in range(extra):
        Image.new("RGB", (8, 8), (number, 250, 7)).save(house.images / f"new{number}.png")
    house.run(run_id)
    told = account(house, run_id)
    assert (told["given"], told["ready"]) == (TOTAL + extra, TOTAL + extra)


def test_interrupted_again_after_a_change(house: House) -> None:
    run_id = interrupted(house)
    for number in range(9):
        Image.new("RGB", (8, 8), (number, 250, 7)).save(house.images / f"a{number}.png")
    seen = set(looked_at(house, run_id))
    next(path for path in house.images.rglob("*.png") if path.relative_to(house.images).as_posix() not in seen).unlink()
    calls, cancel = iter(range(100)), threading.Event()

    def stop(progress: Progress) -> None:
        if next(calls) > 3:
            cancel.set()

    with pytest.raises(Cancelled):
        house.run(run_id, cancel=cancel, on_progress=stop)
    house.run(run_id)
    told = account(house, run_id)
    assert told["given"] == told["ready"] == TOTAL + 8


def test_a_copy_of_what_was_looked_at_before_is_a_duplicate(house: House) -> None:
    run_id = interrupted(house)
    first = looked_at(house, run_id)[0]
    (house.images / "zz.png").write_bytes((house.images / first).read_bytes())
    house.run(run_id)
    assert reasons(house, run_id) == {"zz.png": f"The same as {first}; grouped once."}
    assert account(house, run_id)["given"] == TOTAL + 1


def test_the_rest_is_what_was_not_looked_at(house: House) -> None:
    run_id = interrupted(house)
    seen = set(looked_at(house, run_id))
    gone = next(path for path in house.images.rglob("*.png") if path.relative_to(house.images).as_posix() not in seen)
    gone.unlink()
    dataset = house.store.datasets.get(run_view.get_run(house.store, run_id).settings.dataset_id)
    assert dataset is not None
    rest = rest_of(house.store, dataset, house.workspace.config)
    assert (rest.dataset_id, rest.given, len(rest.held) + len(rest.files)) == (dataset.id, TOTAL, TOTAL)


def test_a_folder_that_has_gone_is_a_sentence(house: House) -> None:
    run_id = interrupted(house)
    house.images.rename(house.images.with_name("elsewhere"))
    with pytest.raises(BadInput, match="does not exist"):
        house.run(run_id)
    house.images.with_name("elsewhere").rename(house.images)
    house.run(run_id)
    assert account(house, run_id)["ready"] == TOTAL


def test_a_pipe_in_the_place_of_an_original_keeps_nobody_waiting(house: House) -> None:
    run_id = house.start(k=3)
    house.run(run_id)
    packed = downloads.folders(house.workspace, run_id)  # the folder is listed now
    (house.images / "red" / "0.png").unlink()
    os.mkfifo(house.images / "red" / "0.png")
    assert b"Unassigned/0.jpg" in b"".join(packed)
