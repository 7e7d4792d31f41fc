"""Safety copies: generations that are complete, kept long enough, and never pushed out by ones that hold less."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.store.copies import Copies


def writing(content: bytes, rows: int) -> Callable[[Path], int]:
    def write(path: Path) -> int:
        path.write_bytes(content)
        return rows

    return write


def test_a_generation_is_complete_and_shares_what_has_not_changed(tmp_path: Path) -> None:
    copies = Copies(tmp_path)
    copies.write([("answer-r1-describe", writing(b"a", 10)), ("run", writing(b"1", 1))])
    copies.write([("answer-r1-label", writing(b"b", 10)), ("run", writing(b"2", 2))])
    newest, before = copies.generations()
    assert {name: copy.path.read_bytes() for name, copy in newest.files.items()} == {
        "answer-r1-describe": b"a", "answer-r1-label": b"b", "run": b"2",
    }  # fmt: skip
    assert before.files["run"].path.read_bytes() == b"1"
    shared = [generation.files["answer-r1-describe"].path for generation in (newest, before)]
    assert shared[0].samefile(shared[1])
    assert set(newest.of_table("answer")) == {"answer-r1-describe", "answer-r1-label"}
    assert newest.rows == 22


def test_the_last_three_are_kept_and_the_one_that_holds_most(tmp_path: Path) -> None:
    copies = Copies(tmp_path)
    copies.write([("result", writing(b"all", 1201))])
    for rows in (199, 200, 201, 202, 203):
        copies.write([("result", writing(b"some", rows))])
    assert [generation.rows for generation in copies.generations()] == [203, 202, 201, 1201]
    copies.write([("result", writing(b"more", 1300))])
    copies.write([("result", writing(b"more", 1301))])
    assert [generation.rows for generation in copies.generations()] == [1301, 1300, 203]


def test_what_an_earlier_version_left_is_the_oldest_generation(tmp_path: Path) -> None:
    (tmp_path / "run.parquet").write_bytes(b"0")
    (tmp_path / "answer-r1-describe.parquet").write_bytes(b"a")
    copies = Copies(tmp_path, count=lambda path: 5)
    assert [(generation.number, generation.rows) for generation in copies.generations()] == [(0, 10)]
    for number in (1, 2, 3, 4):
        copies.write([("run", writing(b"%d" % number, 5))])
        assert copies.generations()[0].files["answer-r1-describe"].path.read_bytes() == b"a"
    assert [generation.number for generation in copies.generations()] == [4, 3, 2]
    assert not list(tmp_path.glob("*.parquet"))


def test_a_write_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    def full(path: Path) -> int:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    copies = Copies(tmp_path)
    copies.write([("run", writing(b"1", 1))])
    with pytest.raises(OSError, match="No space left"):
        copies.write([("run", writing(b"2", 2)), ("result", full)])
    assert [path.name for path in tmp_path.iterdir()] == ["000001"]
    copies.write([("run", writing(b"3", 3))])
    assert copies.generations()[0].files["run"].path.read_bytes() == b"3"


def test_a_file_that_was_changed_is_not_intact_and_one_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    copies = Copies(tmp_path)
    copies.write([("run", writing(b"1", 1)), ("result", writing(b"r", 1))])
    copy = copies.generations()[0].files["run"]
    assert copy.is_intact
    copy.path.write_bytes(b"2")
    assert not copy.is_intact
    copy.path.unlink()
    assert not copy.is_intact
    copies.write([("result", writing(b"s", 2))])
    (tmp_path / "000002" / "about.json").write_text("[[[[")
    assert copies.generations()[0].files["result"].path.read_bytes() == b"s"


def test_what_a_killed_process_left_is_cleared_up(tmp_path: Path) -> None:
    (tmp_path / "000002.ab.part").mkdir()
    (tmp_path / "000002.ab.part" / "run.parquet").write_bytes(b"half")
    (tmp_path / "run.0.part").write_bytes(b"half")
    copies = Copies(tmp_path)
    copies.clear_up()
    assert not list(tmp_path.iterdir())
