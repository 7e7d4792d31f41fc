"""Descriptors that a person brings: every kind of file gives the same rows, met with the right images."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import BadInput
from core.ingest.descriptors import align, read_descriptors
from core.ingest.name_matching import Images

FEATURES = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
NAMES = ["cars/a.jpg", "cars/b.jpg", "bikes/a.jpg", "bikes/c.jpg"]
IMAGES = Images({f"id {name}": name for name in reversed(NAMES)})


def lines(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def frame() -> pd.DataFrame:
    return pd.DataFrame(FEATURES, columns=[f"f{place}" for place in range(5)]).assign(path=NAMES)


def dumped(path: Path, value: object) -> None:
    path.write_bytes(pickle.dumps(value))


def saved(how: Callable[..., None], *given: object) -> bytes:
    sink = io.BytesIO()
    how(sink, *given)
    return sink.getvalue()


def damaged(content: bytes) -> bytes:
    return content[:60] + bytes(byte ^ 0xFF for byte in content[60:80]) + content[80:]


WITHOUT_NAMES: dict[str, Callable[[Path], None]] = {
    "a.npy": lambda path: np.save(path, FEATURES),
    "double.npy": lambda path: np.save(path, FEATURES.astype(np.float64)),
    "maps.npy": lambda path: np.save(path, FEATURES.reshape(4, 5, 1)),
    "a.npz": lambda path: np.savez(path, features=FEATURES),
    "a.pickle": lambda path: dumped(path, FEATURES),
    "list.pkl": lambda path: dumped(path, list(FEATURES)),
    "dict.pickle": lambda path: dumped(path, {"features": FEATURES, "model": "resnet"}),
}
NAMED: dict[str, Callable[[Path], None]] = {
    "names.npz": lambda path: np.savez(path, features=FEATURES, paths=np.array(NAMES)),
    "bytes.npz": lambda path: np.savez(path, features=FEATURES, paths=np.array(NAMES, dtype="S")),
    "labels.npz": lambda path: np.savez(path, features=FEATURES, labels=np.array(list("abcd")), paths=np.array(NAMES)),
    "array.pickle": lambda path: dumped(path, {"features": FEATURES, "paths": np.array(NAMES)}),
    "index.csv": lambda path: frame().assign(label=[0, 1, 0, 1]).to_csv(path),
    "commas.csv": lambda path: frame().to_csv(path, index=False, sep=";", decimal=","),
    "about.parquet": lambda path: (
        frame().assign(label=[0.0, 1.0, 0.0, 1.0], path=pd.Categorical(NAMES)).to_parquet(path)
    ),
    "tags.parquet": lambda path: pd.DataFrame(
        {"label": list("abcd"), "path": NAMES, "tags": [["x"]] * 4, "embedding": list(FEATURES)}
    ).to_parquet(path),
    "names.pickle": lambda path: dumped(path, {"features": FEATURES, "paths": NAMES}),
    "vectors.pickle": lambda path: dumped(path, dict(zip(NAMES, FEATURES, strict=True))),
    "a.csv": lambda path: frame().to_csv(path, index=False),
    "columns.parquet": lambda path: frame().to_parquet(path),
    "lists.parquet": lambda path: pd.DataFrame({"path": NAMES, "embedding": list(FEATURES)}).to_parquet(path),
}


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("name", WITHOUT_NAMES)
def test_a_matrix_meets_its_images_by_a_list_of_paths(name: str, header: bool, tmp_path: Path) -> None:
    WITHOUT_NAMES[name](tmp_path / name)
    paths = lines(tmp_path / "images_paths.csv", *(["path"] if header else []), *NAMES)
    found = read_descriptors(tmp_path / name, paths)
    assert np.allclose(found.features, FEATURES)
    assert align(found, IMAGES).rows == {f"id {called}": row for row, called in enumerate(NAMES)}


@pytest.mark.parametrize("name", NAMED)
def test_a_file_that_names_its_images_needs_no_list(name: str, tmp_path: Path) -> None:
    NAMED[name](tmp_path / name)
    found = read_descriptors(tmp_path / name)
    assert np.allclose(found.features, FEATURES, atol=1e-5)
    assert align(found, IMAGES).rows == {f"id {called}": row for row, called in enumerate(NAMES)}


def test_paths_of_another_computer_meet_and_what_meets_nothing_is_counted(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", FEATURES)
    called = ["/home/x/cars/a.jpg", "/home/x/cars/b.jpg", "/home/x/bikes/a.jpg", "/home/x/bikes/gone.jpg"]
    met = align(read_descriptors(tmp_path / "a.npy", lines(tmp_path / "p.csv", "path", *called)), IMAGES)
    assert met.rows == {"id cars/a.jpg": 0, "id cars/b.jpg": 1, "id bikes/a.jpg": 2}
    assert met.without_image == (1, "/home/x/bikes/gone.jpg")


@pytest.mark.parametrize(
    ("name", "make", "sentence"),
    [
        ("a.txt", lambda path: lines(path, "1"), "no file of descriptors"),
        ("gone.npy", lambda path: None, "could not be read"),
        ("a.npy", lambda path: lines(path, "no array"), "damaged, or holds Python objects"),
        ("o.npy", lambda path: np.save(path, np.array([{}, 1], dtype=object)), "could run a program"),
        ("a.npz", lambda path: lines(path, "no archive"), "damaged, or holds Python objects"),
        ("two.npz", lambda path: np.savez(path, a=FEATURES, b=FEATURES), "2 tables of numbers"),
        ("none.npz", lambda path: np.savez(path, a=np.array(["x"])), "no table of numbers"),
        ("n.npy", lambda path: np.save(path, np.array([[1.0], [np.nan]])), "it is row 2"),
        ("t.npy", lambda path: np.save(path, np.array([["a"]])), "no table of numbers"),
        ("e.npy", lambda path: np.save(path, np.zeros((0, 3))), "no table of numbers"),
        ("one.npy", lambda path: np.save(path, np.zeros(3)), "no table of numbers"),
        ("r.pickle", lambda path: dumped(path, [np.zeros(2), np.zeros(3)]), "different lengths"),
        ("p.parquet", lambda path: lines(path, "no table"), "not a Parquet file"),
        ("w.csv", lambda path: lines(path, "path,kind", "a.jpg,x"), "no table of numbers"),
        ("e.npy", lambda path: np.save(path, np.zeros((0, 3, 2))), "no table of numbers"),
        ("far.npy", lambda path: np.save(path, np.array([[1.0], [1e300]])), "it is row 2"),
        ("lost.npy", lambda path: np.save(path, np.full((3, 1), np.finfo(np.float32).min)), "3 rows"),
        ("matrix.npz", lambda path: path.write_bytes(saved(np.save, FEATURES)), "damaged"),
        ("d.npz", lambda path: path.write_bytes(damaged(saved(np.savez_compressed, FEATURES))), "damaged"),
        ("half.npz", lambda path: path.write_bytes(saved(np.savez, FEATURES)[:200]), "damaged"),
        ("r.pickle", lambda path: dumped(path, {"a": [[1, 2], [3]]}), "no table of numbers"),
        ("same.pickle", lambda path: dumped(path, {1: FEATURES[0], "1": FEATURES[1]}), "two entries of the same name"),
        ("gap.csv", lambda path: lines(path, "path,a,b", "x.jpg,1,2", "y.jpg,,3", "z.jpg,4,5"), "it is row 2"),
        ("short.csv", lambda path: lines(path, "path,a,b", "x.jpg,1,2", "y.jpg,3", "z.jpg,4,5"), "it is row 2"),
        ("na.csv", lambda path: lines(path, "path,a,b", "x.jpg,1,2", "y.jpg,NA,3", "z.jpg,4,5"), "it is row 2"),
        ("many.csv", lambda path: lines(path, "path,a", 'x.jpg,"1,000"', "y.jpg,2"), "it is row 1"),
        ("gap.parquet", lambda path: pd.DataFrame({"v": [[1.0, None], [1.0, 2.0]]}).to_parquet(path), "it is row 1"),
        ("two.parquet", lambda path: pd.DataFrame({"v": [[1.0]], "w": [[2.0]]}).to_parquet(path), "2 columns of vec"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_says_why(name: str, make: Callable[[Path], object], sentence: str, tmp_path: Path) -> None:
    make(tmp_path / name)
    with pytest.raises(BadInput, match=sentence):
        read_descriptors(tmp_path / name)


def test_a_list_of_another_length_or_of_other_images_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", FEATURES)
    with pytest.raises(BadInput, match=r"2 rows and a\.npy has 4"):
        read_descriptors(tmp_path / "a.npy", lines(tmp_path / "p.csv", "path", *NAMES[:2]))
    with pytest.raises(BadInput, match="which image each row"):
        align(read_descriptors(tmp_path / "a.npy"), IMAGES)
    others = lines(tmp_path / "q.csv", "path", "1.png", "2.png", "3.png", "4.png")
    with pytest.raises(BadInput, match=r"they say “1\.png”"):
        align(read_descriptors(tmp_path / "a.npy", others), IMAGES)


def test_whole_numbers_are_dimensions_and_images_may_be_called_by_numbers(tmp_path: Path) -> None:
    table = pd.DataFrame({"image": [7, 8], "a": [1, 2], "b": [0.5, 0.25]})
    table.to_parquet(tmp_path / "a.parquet")
    table.to_csv(tmp_path / "a.csv", index=False)
    for name in ("a.parquet", "a.csv"):
        found = read_descriptors(tmp_path / name)
        assert (found.features.tolist(), found.names) == ([[1.0, 0.5], [2.0, 0.25]], ("7", "8"))


@pytest.mark.parametrize("rows", [("path", *NAMES[:3]), (*NAMES[:1], "", *NAMES[2:]), tuple(NAMES[:3])])
def test_a_list_that_lacks_a_row_moves_no_vector_to_another_image(rows: tuple[str, ...], tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", FEATURES)
    with pytest.raises(BadInput, match=r"3 rows and a\.npy has 4"):
        read_descriptors(tmp_path / "a.npy", lines(tmp_path / "p.csv", *rows))


def test_two_rows_of_one_image_count_once_only_where_they_say_the_same(tmp_path: Path) -> None:
    paths = lines(tmp_path / "p.csv", "path", NAMES[0], NAMES[1], NAMES[0], NAMES[3])
    np.save(tmp_path / "a.npy", FEATURES)
    with pytest.raises(BadInput, match=r"two rows for “cars/a\.jpg” that differ: rows 1 and 3"):
        align(read_descriptors(tmp_path / "a.npy", paths), IMAGES)
    np.save(tmp_path / "a.npy", FEATURES[[0, 1, 0, 3]])
    assert len(align(read_descriptors(tmp_path / "a.npy", paths), IMAGES).rows) == 3
