"""Whether labels are about what the run groups by."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.results.labels_about import other_column, truth_about


@pytest.mark.parametrize(
    ("truth", "criterion", "other"),
    [
        ("/x/truth.csv:kind", "mood", "kind"),
        ("/x/truth.csv:kind", "kind of thing", ""),
        ("/x/truth.csv:colour", "Colors", ""),
        ("alike:/x/truth.csv:main_colour", "colour", ""),
        ("/x/truth.csv:artStyle", "art style", ""),
        ("/x/truth.csv:image_label", "mood", ""),  # says nothing
        ("/x/truth.csv:class", "mood", ""),
        ("folder", "mood", ""),
        ("filename", "mood", ""),
        ("hf:pets:train:breed", "colour", "breed"),
        ("hf:pets:train:breed", "breed of dog", ""),
        ("brought:/x/results.jsonl", "mood", ""),
        ("", "mood", ""),
    ],
)
def test_a_column_of_something_else(truth: str, criterion: str, other: str) -> None:
    assert other_column(truth, criterion) == other


def test_another_column_of_the_same_table(tmp_path: Path) -> None:
    table = tmp_path / "truth.csv"
    table.write_text("image,kind,colour\na.png,cup,red\n", encoding="utf-8")
    assert truth_about(f"{table}:kind", "colour of the thing") == f"{table}:colour"
    assert truth_about(f"alike:{table}:kind", "colour") == f"alike:{table}:colour"
    assert truth_about(f"{table}:kind", "kind of thing") == f"{table}:kind"
    assert truth_about(f"{table}:kind", "mood") == f"{table}:kind"
    assert truth_about(f"{tmp_path}/gone.csv:kind", "colour") == f"{tmp_path}/gone.csv:kind"
    assert truth_about("folder", "colour") == "folder"
