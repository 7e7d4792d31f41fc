"""A workspace is its owner's alone: its folder, and the secret that opens it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.config import Config
from core.workspace import Workspace

needs_rights = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights than these")


def token(folder: Path) -> str:
    """The secret after one opening."""
    workspace = Workspace(Config(folder))
    workspace.close()
    return workspace.token


def test_the_token_is_the_workspaces_own_and_stays(tmp_path: Path) -> None:
    first = token(tmp_path / "a")
    assert len(first) == 64
    assert token(tmp_path / "a") == first != token(tmp_path / "b")


@pytest.mark.parametrize("left", ["", "0" * 63, "é" * 32, " " * 64], ids=["empty", "short", "accents", "blanks"])
def test_a_token_that_was_cut_off_is_made_anew(left: str, tmp_path: Path) -> None:
    first = token(tmp_path)
    (tmp_path / "token").write_text(left, encoding="utf-8")
    (tmp_path / "token").chmod(0o600)
    assert len(token(tmp_path)) == 64
    assert token(tmp_path) not in (first, left)


@needs_rights
@pytest.mark.parametrize("rights", [0o644, 0o640, 0o602])
def test_a_token_that_others_could_read_is_made_anew(rights: int, tmp_path: Path) -> None:
    first = token(tmp_path)
    (tmp_path / "token").chmod(rights)
    second = token(tmp_path)
    assert second != first
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert token(tmp_path) == second


@needs_rights
def test_a_token_that_another_put_there_is_made_anew(tmp_path: Path) -> None:
    theirs = "ab" * 32
    place = tmp_path / "elsewhere"
    place.write_text(theirs, encoding="ascii")
    place.chmod(0o600)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "token").symlink_to(place)
    assert token(tmp_path / "one") != theirs
    assert place.read_text(encoding="ascii") == theirs
    if os.geteuid() == 0:
        place.rename(tmp_path / "token")
        os.chown(tmp_path / "token", 65533, 65533)
        assert token(tmp_path) != theirs
        assert (tmp_path / "token").stat().st_uid == 0


@needs_rights
def test_a_new_workspace_is_closed_to_others_and_an_old_one_keeps_its_rights(tmp_path: Path) -> None:
    token(tmp_path / "new" / "workspace")
    assert (tmp_path / "new" / "workspace").stat().st_mode & 0o777 == 0o700
    (tmp_path / "old").mkdir(mode=0o750)
    token(tmp_path / "old")
    assert (tmp_path / "old").stat().st_mode & 0o777 == 0o750
