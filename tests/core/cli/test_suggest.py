"""`python -m core suggest`, and `run --k auto`: criteria and numbers of groups, each with its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes import FakeBackend
from house import House

from core.cli import suggest as command
from core.cli.main import main
from core.models import registry
from core.suggestions.suggestion import Number


@pytest.fixture
def place(house: House, tmp_path: Path) -> list[str]:
    """Where the images and the workspace are; the house's own workspace is closed."""
    house.workspace.close()
    table = tmp_path / "labels.csv"
    files = sorted(house.images.rglob("*.png"))
    rows = [f"{file.relative_to(house.images)},{file.parent.name},{place % 2}" for place, file in enumerate(files)]
    table.write_text("\n".join(["image,colour,side", *rows]), encoding="utf-8")
    return ["--images", str(house.images), "--truth", f"{table}:side", "--workspace", str(tmp_path / "cli")]


def test_a_table_of_suggestions_is_printed(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suggest", *place]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == "colour 4 the column colour has 4 labels".split()
    assert said[1].strip() == "blue (4), green (4), grey (4), red (4)"
    assert said[2].split()[:2] == ["side", "2"]


def test_a_second_time_nothing_is_looked_at(place: list[str], house: House) -> None:
    main(["suggest", *place])
    seen = len(house.vision.history)
    assert seen == 16
    main(["suggest", *place])
    assert len(house.vision.history) == seen


def test_one_criterion_gets_its_number(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for criterion, sentence in {
        "main colour": "main colour: 4 groups (the column colour has 4 labels)",
        "3 kinds of cup": "3 kinds of cup: 3 groups (the criterion says so)",
        "mood": "mood: no groups (nothing tells)",
    }.items():
        assert main(["suggest", *place, "--criterion", criterion]) == 0
        assert capsys.readouterr().out.strip() == sentence


def test_images_without_labels_and_differences_are_said(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suggest", *place[:2], *place[4:]]) == 0
    assert capsys.readouterr().out == "Nothing stands out in the 16 items that were looked at.\n"


def test_a_chat_model_is_asked_too(
    place: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = [{"name": "near", "pictures": [1]}, {"name": "far", "pictures": [2]}]
    backend = FakeBackend(json.dumps({"criteria": [{"criterion": "distance", "groups": groups}]}))
    monkeypatch.setattr(registry, "CHAT", {"openai": lambda *_: backend})
    assert main(["suggest", *place, "--text", "openai:small@http://127.0.0.1:1"]) == 0
    said = capsys.readouterr()
    assert "distance                   2  the model proposed so many" in said.out
    assert "near, far" in said.out
    assert "small was asked: 11 tokens, $0.0000" in said.err


def test_unusable_input_gets_one_sentence(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suggest", *place, "--text", "nonsense"]) == 2
    assert "must be builtin or a chat model" in capsys.readouterr().err
    assert main(["suggest"]) == 2
    assert "--images" in capsys.readouterr().err


def test_a_run_takes_the_number_that_is_suggested(
    place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["run", *place, "--out", str(tmp_path / "out"), "--k", "auto", "--criterion"]
    assert main([*run, "colour"]) == 0
    assert "4 groups: the column colour has 4 labels." in capsys.readouterr().err
    assert json.loads((tmp_path / "out" / "run.json").read_text())["settings"]["k"] == 4
    assert main([*run, "mood"]) == 0  # nothing else tells, so what the images look like does, and it says so
    assert "4 groups: the middle of what 4 criteria take" in capsys.readouterr().err


def test_every_reason_is_a_sentence() -> None:
    assert command.reason(Number(4, "evidence", share=0.9)).startswith("so many stand out: 90% of the sample")
    assert command.reason(Number(4, "unclear", share=0.5)).startswith("no number stands out: 50% of the sample")
    assert command.reason(Number(0)) == "nothing tells"
