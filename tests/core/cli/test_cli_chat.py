"""The command line with chat models: caps, trouble that ends a run, tries, and the estimate beside what it took."""

from __future__ import annotations

import csv
import json
import threading
from pathlib import Path

import pytest
from fakes import COLOURS
from house import EACH, House, draw
from painter import ANSWER_TOKENS, PROMPT_TOKENS, Painter, install, step_of
from shortcuts import with_blank_database

from core.cli.main import main
from core.config import Config
from core.domain import Failed
from core.errors import ModelUnavailable
from core.ingest import source
from core.models import prices
from core.models.chat.backend import Request
from core.models.prices import Price
from core.pipeline import intake
from core.store.runs import RunRow
from core.workspace import Workspace

ALL = len(COLOURS) * EACH
DOLLAR = 1_000_000 / (PROMPT_TOKENS + ANSWER_TOKENS)
NO_CREDIT = "The account has no credit left. Add some, then continue."


@pytest.fixture
def painter(house: House, monkeypatch: pytest.MonkeyPatch) -> Painter:
    painter = Painter()
    install(monkeypatch, painter)
    house.workspace.close()
    return painter


@pytest.fixture
def command(painter: Painter, house: House, tmp_path: Path) -> list[str]:
    """A complete command in which each request costs a dollar."""
    place = tmp_path / "cli"
    workspace = Workspace(Config(with_blank_database(place)))
    table = (Price("small", DOLLAR, DOLLAR, "2026-01-01", "made up"),)
    workspace.store.preferences.set(prices.PREFERENCE, prices.write(table))
    workspace.close()
    models = ["--vision", "painter:small", "--text", "painter:small"]
    where = ["--out", str(tmp_path / "out"), "--workspace", str(place)]
    return ["run", "--images", str(house.images), "--criterion", "colour", "--k", "4", *models, *where]


def runs(tmp_path: Path) -> list[RunRow]:
    workspace = Workspace(Config(tmp_path / "cli"))
    found = workspace.store.runs.recent()
    workspace.close()
    return found


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def no_credit_after(painter: Painter, number: int) -> None:
    asked = iter(range(number))

    def fail(_: Request) -> None:
        if next(asked, None) is None:
            raise ModelUnavailable(NO_CREDIT)

    painter.fail = fail


def test_the_same_command_goes_on_where_the_cap_stopped_it_and_does_not_spend_it_again(
    command: list[str], painter: Painter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--cap", "5"]) == 1
    asked = len(painter.history)
    assert "spending cap of $5.00 is reached" in capsys.readouterr().err
    assert main([*command, "--cap", "5"]) == 1
    assert len(painter.history) == asked
    assert main([*command, "--cap", "100"]) == 0
    (run,) = runs(tmp_path)
    assert (run.settings.cap, run.status) == (100, "done")
    assert sum(stat.cost for stat in run.stats.values()) == pytest.approx(len(painter.history))
    assert painter.asked("describe") == ALL
    assert main([*command, "--cap", "100"]) == 0  # one that is done is not taken up
    assert len(runs(tmp_path)) == 2


def test_another_setting_is_another_run(command: list[str], tmp_path: Path) -> None:
    main([*command, "--cap", "5"])
    main([*command, "--cap", "5", "--never", "size"])
    assert len(runs(tmp_path)) == 2


def test_a_command_that_was_interrupted_goes_on(command: list[str], painter: Painter, tmp_path: Path) -> None:
    no_credit_after(painter, 3)
    main(command)
    workspace = Workspace(Config(tmp_path / "cli"))
    (run,) = workspace.store.runs.recent()
    workspace.store.runs.set_status(run.id, "running")  # as a process that was killed leaves it
    workspace.close()
    painter.fail = lambda _: None
    assert main(command) == 0
    assert [row.id for row in runs(tmp_path)] == [run.id]


def test_what_was_answered_before_the_credit_ended_is_written(
    command: list[str], painter: Painter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    no_credit_after(painter, ALL + 1)
    assert main(command) == 1
    said = capsys.readouterr().err
    assert said.count(NO_CREDIT) == 1
    rows = table(tmp_path / "out" / "assignments.csv")
    assert len(rows) == ALL
    assert all(row["description"].startswith("A ") and not row["cluster"] for row in rows)
    assert json.loads((tmp_path / "out" / "run.json").read_text())["counts"]["pending"] == ALL
    painter.fail = lambda _: None
    assert main(command) == 0
    assert painter.asked("describe") == ALL
    assert all(row["cluster"] for row in table(tmp_path / "out" / "assignments.csv"))


def test_where_nothing_was_answered_one_sentence_and_status_two_say_so(
    command: list[str], painter: Painter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    no_credit_after(painter, 0)
    assert main(command) == 2
    assert capsys.readouterr().err.splitlines()[-1] == NO_CREDIT
    assert not (tmp_path / "out").exists()


def test_where_all_failed_the_commonest_reasons_are_counted_and_what_there_is_is_written(
    command: list[str], painter: Painter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reasons = ["Too long."] * 7 + ["Refused."] * 5 + ["Filtered."] * 3 + ["Late."]

    def fail(request: Request) -> Failed | None:
        return (
            Failed(reasons[(painter.asked("describe") - 1) % ALL], "refused")
            if step_of(request) == "describe"
            else None
        )

    painter.fail = fail
    assert main(command) == 2
    said = capsys.readouterr().err.splitlines()
    assert said.count("Failed: red/0.png: Too long.") <= 1
    assert [line for line in said if " of 16 failed: " in line] == [
        "7 of 16 failed: Too long.",
        "5 of 16 failed: Refused.",
        "3 of 16 failed: Filtered.",
    ]
    assert said[-1].startswith("Only 0 images have a description and a label; 4 groups need more.")
    assert len(table(tmp_path / "out" / "assignments.csv")) == ALL
    assert json.loads((tmp_path / "out" / "run.json").read_text())["counts"]["failed"] == ALL
    painter.fail = lambda _: None
    assert main(command) == 0
    assert all(row["cluster"] for row in table(tmp_path / "out" / "assignments.csv"))


def test_added_images_that_wait_for_credit_are_told_of_too(
    command: list[str], painter: Painter, house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(command)
    draw(house.images, EACH + 1)
    no_credit_after(painter, 0)
    place = ["--workspace", str(tmp_path / "cli"), "--out", str(tmp_path / "more")]
    assert main(["add", "--to", "latest", "--images", str(house.images), *place]) == 1
    assert NO_CREDIT in capsys.readouterr().err
    rows = table(tmp_path / "more" / "assignments.csv")
    assert sum(bool(row["cluster"]) for row in rows) == ALL
    assert sum(not row["cluster"] for row in rows) > 0


def test_a_try_takes_images_from_all_over(
    command: list[str], painter: Painter, house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--try", "8", "--share", "0.1"]) == 0
    rows = table(tmp_path / "out" / "assignments.csv")
    assert [row["image"] for row in rows] == [f"{colour}/{n}.png" for colour in sorted(COLOURS) for n in (0, 2)]
    draw(house.images, 10)
    assert main([*command, "--try"]) == 0
    assert len(table(tmp_path / "out" / "assignments.csv")) == 20
    capsys.readouterr()
    assert main([*command, "--try", "--limit", "3"]) == 2
    assert capsys.readouterr().err == "Give --try or --limit, not both.\n"
    assert main([*command, "--try", "-1"]) == 2


def test_what_was_expected_stands_beside_what_it_took(
    command: list[str], painter: Painter, capsys: pytest.CaptureFixture[str]
) -> None:
    painter.fail = lambda request: Failed("No.") if step_of(request) == "name" and not painter.asked("name") else None
    main(command)
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Estimated: ")]
    assert f"Took: {ALL + 3} requests, {(ALL + 3) * (PROMPT_TOKENS + ANSWER_TOKENS):,} tokens" in line
    assert f"${ALL + 3:.2f}" in line
    main([*command[: command.index("--vision")], *command[command.index("--out") :]])
    assert "Estimated" not in capsys.readouterr().err


def test_an_estimate_after_an_interrupted_look_counts_all_that_was_given(
    command: list[str], house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace(Config(tmp_path / "cli"))
    origin = source.find(str(house.images), "", workspace.config)
    parts = intake.take_in(workspace.store, workspace.copies, workspace.config, origin, threading.Event())
    assert len(next(parts)) < ALL
    parts.close()  # type: ignore[attr-defined]
    workspace.close()
    assert main([*command, "--estimate"]) == 0
    describe = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("describe"))
    assert describe.split()[1:4] == [str(ALL), "0", str(ALL)]
