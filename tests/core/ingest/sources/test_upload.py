"""Uploads on disk: what lies in the way stops nobody, a crash leaves whole lists, and many others cost nothing."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.config import Config
from core.errors import BadInput
from core.ingest import source
from core.ingest.sources import upload, upload_folders, upload_plan
from core.ingest.sources.upload import Announced, announce, announced

IDS = [f"{number:032x}" for number in range(20)]
FILES = [announced(f"garden/{number}.jpg", 3, 1) for number in range(4)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "uploads"


def send(place: upload.Upload, *files: Announced) -> None:
    for file in files:
        assert place.write(file.key, 0, b"abc")


def test_files_alike_in_path_size_and_time_are_all_kept(home: Path) -> None:
    """As from two folders of one name, or with names that are no text and look the same."""
    alike = [announced("a/b.jpg", 3, 1), announced("a\\b.jpg", 3, 1), announced("/a/./b.jpg", 3, 1), FILES[0]]
    for _ in range(2):  # also when the same is announced once more, and when the list is read again
        place = announce(home, alike)
        assert list(upload.find(home, place.id).plan) == list(place.plan)
        assert len(place.plan) == 4
    for key, content in zip(place.plan, (b"abc", b"def", b"ghi", b"jkl"), strict=True):
        assert upload.find(home, place.id).write(key, 0, content)
    place.finish()
    found = source.find(str(place.folder), "", Config(home.parent))
    assert found.given == 4
    assert sorted(file.path.read_bytes() for file in found.files) == [b"abc", b"def", b"ghi", b"jkl"]
    assert place.plan.keys() & {file.key for file in alike} == {alike[0].key, FILES[0].key}, (
        "the usual key is as before"
    )


# -- what lies in the way


def test_no_bytes_go_where_a_link_leads(home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_bytes(b"mine")
    place = announce(home, [announced("a.jpg", 4, 1), announced("b.jpg", 4, 1)])
    begun, whole = place.plan
    (place.folder / "parts" / begun).symlink_to(mine)
    (place.folder / "files" / whole).symlink_to(mine)
    for key in (begun, whole):
        assert place.write(key, 0, b"evil"), "a link is no file of ours that is here"
    assert place.arrived() == {begun, whole}
    assert mine.read_bytes() == b"mine"


def test_what_is_not_ours_survives_the_end_of_an_upload(home: Path, tmp_path: Path) -> None:
    place = announce(home, FILES[:1])
    send(place, FILES[0])
    (place.folder / "files").rename(tmp_path / "elsewhere")
    (place.folder / "files").symlink_to(tmp_path / "elsewhere")
    for name in ("holiday.jpg", IDS[3]):
        (tmp_path / "elsewhere" / name).touch()
    (tmp_path / "elsewhere" / "folder").mkdir()
    place.finish()
    assert {path.name for path in (tmp_path / "elsewhere").iterdir()} == {FILES[0].key, "holiday.jpg", "folder"}


def test_what_came_of_files_that_are_not_wanted_is_nothing(home: Path) -> None:
    """As when a later version wants less, or somebody has changed the list."""
    place = announce(home, [*FILES, announced("notes.txt", 3, 1)])
    unwanted = list(place.plan)[-1]
    upload_plan.write(place.folder, {unwanted: place.plan[unwanted]}, "")
    (place.folder / "parts" / unwanted).write_bytes(b"12")
    assert upload.unfinished(home) == []


def test_an_upload_that_is_finished_meanwhile_keeps_its_list(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another tab announces the same files while a page finishes the upload."""
    place = announce(home, FILES)
    send(place, *FILES)
    upload.lost(place.id)
    ends = threading.Thread(target=place.finish)
    write = upload_plan.write

    def at_the_same_moment(*given: Any) -> None:
        ends.start()
        ends.join(0.2)
        assert not (place.folder / upload_folders.FINISHED).exists()
        write(*given)

    monkeypatch.setattr(upload_plan, "write", at_the_same_moment)
    announce(home, FILES[:3])
    ends.join()
    assert upload.find(home, place.id).arrived() == {file.key for file in FILES[:3]}


def plan_of(content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "files").mkdir(parents=True)
        (folder / "files" / IDS[9]).write_bytes(b"what came")
        (folder / "plan.json").write_bytes(content)

    return make


def unreadable(folder: Path) -> None:
    plan_of(b"[]")(folder)
    (folder / "plan.json").unlink()
    (folder / "plan.json").mkdir()  # also for the superuser


def pipe(folder: Path) -> None:
    folder.mkdir()
    os.mkfifo(folder / "plan.json")


def loop(folder: Path) -> None:
    folder.symlink_to(folder)


def table(folder: Path) -> None:
    upload.save_table(folder, b"image,kind\n")


def half_announced(folder: Path) -> None:
    (folder / "files").mkdir(parents=True)
    (folder / "parts").mkdir()
    (folder / "plan.new").write_text("[[")


def half_removed(folder: Path) -> None:
    plan_of(b"[]")(folder.with_suffix(".gone"))


KEPT: dict[str, Callable[[Path], Any]] = {
    "an empty plan": plan_of(b""),
    "a broken plan": plan_of(b'[["a.jpg", 1'),
    "half a plan": plan_of(b'{"tab": "", "marks": []}\n'),
    "no JSON": plan_of(b"\xff\x00"),
    "a number": plan_of(b"1"),
    "an object": plan_of(b'{"a": 1}'),
    "rows of another shape": plan_of(b'[["a.jpg", "1", 2], 3]'),
    "a size of 5,000 digits": plan_of(b'[["a.jpg", ' + b"9" * 5000 + b", 1]]"),
    "lists in lists": plan_of(b"[" * 100_000),
    "a plan that cannot be read": unreadable,
    "a plan that is a pipe": pipe,
    "a file": lambda folder: folder.write_bytes(b"x"),
    "a link to itself": loop,
    "a table of labels": table,
    "a file called .gone": lambda folder: folder.with_suffix(".gone").write_bytes(b"x"),
    "something of a person": lambda folder: (folder.parent / "my notes").mkdir(),
}
REMOVED = {"half an announcement": half_announced, "half a removal": half_removed}


@pytest.mark.parametrize("case", [*KEPT, *REMOVED])
def test_a_leftover_stops_nobody(case: str, home: Path) -> None:
    home.mkdir()
    (KEPT | REMOVED)[case](home / IDS[0])
    (left,) = home.iterdir()
    first = announce(home, FILES)
    send(first, FILES[0])
    assert announce(home, FILES).id == first.id
    assert [found.id for found in upload.unfinished(home)] == [first.id]
    assert os.path.lexists(left) == (case in KEPT)
    with pytest.raises(upload.Unknown):
        upload.find(home, IDS[0])
    upload.remove(first)
    assert [path for path in home.iterdir() if path != left] == []


def test_a_plan_that_cannot_be_read_goes_when_it_was_broken_off_long_ago(home: Path) -> None:
    for place, (name, content) in enumerate({"broken": b"[[", "good": b'[["a.jpg", 1, 1]]', "ended": b"[["}.items()):
        folder = home / IDS[place]
        plan_of(content)(folder)
        if name == "ended":
            (folder / "finished").touch()  # a run may be made of it
        for path in folder.iterdir():
            os.utime(path, (0, 0))
    announce(home, FILES)
    assert {path.name for path in home.iterdir()} & set(IDS) == {IDS[2]}


def test_a_folder_that_cannot_be_removed_is_passed_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half_announced(home / IDS[0])
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == IDS[0]:
            raise PermissionError(errno.EACCES, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    assert announce(home, FILES).id != IDS[0]
    with pytest.raises(BadInput, match=r"could not be removed \(Permission denied\)"):
        upload.remove(upload.Upload(home / IDS[0], {}))


def test_a_plan_of_an_earlier_version_is_gone_on_with(home: Path) -> None:
    folder = home / IDS[0]
    (folder / "files").mkdir(parents=True)
    (folder / "parts").mkdir()
    (folder / "files" / FILES[0].key).write_bytes(b"abc")
    (folder / "plan.json").write_text(json.dumps([[file.path, file.size, file.modified] for file in FILES]))
    assert upload.find(home, IDS[0]).plan == {file.key: file for file in FILES}
    found = announce(home, FILES, "ab")
    assert (found.id, found.arrived()) == (IDS[0], {FILES[0].key})


def test_a_file_that_was_cut_off_with_the_power_is_sent_again(home: Path) -> None:
    place = announce(home, FILES)
    send(place, *FILES)
    place.file(FILES[1].key).write_bytes(b"")
    again = announce(home, FILES)
    assert again.arrived() == {file.key for file in FILES} - {FILES[1].key}
    send(again, FILES[1])
    assert len(again.arrived()) == 4


# -- the list is whole after a crash


@pytest.mark.parametrize("call", ["open", "fsync", "rename"])
def test_a_list_that_cannot_be_written_leaves_the_old_one(
    call: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = announce(home, FILES)
    send(place, FILES[0])
    more = [*FILES, announced("garden/new.jpg", 3, 1)]
    place_of = {"open": (Path, "open"), "fsync": (os, "fsync"), "rename": (Path, "replace")}[call]

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(*place_of, fail)
        with pytest.raises(upload.DiskFull, match=r"^The disk is full: .* Make room, then go on\.$"):
            announce(home, more)
        with pytest.raises(upload.DiskFull):
            announce(home, [announced("other.jpg", 1, 1)])
    assert [path.name for path in home.iterdir()] == [place.id]  # nothing is left of the one that never began
    assert set(upload.find(home, place.id).plan) == {file.key for file in FILES}
    assert announce(home, more).id == place.id  # room was made
    send(upload.find(home, place.id), *more)


def test_the_list_is_on_the_disk_before_it_has_its_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.replace
    monkeypatch.setattr(upload_plan.os, "fsync", lambda handle: done.append("fsync") or fsync(handle))
    monkeypatch.setattr(Path, "replace", lambda path, to: done.append("rename") or rename(path, to))
    announce(home, FILES)
    assert done == ["fsync", "rename", "fsync", "fsync"]


def test_a_full_disk_while_sending(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = announce(home, FILES)
    real = Path.open

    def full(path: Path, *args: Any, **options: Any) -> Any:
        if path.parent.name == "parts":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(upload.DiskFull, match=r"garden/0.jpg could not be saved"):
            place.write(FILES[0].key, 0, b"abc")
    send(place, *FILES)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "touch", full := lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "")))
        with pytest.raises(upload.DiskFull):
            place.finish()
    place.finish()
    assert len(place.arrived()) == 4
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(upload.DiskFull, match="The table could not be saved"):
            upload.save_table(home / IDS[0], b"image,kind\n")
    assert list((home / IDS[0]).iterdir()) == []


# -- whose an upload is


def test_two_tabs_with_the_same_folder_each_have_an_upload(home: Path) -> None:
    first = announce(home, FILES, "aa")
    send(first, *FILES[:2])
    second = announce(home, [*FILES, announced("garden/new.jpg", 3, 1)], "bb")
    assert second.id != first.id
    assert second.arrived() == {file.key for file in FILES[:2]}  # linked, so not sent twice
    send(first, FILES[2])  # nothing of the first is refused
    assert upload.find(home, first.id).plan == first.plan
    assert announce(home, FILES, "aa").id == first.id  # each finds its own again
    assert announce(home, FILES, "bb").id == second.id
    upload.remove(first)
    assert second.file(FILES[0].key).read_bytes() == b"abc"


def test_where_nothing_can_be_linked_all_is_sent(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    send(announce(home, FILES, "aa"), *FILES)
    assert announce(home, FILES, "bb").arrived() == set()


@pytest.mark.parametrize("how", ["time", "connection", "restart"])
def test_an_upload_that_nothing_is_heard_of_is_taken_over(
    how: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = announce(home, FILES, "aa")
    send(first, FILES[0])
    assert upload.is_alive(first.id)
    if how == "time":
        now = time.monotonic()
        monkeypatch.setattr(upload.time, "monotonic", lambda: now + upload.LIMITS.seconds)
    elif how == "connection":
        upload.lost(first.id)
    else:
        upload._heard.clear()
    assert not upload.is_alive(first.id)
    second = announce(home, FILES, "bb")
    assert (second.id, second.arrived()) == (first.id, {FILES[0].key})
    third = announce(home, FILES, "aa")  # the first is back: it has lost its upload, and no more
    assert (third.id != second.id, third.arrived()) == (True, {FILES[0].key})


def test_bytes_keep_an_upload_alive(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr(upload.time, "monotonic", lambda: now)
    first = announce(home, FILES, "aa")
    now += upload.LIMITS.seconds - 1
    send(first, FILES[0])
    now += upload.LIMITS.seconds - 1
    upload.heard(first.id)  # some bytes, not enough to write them
    now += upload.LIMITS.seconds - 1
    assert announce(home, FILES, "bb").id != first.id
    upload.heard(IDS[0])  # of one that nobody announced
    assert not upload.is_alive(IDS[0])


def test_links_need_no_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    send(announce(home, FILES, "aa"), *FILES)
    monkeypatch.setattr(upload.shutil, "disk_usage", lambda _: SimpleNamespace(free=upload.LIMITS.free))
    assert len(announce(home, FILES, "bb").arrived()) == 4


# -- many others


def test_an_announcement_reads_no_list_of_another_upload(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        announce(home, [announced(f"{number}/{file}.jpg", 1, 1) for file in range(200)], f"{number:02x}")
    upload_plan.head.cache_clear()  # as after a restart
    read: list[Path] = []
    real = upload_plan.read
    monkeypatch.setattr(upload_plan, "read", lambda folder: read.append(folder) or real(folder))
    opened: list[int] = []
    loads = json.loads
    monkeypatch.setattr(upload_plan.json, "loads", lambda text: opened.append(len(text)) or loads(text))
    announce(home, FILES)
    assert read == []
    assert len(opened) == 30  # the head of each, once
    assert max(opened) < 4_000  # and no more than that
    announce(home, FILES)
    assert len(opened) == 31  # that of the new one
    assert upload.unfinished(home, 3) == []
    assert read == []


def test_the_share_is_taken_from_a_sample(home: Path) -> None:
    many = [announced(f"shop/{number}.jpg", 1, 1) for number in range(1000)]
    first = announce(home, many)
    head = upload_plan.head(str(first.folder), upload_plan.changed(first.folder))  # type: ignore[arg-type]
    assert head
    assert len(head.marks) == 64
    assert announce(home, many[200:]).id == first.id
    assert announce(home, many[:400]).id != first.id


def test_the_latest_are_listed_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for number in range(5):
        file = announced(f"{number}.jpg", 3, 1)
        place = announce(home, [file], f"{number:02x}")
        send(place, file)
        os.utime(place.folder / "plan.json", (number + 1e9, number + 1e9))
        ids.append(place.id)
    assert [found.id for found in upload.unfinished(home, 3)] == ids[:1:-1]
    assert upload_folders.latest({"a": None}) == []
