"""`get` lists the models of the catalogue, fetches one as the page does, and goes on where it was stopped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hub_server import entry_of, serve

from core.cli import get
from core.cli.main import main
from core.models.catalogue import getting
from core.models.catalogue.entries import entries
from core.models.catalogue.shelf import Place

FILES = {"model.safetensors": os.urandom(300_000), "config.json": b"{}"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    def tried(place: Place) -> bool:
        place.note_trial("A red\ncircle.", 1.25, right=False)
        return False

    tiny = entry_of(FILES)
    monkeypatch.setattr(get, "entry", lambda name: tiny)
    monkeypatch.setattr(get, "entries", lambda: {tiny.id: tiny})
    monkeypatch.setattr(getting, "_work", None)
    monkeypatch.setattr(getting, "try_out", tried)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name)
    return Place(tiny, tmp_path / "w" / "models")


def test_a_model_is_fetched_tried_named_and_removed(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--workspace", str(tmp_path / "w")]
    with serve(dict(FILES)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.trouble.status = {"": (503, "")}
        assert main(["get", "tiny", *where]) == 2
        assert "status 503). What has come is kept; continue later." in capsys.readouterr().err
        hub.trouble.status = {}
        assert main(["get", "tiny", *where]) == 0
    said = capsys.readouterr()
    assert said.out == f"--vision {place.spec}\n"
    assert "It answered in 1.2 s: A red circle." in said.err
    assert "Note: that does not name" in said.err
    assert main(["get", *where]) == 0
    assert "\there\t" in capsys.readouterr().out
    assert main(["get", "tiny", "--remove", *where]) == 0
    assert not place.folder.exists()


def test_the_list_names_every_model_and_a_wrong_name_is_told_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--workspace", str(tmp_path / "w")]
    assert main(["get", *where]) == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == list(entries())
    assert main(["get", "gpt-9", *where]) == 2
    assert "There is no model “gpt-9” in the catalogue. Choose one of: smolvlm-256m" in capsys.readouterr().err
    assert not (tmp_path / "w").exists()
