"""The one CSV of all doors: every reader finds the same rows and cells in it, whatever characters texts hold."""

from __future__ import annotations

import csv
import errno
import io
import random
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from house import House

from core.errors import BadInput
from core.export import downloads, run_files, tables
from core.ingest.csv_guard import guarded, unguarded
from core.ingest.table import read_table

LETTERS = "=+-@|%＝＋－＠'\"\t\r\n\v\f\x01\x1a\x1c\x1e\x85\xa0\u200b\u2028\u2029\ufeff;, ab1.é图"
HEADER = ("image", "label", "description")


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str, str]]:
    chance = random.Random(3)
    nasty = [
        "A nice cup\r=1+1",
        "\r",
        "\n",
        "\r\n=1",
        "a\u2028=1",
        '"',
        '""',
        ",",
        "'=1",
        " =1",
        "=1 ",
        "\ufeff=1",
        "-1",
    ]
    texts = nasty + ["".join(chance.choices(LETTERS, k=chance.randrange(1, 12))) for _ in range(3_000)]
    return [(f"{place}.png", text, chance.choice(texts)) for place, text in enumerate(texts)]


@pytest.fixture(scope="module")
def path(rows: list[tuple[str, str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    tables.write_csv(path, HEADER, rows)
    return path


def cells(rows: list[tuple[str, str, str]]) -> list[list[str]]:
    return [[guarded(text) for text in row] for row in rows]


def test_pythons_own_reader(path: Path, rows: list[tuple[str, str, str]]) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.reader(file, strict=True))
    assert found == [list(HEADER), *cells(rows)]


def test_pythons_own_reader_of_lines(path: Path, rows: list[tuple[str, str, str]]) -> None:
    """As many use it: split at every kind of line break first."""
    lines = path.read_bytes().decode("utf-8-sig").splitlines(keepends=True)
    found = list(csv.reader(lines))
    assert len(found) == 1 + len(rows)
    assert [row[0] for row in found[1:]] == [row[0] for row in rows]


def test_pandas(path: Path, rows: list[tuple[str, str, str]]) -> None:
    found = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert list(found.columns) == list(HEADER)
    assert found.to_numpy().tolist() == cells(rows)


def test_duckdb(path: Path, rows: list[tuple[str, str, str]]) -> None:
    with duckdb.connect() as database:
        told = "header = true, delim = ',', quote = '\"', escape = '\"', all_varchar = true"
        found = database.execute(f"SELECT * FROM read_csv(?, {told}, new_line = '\\n')", [str(path)])
        assert [column[0] for column in found.description or ()] == list(HEADER)
        assert [[cell or "" for cell in row] for row in found.fetchall()] == cells(rows)


def test_our_own_reader_gives_the_texts_back(path: Path, rows: list[tuple[str, str, str]]) -> None:
    assert read_table(path) == dict(zip(HEADER, map(list, zip(*rows, strict=True)), strict=True))


@pytest.mark.parametrize("text", ["a" * 131_073, "=" + "é" * 400_000, "\r=1," * 100_000], ids=["long", "marked", "odd"])
def test_a_cell_of_any_length_comes_back(text: str, tmp_path: Path) -> None:
    tables.write_csv(tmp_path / "table.csv", HEADER, [("1.png", "a", text), ("2.png", text, "")])
    read = read_table(tmp_path / "table.csv")
    assert read == {"image": ["1.png", "2.png"], "label": ["a", text], "description": [text, ""]}


def test_no_piece_between_odd_breaks_begins_a_formula(path: Path, rows: list[tuple[str, str, str]]) -> None:
    """Not even a reader that begins a row at a bare CR, between quotes too, finds a formula there. LF and CR LF are
    inside quotes for every reader."""
    for row in cells(rows):
        for cell in row:
            pieces = re.split("\r(?!\n)|[;\t\v\f\x1c-\x1e\x85\u2028\u2029]", cell)
            assert not [piece for piece in pieces if piece.lstrip(" \xa0\u200b\ufeff")[:1] in tuple("=+-@＝＋－＠")]


@pytest.mark.parametrize(
    "text", ["a\rb", "a\nb", "a\u2028b", "a\x85b", "a\vb", "a\fb", "a,b", "a;b", "a\tb", " a", 'a"b']
)
def test_what_could_end_a_cell_is_quoted(text: str) -> None:
    (_, line) = b"".join(tables.csv_pieces(("x",), [(text,)])).decode("utf-8-sig").split("\n", 1)
    assert line == '"' + text.replace('"', '""') + '"\n'


def test_zero_bytes_and_lone_surrogates_are_replaced() -> None:
    content = b"".join(tables.csv_pieces(("x",), [("a\0b\ud800",), (0.5,), (None,), ("plain",)]))
    assert content == b"\xef\xbb\xbfx\na\xef\xbf\xbdb?\n0.5\n\nplain\n"


def test_the_command_line_and_the_page_write_the_same_bytes(house: House, tmp_path: Path) -> None:
    run_id = house.start(k=3, truth="folder")
    house.run(run_id)
    run_files.write(house.workspace, run_id, tmp_path)
    written = (tmp_path / "assignments.csv").read_bytes()
    assert written == b"".join(downloads.table(house.workspace, run_id))
    assert (tmp_path / "clusters.csv").read_bytes()[:3] == written[:3] == b"\xef\xbb\xbf"
    assert next(iter(pd.read_csv(tmp_path / "assignments.csv").columns)) == "image"
    with duckdb.connect() as database:
        database.execute("FROM read_csv(?)", [str(tmp_path / "assignments.csv")])
        assert database.description
        assert database.description[0][0] == "image"


def test_only_one_place_writes_csv() -> None:
    """A second writer would have other marks, quotes and line ends."""
    root = Path(__file__).parents[3]
    sources = [*(root / "core").rglob("*.py"), *(root / "ui").rglob("*.py"), *(root / "pages").rglob("*.py")]
    words = re.compile(r"csv\.writer|csv\.DictWriter|\.to_csv|write_csv\(")
    found = {path.name for path in sources if words.search(path.read_text(encoding="utf-8"))}
    assert found == {"tables.py", "run_files.py", "read.py"}  # the last two through the first
    given = {path.name for path in sources if "st.download_button" in path.read_text(encoding="utf-8")}
    assert given == {
        "name_sets.py",
        "labels.py",
    }  # what a person decided; a run's tables leave by a route
    assert "disableDataExport = true" in (root / ".streamlit" / "config.toml").read_text(encoding="utf-8")


class FullDisk(io.RawIOBase):
    """A file of which the n-th write finds no room."""

    def __init__(self, path: Path, room: list[int]) -> None:
        self._file, self._room = io.FileIO(path, "w"), room

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self._room[0] -= 1
        if self._room[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(data)  # type: ignore[arg-type]

    def close(self) -> None:
        self._file.close()
        super().close()


def test_a_full_disk_at_any_write_leaves_the_old_tables_whole(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = house.start(k=3, truth="folder")
    house.run(run_id)
    run_files.write(house.workspace, run_id, tmp_path / "good")
    good = {path.name: path.read_bytes() for path in (tmp_path / "good").iterdir()}
    out = tmp_path / "out"
    real, room = Path.open, [0]

    def opened(path: Path, mode: str = "r", *args: object, **options: object) -> object:
        if mode == "wb" and path.parent == out:
            return FullDisk(path, room)
        return real(path, mode, *args, **options)  # type: ignore[arg-type]

    sentence = re.escape(f"The results could not be written to {out} (No space left on device).")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opened)
        for fails_at in range(100):
            room[0] = fails_at
            try:
                run_files.write(house.workspace, run_id, out)
            except BadInput as error:
                said = error
            else:
                break
            assert re.fullmatch(sentence, str(said))
            there = {path.name: path.read_bytes() for path in out.iterdir()}
            assert all(good[name] == content for name, content in there.items())
    assert fails_at >= 6
    run_files.write(house.workspace, run_id, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == good


def test_unguarded_is_what_was_guarded(rows: list[tuple[str, str, str]]) -> None:
    assert [[unguarded(cell) for cell in row] for row in cells(rows)] == [list(row) for row in rows]
