"""A table of ours comes back through import exactly as it was, whatever characters its texts hold."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from house import EACH, House

from core.domain import ASSIGNMENTS
from core.export import downloads, tables
from core.pipeline.import_results import bring_in
from core.results import run_view

LETTERS = "=+-@|%＝＋－＠'\"\t\r\n\v\f\x01\x1c\x85\xa0\u200b\u2028\u2029\ufeff;,. *ab1é图"
DOORS: dict[str, Callable[..., Iterator[bytes]]] = {
    "csv": downloads.table,
    "jsonl": downloads.lines,
    "parquet": downloads.columns,
}


def text(chance: random.Random) -> str:
    return "".join(chance.choices(LETTERS, k=chance.randrange(1, 15)))


def cells(house: House, run_id: str) -> list[tuple[object, ...]]:
    return [
        (
            row.name,
            row.cluster.name if row.cluster else row.state,
            row.confidence,
            row.description,
            row.label,
            row.truth,
        )
        for row in run_view.rows(house.store, run_id)
    ]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("seed", range(3))
def test_every_text_comes_back(door: str, seed: int, house: House, tmp_path: Path) -> None:
    chance = random.Random(seed)
    clusters = ["-1", "'=1", "red.", "A nice cup\r=1+1", " ＝x ", *(text(chance) for _ in range(5))]
    rows = [
        (f"{number}{text(chance)}.png", chance.choice(clusters), round(chance.random(), 4), "model", text(chance),
         text(chance), text(chance), "")
        for number in range(300)
    ]  # fmt: skip
    rows += [
        (" lead.png", "Unassigned", None, "model", "a", "b", "", ""),
        ("=1.png", clusters[0], 0.5, "model", " ", "-", "", ""),
    ]
    path = tmp_path / "first.csv"
    tables.write_csv(path, ASSIGNMENTS, rows)
    first = bring_in(house.workspace, path).run_id
    told = [(row[0], "unassigned" if row[1] == "Unassigned" else row[1], row[2], *row[4:7]) for row in rows]
    assert cells(house, first) == told
    again = tmp_path / f"again.{door}"
    again.write_bytes(b"".join(DOORS[door](house.workspace, first)))
    second = bring_in(house.workspace, again).run_id
    assert cells(house, second) == told
    if door != "parquet":  # which says in its metadata which run it is
        assert b"".join(DOORS[door](house.workspace, second)) == again.read_bytes()


@pytest.mark.parametrize("door", DOORS)
def test_images_with_odd_names_are_met_again(door: str, house: House, tmp_path: Path) -> None:
    odd = [
        "=1.png",
        "-a.png",
        " lead.png",
        "'=q.png",
        "a\\b.png",
        "\u2028x.png",
        "new\nline.png",
        "＝w.png",
        "c\rd.png",
    ]
    for place, name in enumerate(odd):
        target = house.images / name
        target.write_bytes((house.images / "red" / f"{place % EACH}.png").read_bytes() + bytes([place]))
    first = house.start(k=3, truth="folder")
    house.run(first)
    path = tmp_path / f"back.{door}"
    path.write_bytes(b"".join(DOORS[door](house.workspace, first)))
    brought = bring_in(house.workspace, path, images=str(house.images))
    assert brought.left_out == ()
    assert cells(house, brought.run_id) == cells(house, first)
    assert set(odd) <= {row.name for row in run_view.rows(house.store, first)}


def test_what_failed_stays_without_a_group(house: House, tmp_path: Path) -> None:
    path = tmp_path / "first.csv"
    tables.write_csv(
        path,
        ASSIGNMENTS,
        [("a.png", "", None, "none", "", "", "", "The reason."), ("b.png", "x", 1.0, "model", "d", "x", "", "")],
    )
    run_id = bring_in(house.workspace, path).run_id
    assert [row.state for row in run_view.rows(house.store, run_id)] == ["failed", "assigned"]
