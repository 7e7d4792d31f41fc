"""Links, loops, pipes and places that may not be read, in a folder and in its stead: each is one skipped file or one
sentence, and nothing hangs."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from shortcuts import decode_in_process, with_blank_database

from core.config import Config
from core.errors import BadInput
from core.ingest import source
from core.ingest.sources import folder as folder_source
from core.pipeline import intake
from core.workspace import Workspace

NOWHERE = "A link that leads nowhere or in a circle."
FOLDER = "A link to a folder, which is not followed. Give that folder itself."
SPECIAL = "Not a file, but a pipe, a socket or a device."
TO_SPECIAL = "A link to a pipe, a socket or a device, not to a file."


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    place = tmp_path / "pics"
    (place / "deep" / "er").mkdir(parents=True)
    for number, inside in enumerate(("a.png", "deep/b.png", "deep/er/c.png")):
        Image.new("RGB", (20, 20), (80 * number, 9, 9)).save(place / inside)
    return place


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    decode_in_process(monkeypatch)
    workspace = Workspace(Config(with_blank_database(tmp_path / "ws")))
    yield workspace
    workspace.close()


def link_pair(place: Path) -> None:
    (place / "one.png").symlink_to("two.png")
    (place / "two.png").symlink_to("one.png")


def a_socket(place: Path) -> None:
    here = Path.cwd()
    os.chdir(place)  # the path of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.bind("s.png")
    finally:
        os.chdir(here)


def link_to_pipe(place: Path) -> None:
    os.mkfifo(place.parent / "pipe")
    (place / "l.png").symlink_to(place.parent / "pipe")


ODD: dict[str, tuple[Callable[[Path], object], dict[str, str]]] = {
    "a link to itself": (lambda place: (place / "l.png").symlink_to("l.png"), {"l.png": NOWHERE}),
    "a link to itself without an ending": (lambda place: (place / "l").symlink_to("l"), {"l": NOWHERE}),
    "two links to each other": (link_pair, {"one.png": NOWHERE, "two.png": NOWHERE}),
    "a link to nothing": (lambda place: (place / "l.png").symlink_to("gone.png"), {"l.png": NOWHERE}),
    "a link to its parent": (lambda place: (place / "deep" / "up").symlink_to(".."), {"deep/up": FOLDER}),
    "a link to its own folder": (lambda place: (place / "here").symlink_to("."), {"here": FOLDER}),
    "a link to another folder": (lambda place: (place / "d.png").symlink_to("deep"), {"d.png": FOLDER}),
    "a link through a file": (lambda place: (place / "l.png").symlink_to("a.png/x.png"), {"l.png": NOWHERE}),
    "a pipe": (lambda place: os.mkfifo(place / "p.png"), {"p.png": SPECIAL}),
    "a pipe that is no image": (lambda place: os.mkfifo(place / "p"), {"p": SPECIAL}),
    "a socket": (a_socket, {"s.png": SPECIAL}),
    "a link to a pipe": (link_to_pipe, {"l.png": TO_SPECIAL}),
    "a link to a device": (lambda place: (place / "l.png").symlink_to("/dev/zero"), {"l.png": TO_SPECIAL}),
    "a link to a terminal": (lambda place: (place / "l.png").symlink_to("/dev/null"), {"l.png": TO_SPECIAL}),
}


@pytest.mark.skipif(os.name != "posix", reason="pipes and links like these are not on Windows")
@pytest.mark.parametrize("case", ODD)
def test_only_the_odd_thing_is_skipped(case: str, pictures: Path, workspace: Workspace) -> None:
    make, skipped = ODD[case]
    make(pictures)
    origin = source.find(str(pictures), "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    row = workspace.store.datasets.get(origin.dataset_id)
    assert row is not None
    assert row.counts == {"ready": 3, "skipped": len(skipped)}
    assert row.given == sum(row.counts.values())
    assert {item.name: item.reason for item in workspace.store.datasets.skipped(origin.dataset_id)} == skipped


def test_a_link_to_a_file_is_followed_and_its_change_is_seen(pictures: Path, workspace: Workspace) -> None:
    outside = pictures.parent / "outside.png"
    Image.new("RGB", (20, 20), "white").save(outside)
    (pictures / "l.png").symlink_to(outside)
    first = source.find(str(pictures), "", workspace.config)
    assert [file.refusal for file in first.files] == [""] * 4
    Image.new("RGB", (33, 44), "black").save(outside)
    assert source.find(str(pictures), "", workspace.config).dataset_id != first.dataset_id


def test_a_link_out_of_the_allowed_folders_tells_nothing_of_what_is_there(pictures: Path) -> None:
    for number, target in enumerate((pictures.parent, Path("/dev/zero"), Path("/etc/hostname"))):
        (pictures / f"l{number}.png").symlink_to(target)
    config = replace(Config(pictures.parent / "ws"), image_roots=(pictures,))
    refused = [file for file in source.find(str(pictures), "", config).files if file.refusal]
    assert {(file.refusal, file.stamp) for file in refused} == {
        ("A link to a place that images may not be read from.", (0, 0))
    }
    assert len(refused) == 3


def test_a_folder_inside_that_may_not_be_read_is_listed(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir  # also for the superuser, who may read all

    def scandir(path: str) -> object:
        if str(path).endswith("er"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = {file.name: file.refusal for file in folder_source.scan(pictures, Config(pictures.parent / "ws"), "")[0]}
    assert found == {
        "a.png": "", "deep/b.png": "", "deep/er": "A folder that could not be read. Check that you may open it.",
    }  # fmt: skip


def test_a_file_that_goes_while_the_folder_is_looked_through(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.lstat

    def lstat(path: Path) -> os.stat_result:
        if path.name == "a.png":
            path.unlink(missing_ok=True)
        return real(path)

    monkeypatch.setattr(Path, "lstat", lstat)
    found = {file.name: file.refusal for file in folder_source.scan(pictures, Config(pictures.parent / "ws"), "")[0]}
    assert found["a.png"] == "It went away while the folder was looked through."
    assert len(found) == 3


@pytest.mark.parametrize("kind", ["loop", "nothing", "pipe", "long", "home", "zip loop", "table pipe"])
def test_the_odd_thing_itself_is_one_sentence(kind: str, tmp_path: Path) -> None:
    place = tmp_path / {"zip loop": "a.zip", "table pipe": "a.csv"}.get(kind, "odd")
    if "loop" in kind:
        place.symlink_to(place)
    elif kind == "nothing":
        place.symlink_to(tmp_path / "gone")
    elif "pipe" in kind:
        os.mkfifo(place)
    address = {"long": "x" * 5000, "home": "~nobody-here/a"}.get(kind, str(place))
    with pytest.raises(BadInput, match=r"is not a path that can be read|does not exist|is a file"):
        source.find(address, "", Config(tmp_path / "ws"))
