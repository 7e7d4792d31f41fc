"""JSON Lines end at LF alone: whatever other break a text holds, no line is cut, by any door."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.domain import ASSIGNMENTS
from core.export.tables import jsonl_pieces
from core.ingest.external_results import read_results
from core.ingest.ictc_files import read_answers
from core.ingest.records import read_records
from core.ingest.table import read_table
from core.ingest.text import lenient, split_lines

BREAKS = ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\r", "\r\n", "\n"]
ROWS = [
    {"image": f"{place}.jpg", "cluster": "red", "description": f"A red cup.{text}On a table.", "label": "red"}
    for place, text in enumerate([*BREAKS, " "])
]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_no_line_is_cut_and_none_is_skipped(tmp_path: Path, end: str, encoding: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(((end or "\n").join(json.dumps(row, ensure_ascii=False) for row in ROWS) + end).encode(encoding))
    read, results = read_records(path), read_results(path)
    assert [record.description for record in read.records] == [row["description"] for row in ROWS]
    assert [row.record.description for row in results.rows] == [row["description"] for row in ROWS]
    assert read.bad == results.bad == ()
    assert read_table(path)["description"] == [row["description"] for row in ROWS]


def test_our_own_export_comes_back_whole(tmp_path: Path) -> None:
    rows = [(f"{place}.jpg", "red", 0.5, "model", f"A{text}B", "red", "", "") for place, text in enumerate(BREAKS)]
    (tmp_path / "own.jsonl").write_bytes(b"".join(jsonl_pieces(ASSIGNMENTS, rows)))
    found = read_results(tmp_path / "own.jsonl")
    assert [row.record.description for row in found.rows] == [row[4] for row in rows]
    assert [record.description for record in read_records(tmp_path / "own.jsonl").records] == [row[4] for row in rows]


def test_ictc_answers_hold_other_breaks_too() -> None:
    found = read_answers("Image file-a.jpg Answer: cup\u2028of tea\nImage file-b.jpg Answer: cup\x85red\r\n")
    assert [answer for _, _, answer in found.answers] == ["cup\u2028of tea", "cup\x85red"]


def test_old_mac_lines_end_with_cr_where_there_is_no_lf() -> None:
    assert split_lines("a\rb\r") == ["a", "b", ""]
    assert split_lines("a\rb\r\nc") == ["a\rb", "c"]


def test_a_damaged_byte_spoils_its_line_alone(tmp_path: Path) -> None:
    lines = [json.dumps({"image": f"{place}.jpg", "label": "grün"}, ensure_ascii=False).encode() for place in range(5)]
    lines[3] = lines[3].replace("ü".encode(), b"\xfc")
    (tmp_path / "r.jsonl").write_bytes(b"\n".join(lines))
    assert [record.label for record in read_records(tmp_path / "r.jsonl").records] == ["grün"] * 3 + [
        "gr\ufffdn",
        "grün",
    ]
    assert lenient(b"\n".join(lines)).count("grün") == 4
