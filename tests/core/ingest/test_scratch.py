"""Folders that go with their work: also after a kill, and never those of somebody at work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import Config
from core.ingest import scratch
from core.workspace import Workspace

ROOT = Path(__file__).parents[3]
LEFT = ("packing-00ff", "incoming-x8_y", "brought/ab/results.csv.part")
OURS = ("uploads/packing-1/a", "my-files/a", "packing/a", "images/view/a.jpg", "brought/ab/results.csv")


def fill(folder: Path) -> None:
    for name in OURS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("kept")
    for name in LEFT[:2]:
        (folder / name / "inside").mkdir(parents=True)
        (folder / name / "inside" / "run.parquet").write_text("left")
    (folder / LEFT[2]).write_text("left")


def left(folder: Path) -> list[str]:
    return [name for name in LEFT if (folder / name).exists()]


def test_an_opening_removes_what_killed_processes_left(tmp_path: Path) -> None:
    fill(tmp_path)
    Workspace(Config(tmp_path)).close()
    assert left(tmp_path) == []
    assert all((tmp_path / name).read_text() == "kept" for name in OURS)


def test_the_next_one_removes_them_too_but_none_that_is_at_work(tmp_path: Path) -> None:
    with scratch.below(tmp_path, "packing") as first:
        fill(tmp_path)
        with scratch.below(tmp_path, "incoming") as second:
            assert left(tmp_path) == [LEFT[2]]
            assert first.is_dir()
            scratch.opened(tmp_path)
            assert first.is_dir()
            assert second.is_dir()
        assert not second.exists()
        scratch.closed(tmp_path)
        assert not first.exists()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a").write_text("kept")
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "packing-1").symlink_to(tmp_path / "outside")
    scratch.sweep(tmp_path / "w")
    assert (tmp_path / "outside" / "a").exists()


@pytest.mark.skipif(os.name != "posix", reason="locks of this kind are not on Windows")
def test_beside_a_workspace_a_lock_tells_who_is_at_work(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from core.ingest import scratch\n"
        f"with scratch.beside(Path({str(tmp_path / 'w')!r}), 'unpacking') as place:\n"
        "    print(place, flush=True); time.sleep(600)"
    )
    other = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout
        theirs = Path(other.stdout.readline().strip())
        with scratch.beside(tmp_path / "w", "unpacking") as ours:
            assert theirs.is_dir()
            assert ours != theirs
        assert not ours.exists()
    finally:
        other.kill()
        other.communicate()
    assert theirs.is_dir()
    (tmp_path / "w.unpacking-old").mkdir()
    os.utime(tmp_path / "w.unpacking-old", (0, 0))
    (tmp_path / "w2.unpacking-1").mkdir()
    with scratch.beside(tmp_path / "w", "unpacking") as ours:
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([ours.name, "w2.unpacking-1"])
