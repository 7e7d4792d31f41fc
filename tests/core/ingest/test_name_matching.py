"""Names in tables meet images in whatever way they are spelled, but only where one name and one image can be meant."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from core.config import Config
from core.errors import BadInput
from core.ingest import ground_truth, source
from core.ingest.ground_truth import read_truth
from core.ingest.name_matching import Images, match_names

SHOTS = [f"shoot/IMG_{number:04}.JPG" for number in range(8)]
WINDOWS = ["Grüner Apfel.jpg", "Rötliche Birne.jpg", "Tür ä.png", "한글.jpg"]
MAC = [unicodedata.normalize("NFD", name) for name in WINDOWS]
IDS = ["15970.jpg", "39386.jpg", "0012.jpg", "7.png"]
UUID = "1a3c9f12-77b0-4e0d-9a51-0c2d7be41f00"
HEX = "0f3a9b1c2d4e5f60718293a4b5c6d7e8"

FORMS: dict[str, tuple[list[str], list[str], str]] = {
    "as they are": (SHOTS, SHOTS, ""),
    "file names alone": (SHOTS, [name.rpartition("/")[2] for name in SHOTS], ""),
    "another folder above": (SHOTS, [f"/home/ana/{name}" for name in SHOTS], ""),
    "backslashes": (SHOTS, [f"C:\\Users\\Ana\\{name}".replace("/", "\\") for name in SHOTS], ""),
    "blanks around": (SHOTS, [f" {name} " for name in SHOTS], ""),
    "lower case": (SHOTS, [name.lower() for name in SHOTS], "case"),
    "upper case and another folder": (SHOTS, [f"D:/{name.swapcase()}" for name in SHOTS], "case"),
    "no ending": (SHOTS, [name[:-4] for name in SHOTS], "endings"),
    "another ending": (SHOTS, [f"{name[:-4]}.png" for name in SHOTS], "endings"),
    "file://": (SHOTS, [f"file:///home/ana/{name}" for name in SHOTS], ""),
    "percent-encoded in the cloud": (
        SHOTS, [f"https://b.example/x/{name.replace('_', '%5F')}?sig=abc" for name in SHOTS], "addresses",
    ),
    "s3://": (SHOTS, [f"s3://bucket/raw/{name}" for name in SHOTS], ""),
    "Label Studio": (SHOTS, [f"/data/upload/3/d82c07c{n}-{name[6:]}" for n, name in enumerate(SHOTS)], "exporter"),
    "Label Studio's local files": (SHOTS, [f"/data/local-files/?d=images/{name[6:]}" for name in SHOTS], ""),
    "Label Studio's local files, encoded": (
        SHOTS, [f"/data/local-files/?d=images%2F{name[6:]}" for name in SHOTS], "addresses",
    ),
    "Roboflow": (SHOTS, [f"train/{name[6:-4]}_JPG.rf.{HEX}.jpg" for name in SHOTS], "exporter"),
    "Roboflow's pictures, own table": ([f"{name[6:-4]}_JPG.rf.{HEX}.jpg" for name in SHOTS], SHOTS, "exporter"),
    "a UUID before the name": (SHOTS, [f"{UUID}-{name[6:]}" for name in SHOTS], "exporter"),
    "typed on Windows": (MAC, WINDOWS, "accents"),
    "a Mac's, upper case, without ending": (
        MAC, [name[:-4].upper() for name in WINDOWS], "endings",
    ),
    "percent-encoded, composed": (MAC, [f"file:///a/{quote(name)}" for name in WINDOWS], "accents"),
    "ids": (IDS, ["15970", "39386", "0012", "7"], "endings"),
    "ids that a spreadsheet made numbers": (IDS, ["15970.0", "39386.0", "12.0", "7.0"], "numbers"),
    "ids without their zeros": (IDS, ["15970", "39386", "12", "7"], "numbers"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_all_names_of_every_form_meet_their_images(form: str) -> None:
    images, called, words = FORMS[form]
    found = Images({f"i{place}": name for place, name in enumerate(images)}).meet(called)
    assert found.places == {f"i{place}": place for place in range(len(images))}
    ways = " ".join(way.words for way in found.ways)
    assert words in ways
    assert bool(words) == bool(ways)


@pytest.mark.parametrize(
    ("images", "called", "met"),
    [
        (["a.jpg", "A.jpg"], ["a.JPG"], {}),  # either may be meant
        (["a.jpg", "a.png"], ["a"], {}),
        (["a.jpg"], ["x/a.jpg", "y/a.jpg"], {}),
        (["x/a.jpg", "y/a.jpg"], ["a.jpg"], {}),
        (["x/a.jpg", "y/a.jpg"], ["deep/y/a.jpg", "deep/x/a.jpg"], {"i0": 1, "i1": 0}),
        (["deep/x/a.jpg", "deep/y/a.jpg"], ["y/a.jpg", "x/a.jpg"], {"i0": 1, "i1": 0}),
        (["a.jpg", "A.jpg"], ["A.jpg"], {"i1": 0}),  # the exact name comes first
        (["1.jpg", "01.jpg"], ["001"], {}),
        (["20240101_120000.jpg"], ["20240102_120000.jpg"], {}),  # both have what an exporter may have added
        (["20240103-dog.jpg", "q.jpg"], ["20240105-dog.jpg", "q.jpg"], {"i1": 1}),
        (["a_jpg.rf.0a1b2c3d.jpg"], ["a_jpg.rf.4e5f6a7b.jpg"], {}),
        (["0a1b2c3d-a.jpg"], ["a.jpg"], {"i0": 0}),
        (["photo.v1.jpg"], ["photo.v2"], {}),
        (["100%25.jpg", "100%.jpg"], ["100%25.jpg"], {"i0": 0}),
        (["what?.jpg"], ["what?.jpg"], {"i0": 0}),
        (["a.jpg", "b#1.jpg", "c#1"], ["http://x/a.jpg#top", "http://x/b#1.jpg", "c#1"], {"i0": 0, "i1": 1, "i2": 2}),
        (["-1.jpg", "1.jpg"], ["1"], {"i1": 0}),
        ([".jpg"], ["other.jpg"], {}),
        (["a.jpg"], ["", " ", "/"], {}),
    ],
)
def test_only_what_can_mean_one_image_alone_meets_it(images: list[str], called: list[str], met: dict[str, int]) -> None:
    assert match_names(called, {f"i{place}": name for place, name in enumerate(images)}) == met


def test_the_name_of_a_copy_meets_its_image() -> None:
    images = Images({"i1": "a.jpg", "i2": "b.jpg"}, [("i1", "copies/A2.JPG"), ("i2", "copies/b.jpg")])
    found = images.meet(["a2.jpg", "B.JPG"])
    assert (found.places, found.others) == ({"i2": 1}, {0: 0})  # two files of one picture are no doubt


STYLES = (
    "gender,season,id,baseColour,year\n"
    "Men,Fall,15970,red,2011\nMen,Summer,39386,green,2012\nWomen,Fall,59263,blue,2011\n"
)


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        STYLES,
        "name,file_id,baseColour\nShirt,15970,red\nShoe,39386,green\nBag,59263,blue\n",  # the usual name is another's
        "title,image,source_path,baseColour\na,x,/d/15970.jpg,red\nb,y,/d/39386.jpg,green\nc,z,/d/59263.jpg,blue\n",
        "baseColour,Bild\nred,15970.JPG\ngreen,39386.JPG\nblue,59263.JPG\n",
    ],
)
def test_the_column_that_meets_most_images_names_them(tmp_path: Path, text: str) -> None:
    names = {name: f"images/{name}" for name in ("15970.jpg", "39386.jpg", "59263.jpg")}
    found = read_truth(f"{table(tmp_path / 't.csv', text)}:baseColour", names)
    assert found == ("baseColour", dict(zip(names, ("red", "green", "blue"), strict=True)))


def test_where_nothing_meets_one_example_of_each_side_is_said(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", "picture,colour\nscan 1,red\n")
    with pytest.raises(BadInput, match=r"A row says “scan 1” \(column “picture”\), an image is called “x/IMG_1.jpg”"):
        read_truth(str(path), {"i": "x/IMG_1.jpg"})
    path = table(tmp_path / "empty.csv", "picture,colour\nIMG_1.jpg,\n")
    with pytest.raises(BadInput, match="gives one of the images a label"):
        read_truth(str(path), {"i": "x/IMG_1.jpg"})


def test_why_no_row_can_mean_an_image_is_said(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", "picture,colour\n1.jpg,red\n")
    with pytest.raises(BadInput, match=r"“1.jpg” .* and 2 images are called so, e.g. y/1.jpg. Add their folders"):
        read_truth(str(path), {"i": "x/1.jpg", "j": "y/1.jpg"})
    path = table(tmp_path / "header.csv", "picture,colour\n")
    with pytest.raises(BadInput, match=r"header.csv has no row that names an image"):
        read_truth(str(path), {"i": "x/1.jpg"})


def test_a_label_on_a_copy_counts_where_the_kept_one_has_none(tmp_path: Path) -> None:
    path = table(
        tmp_path / "t.csv", "image,colour\ncopy of a.jpg,red\nb.jpg,blue\ncopy of b.jpg,green\nb.jpg,blue\nb.jpg,grey\n"
    )
    others = [("i1", "copy of a.jpg"), ("i2", "copy of b.jpg")]
    found = ground_truth.read(str(path), Images({"i1": "a.jpg", "i2": "b.jpg"}, others))
    assert found.classes == {"i1": "red", "i2": "blue"}
    assert found.unmatched == []
    (two,) = found.twice
    assert two.said == (("i2", "b.jpg", "blue"), ("i2", "b.jpg", "grey"), ("i2", "copy of b.jpg", "green"))


def test_folders_and_file_names_can_contradict_each_other_too() -> None:
    images = Images(
        {"i1": "cat/1_cat.jpg", "i2": "dog/2_dog.jpg"}, [("i1", "dog/3_puppy.jpg"), ("i2", "dog/4_dog.jpg")]
    )
    (two,) = ground_truth.read("folder", images).twice
    assert two.said == (("i1", "cat/1_cat.jpg", "cat"), ("i1", "dog/3_puppy.jpg", "dog"))
    (two,) = ground_truth.read("filename", images).twice
    assert two.said == (("i1", "cat/1_cat.jpg", "cat"), ("i1", "dog/3_puppy.jpg", "puppy"))


def test_labels_that_are_only_spelled_otherwise_can_count_as_one(tmp_path: Path) -> None:
    labels = ["Red", "red", "red", "RED ", "dark  red", "Dark red", "01", "1", "1.0", "1.5", "-1", "１"]
    rows = "".join(f"{place}.jpg,{label}\n" for place, label in enumerate(labels))
    path = table(tmp_path / "t.csv", f"image,colour\n{rows}0.jpg,RED\n0.jpg,blue\n")
    images = Images({str(place): f"{place}.jpg" for place in range(len(labels))})
    plain = ground_truth.read(str(path), images)
    assert set(map(frozenset, plain.alike)) == {
        frozenset({"red", "Red", "RED"}), frozenset({"dark  red", "Dark red"}), frozenset({"01", "1", "1.0", "１"}),
    }  # fmt: skip
    assert len(plain.twice[0].said) == 3
    one = ground_truth.read(f"alike:{path}", images)
    assert one.facet == "alike:colour"
    assert len(set(one.classes.values())) == 5
    assert one.classes["0"] == one.classes["3"] == "red"
    assert [label for *_, label in one.twice[0].said] == ["red", "blue"]
    assert one.alike == []
    assert ground_truth.full_truth_address(f"alike:{path}", one.facet) == f"alike:{path.resolve()}:colour"
    assert ground_truth.truth_exists(f"alike:{path}:colour")


@pytest.mark.parametrize("word", ["none", "NA", "N/A", "null", "nan", "-1", "None", "unknown", "0", "False"])
def test_words_that_libraries_take_for_nothing_are_labels(tmp_path: Path, word: str) -> None:
    said = {"a.jpg": word, "b.jpg": "red", "c.jpg": None}
    objects = [{"image": name, "colour": label} for name, label in said.items()]
    for path in (
        table(tmp_path / "t.csv", f"image,colour\na.jpg,{word}\nb.jpg,red\nc.jpg,\n"),
        table(tmp_path / "t.json", json.dumps(objects)),
    ):
        found = read_truth(str(path), {name: name for name in ("a.jpg", "b.jpg", "c.jpg")})
        assert found == ("colour", {"a.jpg": word, "b.jpg": "red"})


ENCODED = "file://{folder}/Bilder%20%C3%BC/Gr%C3%BCner%20Apfel.jpg"


@pytest.mark.parametrize("spelled", ["Grüner Apfel.jpg", "grüner apfel.JPG", ENCODED])
def test_a_list_of_images_finds_files_that_are_spelled_otherwise_here(tmp_path: Path, spelled: str) -> None:
    folder = tmp_path / unicodedata.normalize("NFD", "Bilder ü")
    folder.mkdir()
    for name in ("Grüner Apfel.jpg", "x.jpg", "X.jpg"):
        Image.new("RGB", (8, 8)).save(folder / unicodedata.normalize("NFD", name))
    path = spelled.format(folder=tmp_path) if ":" in spelled else f"Bilder ü/{spelled}"
    listed = table(tmp_path / "list.csv", f"path,colour\n{path},red\nBilder ü/x.JPG,blue\nBilder ü/gone.jpg,blue\n")
    found = source.find(str(listed), "", Config(tmp_path / "ws"))
    assert [bool(file.refusal) for file in found.files] == [False, True, True]
    assert found.files[0].path.is_file()
    roots = Config(tmp_path / "ws", image_roots=(tmp_path / "elsewhere",))
    with pytest.raises(BadInput, match="may only be read from"):
        source.find(str(listed), "", roots)
