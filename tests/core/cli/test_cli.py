"""The command line's contract: what it writes, what it says, how it exits."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from house import House
from painter import Painter, install, step_of
from PIL import Image

from core.cli.main import main
from core.config import Config
from core.domain import Failed
from core.export import run_files
from core.prompts import presets
from core.prompts.presets import Preset
from core.workspace import Workspace


@pytest.fixture
def command(house: House, tmp_path: Path) -> list[str]:
    """A complete command; the house's own workspace is closed, as one workspace has one process."""
    house.workspace.close()
    place = ["--out", str(tmp_path / "out"), "--workspace", str(tmp_path / "cli")]
    return ["run", "--images", str(house.images), "--criterion", "colour", "--k", "4", *place]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_writes_the_four_files(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--truth", "folder"]) == 0
    out = tmp_path / "out"
    rows = table(out / "assignments.csv")
    assert tuple(rows[0]) == ("image", "cluster", "confidence", "source", "description", "label", "truth", "reason")
    assert len(rows) == 16
    assert rows[0] == {
        "image": "blue/0.png",
        "cluster": "blue",
        "confidence": "0.9",
        "source": "model",
        "description": "A blue picture.",
        "label": "blue",
        "truth": "blue",
        "reason": "",
    }
    clusters = table(out / "clusters.csv")
    assert list(clusters[0]) == ["cluster", "meaning", "size", "labels"]
    assert {(row["cluster"], row["size"]) for row in clusters} == {(c, "4") for c in ("red", "green", "blue", "grey")}
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["acc"] == metrics["acc_assigned"] == 1.0
    for key in ("n", "n_assigned", "n_unassigned", "k_true", "k_found", "nmi", "ari", "fmi", "homogeneity",
                "completeness", "v_measure", "purity", "name_acc", "chance", "shuffled", "per_class", "ami",
                "per_group", "confused", "intervals"):  # fmt: skip
        assert key in metrics
    run = json.loads((out / "run.json").read_text())
    assert list(run["steps"]) == ["describe", "label", "name", "assign"]
    assert set(run["steps"]["describe"]) == {"items", "requests", "cache_hits", "failures", "prompt_tokens",
                                             "completion_tokens", "seconds", "cost"}  # fmt: skip
    assert run["settings"]["criterion"] == "colour"
    assert run["models"]["vision"] == "fake-vision/1"
    said = capsys.readouterr().out
    assert "acc 1.000" in said
    assert "Matches the labels for 100 % of 16 images, where always saying the commonest label gives 25 %." in said


def test_the_same_input_gives_the_same_result(command: list[str], tmp_path: Path) -> None:
    main(command)
    first = (tmp_path / "out" / "assignments.csv").read_bytes()
    main([*command[:-1], str(tmp_path / "another")])
    assert (tmp_path / "out" / "assignments.csv").read_bytes() == first
    held = json.loads((tmp_path / "out" / "metrics.json").read_text())  # without labels no score against them
    assert list(held) == ["internal", "stability"]


def test_unassigned_and_unusable_are_written_and_counted(command: list[str], house: House, tmp_path: Path) -> None:
    (house.images / "broken.jpg").write_text("not an image")
    command[command.index("--k") + 1] = "3"
    assert main(command) == 0
    rows = table(tmp_path / "out" / "assignments.csv")
    lost = [row for row in rows if row["cluster"] == "Unassigned"]
    assert len(lost) == 4
    assert {(row["source"], row["confidence"], row["label"]) for row in lost} == {("none", "", "red")}
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert run["given"] == 17 == sum(run["counts"].values())
    assert run["skipped"][0]["image"] == "broken.jpg"
    assert "not an image" in run["skipped"][0]["reason"]


def test_how_images_were_read_is_said_where_that_is_not_as_they_are(
    command: list[str], house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = [Image.new("RGB", (32, 24), (number, 0, 200)) for number in (0, 40, 80)]
    for number in range(7):
        frames[0].putpixel((number, 0), (255, 255, 255))  # no two are alike
        frames[0].save(house.images / f"{number}.gif", save_all=True, append_images=frames[1:])
    Image.effect_noise((320, 240), 80).convert("RGB").save(house.images / "cut.jpg")
    (house.images / "cut.jpg").write_bytes((house.images / "cut.jpg").read_bytes()[:-400])
    assert main(command) == 0
    said = capsys.readouterr().err
    assert "Note: first of 3 frames: 0.gif, 1.gif, 2.gif, 3.gif, 4.gif and 2 more\n" in said
    assert re.search(r"Note: the file is cut off, .* missing: cut.jpg\n", said)
    noted = json.loads((tmp_path / "out" / "run.json").read_text())["noted"]
    assert len(noted) == 8
    assert noted[0] == {"image": "0.gif", "note": "first of 3 frames"}


def test_failures_give_status_one_and_are_listed(
    command: list[str], house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(command)
    rows = house.vision.history
    house.vision.fail = {rows[0][0]}
    house.vision.id = "fake-vision/2"
    house.vision.evidence_id = "fake-mean/2"
    assert main(command) == 1
    assert "Failed: blue/0.png: The fake engine was told to fail." in capsys.readouterr().err
    failed = [row for row in table(tmp_path / "out" / "assignments.csv") if not row["cluster"]]
    said = [(row["image"], row["source"], row["description"], row["reason"]) for row in failed]
    assert said == [("blue/0.png", "none", "", "The fake engine was told to fail.")]


def test_a_criterion_that_cannot_be_seen_is_warned_of(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command[command.index("--criterion") + 1] = "mood"
    assert main(command) == 0
    said = "Grouped by appearance, because the fake engine cannot see mood."
    assert f"Warning: {said}" in capsys.readouterr().err
    about = json.loads((tmp_path / "out" / "run.json").read_text())
    assert about["warnings"] == [said]
    assert about["sight"] == {"by_appearance": True, "read_as": ""}


def test_cells_that_a_spreadsheet_would_run_are_made_safe(tmp_path: Path, house: House) -> None:
    house.workspace.close()
    file = tmp_path / "r.jsonl"
    lines = [{"image": f"{n}.jpg", "description": "=HYPERLINK(1) red", "label": "=cmd()"} for n in range(3)]
    file.write_text("\n".join(map(json.dumps, lines)))
    out = tmp_path / "out"
    place = ["--out", str(out), "--workspace", str(tmp_path / "cli")]
    assert main(["run", "--records", str(file), "--criterion", "x", "--k", "1", *place]) == 0
    assert {row["label"] for row in table(out / "assignments.csv")} == {"'=cmd()"}
    assert {row["cluster"] for row in table(out / "clusters.csv")} == {"'=cmd()"}


def test_limit_uses_the_first_images_only(command: list[str], tmp_path: Path) -> None:
    assert main([*command, "--limit", "5"]) == 0
    assert len(table(tmp_path / "out" / "assignments.csv")) == 5


def test_a_person_s_own_presets_word_the_question(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    painter = Painter()
    install(monkeypatch, painter)
    own = (Preset("Paint", ("colour",), "Which paint?", "A red wall.", "red"), Preset("Mood", (), "Sad or not?"))
    workspace = Workspace(Config(tmp_path / "cli"))
    workspace.store.preferences.set(presets.PREFERENCE, presets.write((*own, *presets.shipped()[:3])))
    workspace.close()
    command += ["--vision", "painter", "--text", "painter"]

    def asked(step: str, *options: str) -> str:
        """The first message of a step, in words of its own each time so that it is sent."""
        painter.history.clear()
        assert main([*command, "--never", f"haste {step} {options}", *options]) == 0
        return next(asked.text for asked in painter.history if step_of(asked) == step)

    assert "Which paint?" in asked("describe")
    assert "“A red wall.” gets the label “red”" in asked("label")
    assert "1. colour: Which paint?\n2. Mood: Sad or not?\n\n" in asked("describe", "--also", "Mood, Colour")
    assert "Sad or not?" in asked("describe", "--preset", "mood")
    assert "?" not in asked("describe", "--preset", "none")
    assert "Light or dark?" in asked("describe", "--question", "Light or dark?")
    assert "“A dim hall.” gets the label “dark”" in asked("label", "--example", "A dim hall. => dark")
    assert main([*command, "--preset", "Rust"]) == 2
    assert "There is no preset “Rust”. There are: Paint, Mood, Object" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--example", "A dim hall.", "--example needs DESCRIPTION=>LABEL"),
        ("--images", "nope", "does not exist"),
        ("--k", "0", "at least 1"),
        ("--k", "17", "17 groups need at least 17 images"),
        ("--k", "many", "needs a whole number"),
        ("--k", "2.5", "needs a whole number"),
        ("--criterion", "", "Type what the images"),
        ("--vision", "nonsense", "no vision model of kind “nonsense”"),
        ("--text", "nonsense", "no text model of kind “nonsense”"),
        ("--vision", "records", "--records FILE.jsonl"),
        ("--records", "nope.jsonl", "could not be read"),
        ("--truth", "nope.csv", "does not exist"),
        ("--names", "a,a", "must differ"),
        ("--names", "a,b,c,d,e", "5 names were given for 4 groups"),
        ("--names", "a,not sure", "images without a group"),
        ("--limit", "-1", "must be 0"),
        ("--limit", "x", "invalid int value"),
        ("--nonsense", "x", "Unrecognized arguments"),
    ],
)
def test_unusable_input_gets_one_sentence_and_status_two(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, sentence: str
) -> None:
    assert main([*command, option, value]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out" / "assignments.csv").exists()


@pytest.mark.parametrize("other", [["--limit", "-1"], ["--vision", "records"]])
def test_of_two_faults_that_of_the_number_of_groups_is_said(
    command: list[str], capsys: pytest.CaptureFixture[str], other: list[str]
) -> None:
    assert main([*command, "--k", "many", *other]) == 2
    assert "needs a whole number" in capsys.readouterr().err


def test_a_missing_option_and_an_out_that_is_a_file_are_said(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--k", "3"]) == 2
    assert "--out" in capsys.readouterr().err
    assert main(["run", "--k", "3", "--out", str(tmp_path / "new")]) == 2
    assert "--criterion" in capsys.readouterr().err
    (tmp_path / "out").write_text("x")
    assert main(command) == 2
    assert "is a file" in capsys.readouterr().err


def test_a_workspace_in_use_is_said(
    command: list[str], house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from core.store import Store; "
        f"store = Store(Path({str(tmp_path / 'cli')!r})); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        assert main(command) == 2
        assert "is open in another" in capsys.readouterr().err
        other.communicate()


def test_run_json_names_the_models_that_answered_and_not_those_of_today(
    command: list[str], house: House, tmp_path: Path
) -> None:
    main(command)
    out = tmp_path / "out"
    before = json.loads((out / "run.json").read_text())
    house.vision.id, house.text.id, house.text.prompts = "fake-vision/2", "fake-text/2", {"label": "label.v9"}
    workspace = Workspace(Config(tmp_path / "cli"))
    run_files.write(workspace, before["run"], out)
    workspace.close()
    after = json.loads((out / "run.json").read_text())
    assert before["models"] == {"vision": "fake-vision/1", "labels": "fake-text/1", "text": "fake-text/1"}
    assert after["models"] == before["models"]
    assert after["prompts"] == before["prompts"] == {}
    assert after["evidence"] == before["evidence"] == "fake-mean/1"


def test_run_json_names_the_evidence_of_this_run_and_not_of_a_later_one_on_the_same_images(
    house: House, tmp_path: Path
) -> None:
    def told(run_id: str) -> str:
        run_files.write(house.workspace, run_id, tmp_path)
        return str(json.loads((tmp_path / "run.json").read_text())["evidence"])

    first = house.start()
    house.run(first)
    house.vision.id, house.vision.evidence_id = "fake-vision/2", "fake-mean/2"
    house.text.id, house.text.knows = "fake-text/2", frozenset({"fake-mean/2"})
    second = house.start(criterion="shade")
    house.run(second)
    assert told(first) == "fake-mean/1"
    assert told(second) == "fake-mean/2"


def test_run_json_names_every_model_and_prompt_that_had_a_part(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = Painter(), Painter("strong")
    install(monkeypatch, first, second)
    refused = iter(range(2))
    first.fail = lambda request: (
        Failed("No.") if step_of(request) == "describe" and next(refused, None) is not None else None
    )
    run_id = house.start(vision="painter", text="painter", fallback="strong")
    house.run(run_id)
    run_files.write(house.workspace, run_id, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["models"]["vision"].split(", ") == sorted(house.store.answers.models(run_id)["describe"])
    assert len(run["models"]["vision"].split(", ")) == 2
    given = {step: {version.partition(".")[0] for version in said.split(", ")} for step, said in run["prompts"].items()}
    assert given == {
        "describe": {"describe"},
        "label": {"label"},
        "name": {"name"},
        "assign": {"assign", "assign_labels"},
    }
    assert run["evidence"] == "text only"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["--k", "17"], "17 groups need at least 17 images"),
        (["--fallback", "nosuch:x"], "no text model of kind"),
        (["--vision", "nosuch:x"], "no vision model of kind"),
        (["--share", "0.1"], "10% of 16 images are 2; 4 groups need more"),
    ],
)
def test_an_estimate_refuses_what_a_run_refuses(
    command: list[str], capsys: pytest.CaptureFixture[str], changes: list[str], said: str
) -> None:
    assert main([*command, *changes, "--estimate"]) == 2
    assert said in capsys.readouterr().err
    assert main([*command, *changes]) == 2
    assert said in capsys.readouterr().err


def test_run_json_names_no_model_for_an_image_that_failed(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also when the second model answers for it in another run."""
    first, second = Painter(), Painter("strong")
    install(monkeypatch, first, second)

    def told(run_id: str) -> str:
        run_files.write(house.workspace, run_id, tmp_path)
        return str(json.loads((tmp_path / "run.json").read_text())["models"]["vision"])

    refused = iter(range(1))
    first.fail = lambda request: (
        Failed("No.") if step_of(request) == "describe" and next(refused, None) is not None else None
    )
    second.fail = lambda request: Failed("No.") if step_of(request) == "describe" else None
    run_id = house.start(vision="painter", text="painter", fallback="strong")
    house.run(run_id)
    assert house.sizes(run_id)["failed"] == 1
    before = told(run_id)
    second.fail = lambda _: None
    other = house.start(vision="strong", text="painter")
    house.run(other)
    assert told(run_id) == before
    assert told(other) != before
