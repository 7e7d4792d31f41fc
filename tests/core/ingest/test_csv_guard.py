"""The mark against formulas: on whatever a spreadsheet might run, and taken off again exactly."""

from __future__ import annotations

import random

import pytest

from core.ingest.csv_guard import guarded, unguarded

LETTERS = "=+-@|%＝＋－＠﹢﹣'\"\t\r\n\v\f\x00\x01\x1c\x1e\x85\xa0\u200b\u2028\u2029\u202e\u3000\ufeff;, ab1.é图"


@pytest.mark.parametrize("sign", "=+-@|%＝＋－＠﹢﹣﹦﹫｜％")
@pytest.mark.parametrize(
    "before",
    ["", " ", "  ", "\xa0", "\u3000", "\u200b", "\ufeff", "\u202e", "\u2060", "\t", "\r", "\n", "\r\n", "\x00"],
)
def test_what_may_begin_a_formula_is_marked(before: str, sign: str) -> None:
    text = f"{before}{sign}1+1"
    assert guarded(text)[0] == "'"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["", "red", "it's", "'tis", "a=b", "1-2", "'", "''", "red car - blue"])
def test_other_texts_are_as_they_are(text: str) -> None:
    assert guarded(text) == text == unguarded(text)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("-1", "'-1"),
        ("+3.5", "'+3.5"),
        ("'=1", "''=1"),  # or it would come back without its own apostrophe
        ("A nice cup\r=1+1", "A nice cup\r'=1+1"),
        ("a\u2028 ＝1", "a\u2028' ＝1"),
        ("red; -blue", "red;' -blue"),
        ("a dog\n- and a cat", "a dog\n- and a cat"),  # LF begins no row inside quotes, for any reader
        ("a dog\r\n- and a cat", "a dog\r\n- and a cat"),
    ],
)
def test_examples(text: str, cell: str) -> None:
    assert guarded(text) == cell
    assert unguarded(cell) == text


def test_every_text_comes_back() -> None:
    chance = random.Random(7)
    for _ in range(10_000):
        text = "".join(chance.choices(LETTERS, k=chance.randrange(9)))
        assert unguarded(guarded(text)) == text


def test_what_other_programs_wrote_stays() -> None:
    assert unguarded("'quoted'") == "'quoted'"
    assert unguarded("=1+1") == "=1+1"
