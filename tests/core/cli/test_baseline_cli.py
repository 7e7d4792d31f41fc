"""`python -m core run --baseline`: descriptors in, groups out; what cannot work is said before anything is opened."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from house import EACH, House

from core.cli.main import main


@pytest.fixture
def asked(house: House, tmp_path: Path) -> list[str]:
    """A command over the house's pictures with descriptors that tell its four colours apart."""
    draw, rows, names = np.random.default_rng(0), [], []
    for place, folder in enumerate(sorted(path for path in house.images.iterdir() if path.is_dir())):
        for file in sorted(folder.iterdir()):
            rows.append([*(draw.normal(20 * place, 1, 3)), f"{folder.name}/{file.name}"])
            names.append(file)
    with (tmp_path / "made.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b", "c", "image"], *rows])
    house.workspace.close()
    return [
        "run", "--images", str(house.images), "--features", str(tmp_path / "made.csv"), "--truth", "folder",
        "--out", str(tmp_path / "out"), "--workspace", str(house.workspace.folder),
    ]  # fmt: skip


def test_groups_and_their_settings_are_written(asked: list[str], tmp_path: Path) -> None:
    assert main([*asked, "--baseline", "kmeans", "--k", "4", "--scale", "robust", "--pca", "0.95"]) == 0
    about = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert about["settings"]["text"] == "baseline:k-means/robust/0.95"
    assert about["settings"]["vision"] == f"features:file:{tmp_path / 'made.csv'}"
    scores = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert (scores["acc"], scores["n"]) == (1.0, 4 * EACH)


def test_auto_takes_what_the_criteria_say(asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (tmp_path / "made.csv").open("a") as file:
        file.write("1,2,3,red/gone.png\n")
    assert main([*asked, "--baseline", "agglomerative", "--k", "auto"]) == 0
    said = capsys.readouterr().err
    assert "4 groups: the middle of what" in said
    assert "1 row names none of these images, such as “red/gone.png”" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--baseline", "kmeans"], "needs a number of groups"),
        (["--baseline", "knn", "--k", "3"], "must be one of"),
        (["--baseline", "kmeans", "--k", "3", "--scale", "odd"], "--scale"),
        (["--baseline", "kmeans", "--k", "3", "--criterion", "colour"], "Give either --criterion"),
        (["--baseline", "kmeans", "--k", "3", "--names", "a,b,c"], "takes no --names"),
        (["--k", "3"], "Give either --criterion"),
    ],
)
def test_what_cannot_work_is_said(
    asked: list[str], options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*asked, *options]) == 2
    assert said in capsys.readouterr().err


def test_labels_that_lda_cannot_learn_from_are_refused_before_anything_is_measured(
    asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.read_csv(tmp_path / "made.csv")[["image"]].assign(label="one")
    table.to_csv(tmp_path / "one.csv", index=False)
    assert main([*asked, "--baseline", "kmeans", "--k", "3", "--lda", str(tmp_path / "one.csv")]) == 2
    assert "at least two kinds" in capsys.readouterr().err
