"""What benchmarks/quality.py measures, on small arrays worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import quality
from benchmarks.propagation import calibration_error
from core.domain import Cluster
from core.evaluate.confusion import confusion


def test_an_image_is_right_in_the_group_matched_to_its_class() -> None:
    truth = np.array(["a", "a", "b", "b", "b"])
    found = ["x", "y", "y", "y", None]
    assert quality.hits(confusion(list(truth), found), truth, found).tolist() == [True, False, True, True, False]


def test_auc_counts_pairs_and_needs_both_kinds() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.7])
    assert quality.auc(confidence, np.array([True, False, True, False])) == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert quality.auc(confidence, np.array([True, True, True, True])) is None
    assert quality.auc(confidence, np.array([False] * 4)) is None


def test_calibration_error_is_the_mean_gap_of_ten_bins() -> None:
    confidence = np.array([0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False])
    assert calibration_error(confidence, right) == pytest.approx((0.05 + 0.05) / 2)
    assert calibration_error(np.array([1.0]), np.array([True])) == 0.0  # the last bin holds 1


def test_each_group_counts_once_for_the_share_of_right_names() -> None:
    table = confusion(["a"] * 9 + ["b"] * 2 + ["a"], ["x"] * 9 + ["y"] * 2 + [None])
    assert quality.right_names(table, {"x": "a", "y": "b"}) == 1.0
    assert quality.right_names(table, {"x": "a"}) == 0.5
    assert quality.right_names(table, {"x": "b", "y": "b"}) == 0.5
    assert quality.right_names(confusion(["a"], [None]), {}) is None


def test_given_names_are_counted_by_truth() -> None:
    truth = ["red", "red", "red", "pink", "pink"]
    found = ["red", "blue", None, None, "red"]
    wrong, under, left = quality.given_shares(truth, found, ["red", "blue"])
    assert (wrong, under, left) == (pytest.approx(2 / 5), pytest.approx(1 / 3), 0.5)
    assert quality.given_shares(["red"], ["red"], ["red"]) == (0.0, 1.0, None)


def test_resamples_are_four_fifths_and_come_again() -> None:
    first, again = list(quality.resamples(50)), list(quality.resamples(50))
    assert [len(set(rows.tolist())) for rows in first] == [40] * quality.RESAMPLES
    assert all((one == two).all() for one, two in zip(first, again, strict=True))
    assert (first[0] != first[1]).any()


def test_nothing_is_said_of_groups_that_the_engine_does_not_say() -> None:
    assert quality.stability([Cluster("c1", "red")]) is None


def test_shares_and_lines() -> None:
    assert [quality.shown(value) for value in (0.5, 0.9984, 1.0, 0.0, None)] == [".500", ".998", "1.000", ".000", "–"]
    assert quality.table(("a", "b"), [quality.line((1, ".5"))]) == "| a | b |\n|---|---|\n| 1 | .5 |"


def test_only_its_own_part_of_a_document_is_replaced() -> None:
    first, last = "<!-- made by benchmarks/quality.py -->", "<!-- end of what it made -->"
    assert quality.replaced(f"one\n{first}\nold\n{last}\ntwo\n", "new") == f"one\n{first}\n\nnew\n\n{last}\ntwo\n"
    with pytest.raises(ValueError, match="no place"):
        quality.replaced("one\ntwo\n", "new")


@pytest.mark.parametrize("document", ["README.md", "docs/measured.md"])
def test_the_documents_have_a_place_for_the_tables(document: str) -> None:
    text = (quality.ROOT / document).read_text(encoding="utf-8")
    assert "the tables" in quality.replaced(text, "the tables")


def test_tables_of_all_sets_are_not_replaced_by_the_demo_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "DATA", tmp_path / "nowhere")
    with pytest.raises(SystemExit, match="would lose"):
        quality.main(["--write"])


def test_folders_that_are_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "labels.csv").write_text("image,kind,colour\n1.jpg,cup,red\n", encoding="utf-8")
    monkeypatch.setattr(quality, "DATA", tmp_path / "nowhere")
    found = quality.cases([str(tmp_path), f"{tmp_path}:kind:sort of thing"])
    assert [(case.column, case.criterion) for case in found if case.images == tmp_path] == [
        ("kind", "kind"),
        ("colour", "colour"),
        ("kind", "sort of thing"),
    ]
    assert {case.name for case in found if case.images != tmp_path} == {"demo"}
    with pytest.raises(SystemExit, match="has no column mood; it has kind, colour"):
        quality.cases([f"{tmp_path}:mood"])
    with pytest.raises(SystemExit, match="is missing"):
        quality.cases([str(tmp_path / "nowhere")])
