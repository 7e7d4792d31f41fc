"""Names that a person would take for the same."""

from __future__ import annotations

import pytest

from core.domain import is_reserved, same_name

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Red", "red"),
        (" red  car ", "red car"),
        (COMPOSED, DECOMPOSED),
        ("red", "red\u200b"),  # no width
        ("red", "re\u00add"),  # a hyphen that is not seen
        ("red", "\u202ared\u202c"),  # marks of direction
        ("red", "\uff32\uff25\uff24"),  # full width
        ("stra\u00dfe", "STRASSE"),
    ],
)
def test_same_names(name: str, other: str) -> None:
    assert same_name(name, other)
    assert same_name(other, name)


@pytest.mark.parametrize(
    ("name", "other"), [("red", "reds"), ("m\u00b2", "m2"), ("\u0131", "i"), ("a-b", "ab"), ("e", "\u00e9")]
)
def test_other_names(name: str, other: str) -> None:
    assert not same_name(name, other)


@pytest.mark.parametrize("name", ["Not sure", "not  SURE", "Not\u200b sure", "Unassigned\u200b", "\u200b", "  "])
def test_reserved_or_empty_names_are_seen_through(name: str) -> None:
    assert is_reserved(name) or same_name(name, "")
