"""Sets of names: by title in the workspace, and as lines of a text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain import folded, is_reserved
from core.errors import BadInput
from core.results import name_sets
from core.store import Store

_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20).map(
    lambda t: " ".join(t.split())
)
_SETS = st.lists(
    st.tuples(_TEXT.filter(lambda name: folded(name) != "" and not is_reserved(name)), _TEXT),
    min_size=1, max_size=8, unique_by=lambda of: folded(of[0]),
)  # fmt: skip


@given(names=_SETS)
@settings(suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
def test_what_is_written_is_read_again(names: list[tuple[str, str]]) -> None:
    assert name_sets.read(name_sets.written(names)) == tuple(names)


def test_lines_of_others_are_read() -> None:
    assert name_sets.read("\ufeff shoe: for feet \r\n\r\nhat:\n12:30\n\"a: b\": c\n") == (
        ("shoe", "for feet"), ("hat", ""), ("12:30", ""), ("a: b", "c"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\n \n", "no names"),
        ("red\nRed", "twice"),
        ("Unassigned", "cannot be"),
        (": nothing", "needs a name"),
        ('"red: x', "quotation mark"),
        ("\n".join(map(str, range(201))), "at most 200"),
    ],
)
def test_what_cannot_be_names_is_said(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        name_sets.read(text)


def test_a_set_is_kept_by_its_title(tmp_path: Path) -> None:
    store = Store(tmp_path)
    name_sets.save(store, " Shop  one", [("red", "warm")])
    name_sets.save(store, "garments", [("hat", "")])
    name_sets.save(store, "shop ONE", [("blue", "")])
    assert dict(name_sets.saved(store)) == {"garments": (("hat", ""),), "shop ONE": (("blue", ""),)}
    name_sets.remove(store, "garments")
    assert list(name_sets.saved(store)) == ["shop ONE"]
    with pytest.raises(BadInput, match="needs a title"):
        name_sets.save(store, " ", [("red", "")])
    store.preferences.set(name_sets.PREFERENCE, "[1]")
    assert name_sets.saved(store) == {}
    store.close()
