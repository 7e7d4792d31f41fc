"""The number of groups that a criterion starts with: what it says, what labels say, what stands out."""

from __future__ import annotations

import pytest

from core.suggestions import labels
from core.suggestions.labels import Column, meant
from core.suggestions.number import number_for, typed
from core.suggestions.suggestion import Found, Number, Suggestion

COLOURS = Column("colour", {"red": 5, "blue": 4, "green": 4})
FOLDERS = Column("folder", {"a": 5, "b": 4})


def found(reason: str = "evidence") -> Found:
    number = Number(4, reason, share=0.8)  # type: ignore[arg-type]
    return Found((Suggestion("kind of thing", number, (), "evidence"),), 40)


@pytest.mark.parametrize(
    ("criterion", "number"),
    [
        ("3 kinds of flowers", 3), ("sort into four groups", 4), ("Two different types of tool", 2), ("12 species", 12),
        ("colour", 0), ("3D models", 0), ("the number of people", 0), ("2024 cars", 0),
    ],
)  # fmt: skip
def test_a_criterion_may_say_how_many(criterion: str, number: int) -> None:
    assert typed(criterion) == number


@pytest.mark.parametrize(
    ("criterion", "name"),
    [
        ("colour", "colour"), ("Color", "colour"), ("main colour", "colour"), ("colours", "colour"),
        ("kind of garment", "garment type"), ("mood", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_column_meets_the_criterion_that_it_is_named_after(criterion: str, name: str) -> None:
    assert meant(criterion, ["garment type", "colour"]) == name


def test_what_is_typed_goes_before_labels_and_labels_before_what_stands_out() -> None:
    columns = [COLOURS, FOLDERS]
    assert number_for("3 kinds of thing", found(), columns) == Number(3, "typed")
    assert number_for("colour", found(), columns) == Number(3, "labels", "colour")
    assert number_for("kind of thing", found(), columns).k == 4
    assert number_for("species", found(), []).reason == "evidence"  # the engine looks at the same for it


def test_labels_without_a_name_go_before_a_number_that_does_not_stand_out() -> None:
    assert number_for("kind of thing", found("unclear"), [FOLDERS]) == Number(2, "labels", "folder")
    assert number_for("kind of thing", found("unclear"), []).reason == "unclear"


def test_a_column_whose_name_says_nothing_has_a_number_and_is_no_criterion() -> None:
    label = Column("label", {"a": 5, "b": 4})
    assert labels.suggestions([label, COLOURS])[0].criterion == "colour"
    assert number_for("label", found("unclear"), [label]).k == 2
    assert number_for("colour", Found(), [label, COLOURS]).k == 3


def test_where_nothing_tells_there_is_no_number() -> None:
    assert number_for("mood", found(), []).k == 0
    assert number_for(" ", found(), [COLOURS]).k == 0
