"""A model at a button: room is asked for first, its files come in a process of their own, it is tried and chosen."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hub_server import Hub, Trouble, entry_of, files_of, serve
from on_use import torch  # noqa: F401  # so that this file is run where PyTorch is loaded
from waiting import wait_for

from core.errors import BadInput, ModelUnavailable
from core.models import parts, registry, try_model
from core.models.catalogue import getting, room
from core.models.catalogue.entries import Entry, entries
from core.models.catalogue.fetch import WEIGHTS
from core.models.catalogue.getting import Getting
from core.models.catalogue.shelf import PART, Place
from core.models.parts import Adding

FILES = {"model.safetensors": os.urandom(2_000_000), "config.json": b"{}"}
Begin = Callable[[dict[str, bytes]], Hub]


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Start a hub with these files; whatever is being got is ended with the test."""
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv("TRANSFORMERS_OFFLINE")
    monkeypatch.setattr(getting, "_work", None)
    hubs = []

    def begin(files: dict[str, bytes]) -> Hub:
        hubs.append(serve(files))
        hub = hubs[-1].__enter__()
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        return hub

    yield begin
    getting.cancel()
    wait_for(lambda: (now := getting.now()) is None or now.over)
    for hub in hubs:
        hub.__exit__(None, None, None)


def over() -> Getting:
    wait_for(lambda: (now := getting.now()) is not None and now.over, seconds=120)
    now = getting.now()
    assert now
    return now


def place_of(files: dict[str, bytes], folder: Path, **more: object) -> Place:
    return Place(entry_of(files, **more), folder / "models")


def test_from_nothing_to_a_model_that_has_described_a_picture(
    begin: Begin, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a checkpoint of the true architecture; the connection is cut at half. Its weights are drawn at random, so
    that what it says of the picture is wrong."""
    files = files_of(shelf / "smolvlm")
    place, hub = place_of(files, tmp_path), begin(files)
    hub.trouble.cut = [len(files["model.safetensors"]) // 2]
    ready: list[Place] = []
    getting.start(place, ready.append)
    now = over()
    assert (now.error, now.cancelled) == ("", False)
    assert now.here == now.total == place.total()
    assert [wanted[:6] for wanted in hub.ranges("model.safetensors")] == ["", "bytes="]
    record = place.record()
    assert record
    assert record.said
    assert record.seconds > 0
    assert not record.right
    assert ready == [], "no model is chosen by itself that does not see what it is shown"
    monkeypatch.setitem(try_model.NAMED, "vision", re.findall(r"\w+", record.said.lower()))
    getting.start(place, ready.append)
    assert over().error == ""
    assert ready == [place]
    assert place.spec == f"transformers:{place.folder}"
    assert registry.vision_model(place.spec).id.startswith("transformers:Tiny-Model@")
    registry.give_back()


def test_cancelled_at_half_it_goes_on_there(begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, hub = place_of(FILES, tmp_path), begin(FILES)
    tried: list[Place] = []
    monkeypatch.setattr(getting, "try_out", lambda place: not tried.append(place))
    hub.trouble.pause = 0.1
    getting.start(place, lambda place: None)
    with pytest.raises(BadInput, match="Another model is being got"):
        getting.start(place, lambda place: None)
    wait_for(lambda: (now := getting.now()) is not None and now.here > 0, seconds=60)
    getting.cancel()
    now = over()
    assert (now.cancelled, now.error, tried) == (True, "", [])
    came = (place.folder / f"model.safetensors{PART}").stat().st_size
    assert 0 < came < 2_000_000
    hub.trouble = Trouble()
    getting.start(place, lambda place: None)
    assert over().error == ""
    assert place.is_whole()
    assert tried == [place]
    assert hub.ranges("model.safetensors")[-1] == f"bytes={came}-"


def test_what_went_wrong_is_told_and_whether_a_token_would_help(begin: Begin, tmp_path: Path) -> None:
    place, hub = place_of(FILES, tmp_path), begin(FILES)
    hub.trouble.needs = "hf_secret"
    ready: list[Place] = []
    getting.start(place, ready.append)
    now = over()
    assert now.refused
    assert "agreed to its terms" in now.error
    hub.trouble.status = {"": (404, "RepoNotFound")}
    getting.start(place, ready.append, token="hf_secret")
    now = over()
    assert not now.refused
    assert "Take another model" in now.error
    assert not ready


def test_a_model_that_fails_its_test_is_not_chosen_and_stays(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(place: Place) -> None:
        raise ModelUnavailable("It does not work here.")

    monkeypatch.setattr(getting, "try_out", fails)
    place = place_of(FILES, tmp_path)
    begin(FILES)
    ready: list[Place] = []
    getting.start(place, ready.append)
    assert over().error == "It does not work here."
    assert place.is_whole()
    assert not ready


def test_a_disk_that_is_too_small_is_said_before(begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, hub = place_of(FILES, tmp_path), begin(FILES)
    monkeypatch.setattr(room, "free_disk", lambda folder: 100_000_000)
    with pytest.raises(
        BadInput, match=r"Tiny needs 0\.5 GB of the disk; 0\.1 GB are free\. Make room for 0\.4 GB more"
    ):
        getting.start(place, lambda place: None)
    assert not hub.asked
    assert not place.root.exists()


def test_packages_that_are_missing_count_for_the_disk_and_are_added(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, added = place_of(FILES, tmp_path), list[str]()
    begin(FILES)
    monkeypatch.setattr(parts, "is_here", lambda kind: bool(added))
    monkeypatch.setattr(room, "is_here", lambda kind: bool(added))
    monkeypatch.setattr(parts, "add", added.append)
    monkeypatch.setattr(parts, "adding", lambda: Adding("transformers", over=True))
    monkeypatch.setattr(getting, "try_out", lambda place: None)
    monkeypatch.setattr(parts, "can_add", lambda: False)
    with pytest.raises(BadInput, match="runs on packages that are missing"):
        getting.start(place, lambda place: None)
    monkeypatch.setattr(parts, "can_add", lambda: True)
    with monkeypatch.context() as small:
        small.setattr(room, "free_disk", lambda folder: 1_000_000_000)
        with pytest.raises(BadInput, match="of the disk"):
            getting.start(place, lambda place: None)
    getting.start(place, lambda place: None)
    assert over().error == ""
    assert added == ["transformers"]
    assert place.is_whole()


def test_too_little_memory_is_said_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "all_memory", lambda: 4_000_000_000)
    place = place_of(FILES, tmp_path, memory_gb=5.0)
    with pytest.raises(BadInput, match=r"Tiny needs about 5\.0 GB of memory; this computer has 4\.0 GB\. Choose a sm"):
        room.check(place)
    monkeypatch.setattr(room, "all_memory", lambda: None)
    room.check(place)
    monkeypatch.setattr(room, "free_memory", lambda: 4_000_000_000)
    assert room.is_tight(place.entry)
    assert not room.is_tight(entry_of(FILES, memory_gb=3.9))


def test_the_time_left_follows_the_pace_of_the_last_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(getting.time, "monotonic", lambda: clock[0])
    work = getting._Work(place_of(FILES, tmp_path), "", lambda place: None)

    def left(moment: float, here: int) -> float | None:
        clock[0] = moment
        return getting._seconds_left(work, here, 1000)

    assert left(0, 100) is None, "nobody knows yet"
    assert left(1, 100) is None, "nothing has come"
    assert left(10, 200) == pytest.approx(80)
    assert left(100, 300) == pytest.approx(700 * 90 / 100)
    assert left(101, 400) == pytest.approx(600 * 1 / 100), "what was long ago does not count"


@pytest.mark.parametrize("entry", entries().values(), ids=list(entries()))
def test_every_entry_of_the_catalogue_can_be_fetched_and_named(entry: Entry, tmp_path: Path) -> None:
    assert entry.kind in registry.LOCAL
    assert entry.roles
    assert set(entry.roles) <= {"vision", "text"}
    assert len(entry.revision) == 40
    assert int(entry.revision, 16)
    assert all(file.name.endswith(WEIGHTS) and len(file.sha256) == 64 and file.size for file in entry.files)
    assert entry.size < entry.memory_gb * 2e9, "weights may be kept in twice the digits that are used"
    assert bool(entry.speed) == bool(entry.source)
    place = Place(entry, tmp_path)
    if entry.kind == "llama_cpp":
        model, _, eyes = place.spec.partition("+")
        assert model.endswith(".gguf")
        assert bool(eyes) == ("vision" in entry.roles)
        assert "mmproj" not in model
    assert Entry.of(entry.as_dict) == entry
