"""File names in ZIP files, whatever program made them: as they were, or said and changeable."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from zips import member, unicode_path, write_zip

from core.config import Config
from core.domain import DatasetRow, SourceAddress
from core.ingest import source
from core.ingest.sources import upload
from core.ingest.sources.upload_plan import announced
from core.ingest.sources.zip_file import read_member

JAPANESE = ["写真/赤い/赤_0.jpg", "写真/赤い/赤_1.jpg", "写真/青い/青_0.jpg", "写真/青い/表.jpg"]
GERMAN = ["Fotos/Größe/grün_0.jpg", "Fotos/Größe/Übung.jpg", "Fotos/Straße/Äpfel.jpg", "plain.jpg"]
WRITTEN = {
    "cp932": JAPANESE,
    "gbk": ["照片/红色/红_0.jpg", "照片/蓝色/蓝_1.jpg", "新建文件夹/微信图片_2023.jpg"],
    "big5": ["照片/紅色/紅_0.jpg", "新資料夾/螢幕擷取畫面.png", "台北旅遊/夜市.jpg"],
    "cp949": ["사진/빨강/빨강_0.jpg", "새 폴더/스크린샷.png", "서울여행/경복궁.jpg"],
    "cp1252": ["Été/forêt.jpg", "garçon.jpg", "Größe/Übung.jpg", "niño.jpg"],
    "cp437": GERMAN,
    "cp866": ["Фото/красный.jpg", "Новая папка/кошка.jpg", "Москва.jpg"],
    "cp1251": ["Фото/красный.jpg", "Новая папка/кошка.jpg", "Москва.jpg"],
}


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "JPEG")
    return content.getvalue()


def names(path: Path, encoding: str = "") -> tuple[list[str], str]:
    found = source.find(str(path), "", Config(path.parent / "ws"), encoding=encoding)
    return sorted(file.name for file in found.files), found.address.encoding


@pytest.mark.parametrize("page", WRITTEN)
def test_names_in_a_code_page_are_read_by_the_page_that_fits_all(page: str, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ((member(name.encode(page)), b"x") for name in WRITTEN[page]))
    assert names(path) == (sorted(WRITTEN[page]), page)
    found = source.find(str(path), "", Config(tmp_path / "ws"))
    assert found.note.startswith("File names were taken for ")


def test_utf8_without_its_mark_is_utf8_and_no_guess(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ((member(name.encode()), b"x") for name in (*JAPANESE, *GERMAN)))
    assert names(path) == (sorted([*JAPANESE, *GERMAN]), "utf-8")
    assert source.find(str(path), "", Config(tmp_path / "ws")).note == ""


def test_the_unicode_path_comes_first_unless_it_belongs_to_another_name(tmp_path: Path) -> None:
    wrong, dos, stamp = b"Gr__e.jpg", "Größe 2.jpg".encode("cp850"), b"\x55\x54\x00\x00"
    path = write_zip(
        tmp_path / "a.zip",
        [
            (member(wrong, extra=unicode_path("Größe.jpg", wrong)), b"x"),
            (member(dos, extra=stamp + unicode_path("Größe 2.jpg", dos)), b"x"),
            (member(b"renamed.jpg", extra=unicode_path("before.jpg", b"another.jpg")), b"x"),
        ],
    )
    assert names(path) == (sorted(["Größe.jpg", "Größe 2.jpg", "renamed.jpg"]), "")


def test_marked_and_unmarked_names_lie_side_by_side(tmp_path: Path) -> None:
    marked = [(member(name.encode(), flag=0x800), b"x") for name in GERMAN]
    path = write_zip(tmp_path / "a.zip", [*marked, *((member(name.encode("cp932")), b"x") for name in JAPANESE)])
    assert names(path) == (sorted([*GERMAN, *JAPANESE]), "cp932")


@pytest.mark.parametrize("page", ["cp932", "cp1251"])
def test_where_most_names_are_utf8_the_page_is_that_of_the_others(page: str, tmp_path: Path) -> None:
    told, others = WRITTEN[page][:3], [*GERMAN, *WRITTEN["cp949"]]
    members = [*(member(name.encode(page)) for name in told), *(member(name.encode()) for name in others)]
    path = write_zip(tmp_path / "a.zip", ((one, b"x") for one in members))
    assert names(path) == (sorted([*told, *others]), page)


def test_names_that_are_none_and_names_of_several_are_told_apart(tmp_path: Path) -> None:
    told = [b"", b"a.png", b"a.png", b"a (2).png", b"a.png", b"A.png", b"x\\y\\"]
    path = write_zip(tmp_path / "a.zip", ((member(name), b"" if name.endswith(b"\\") else picture()) for name in told))
    assert names(path)[0] == sorted(["unnamed", "a.png", "a (3).png", "a (2).png", "a (4).png", "A.png"])


def test_a_mark_that_is_wrong_costs_no_other_name_and_is_said(tmp_path: Path) -> None:
    wrong = [(member(name.encode("cp932"), flag=0x800), picture()) for name in JAPANESE[:1]]
    marked = [(member(name.encode(), flag=0x800), picture()) for name in GERMAN]
    path = write_zip(tmp_path / "a.zip", [*wrong, *marked])
    found = source.find(str(path), "", Config(tmp_path / "ws"))
    assert sorted(file.name for file in found.files) == sorted([*GERMAN, JAPANESE[0]])
    assert found.note == "File names were taken for Japanese (cp932)."
    assert all(read_member(file.path, file.member or 0) == picture() for file in found.files)


def test_folders_parted_by_backslashes_also_where_a_letter_ends_with_that_byte(tmp_path: Path) -> None:
    told = ["表\\ソース\\能.jpg", "写真\\赤い\\赤_0.jpg"]  # 表, ソ and 能 end with 0x5C
    path = write_zip(tmp_path / "a.zip", ((member(name.encode("cp932")), b"x") for name in told))
    assert names(path)[0] == sorted(name.replace("\\", "/") for name in told)


def test_another_page_can_be_chosen_and_is_kept(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ((member(name.encode("cp437")), picture()) for name in GERMAN))
    config = Config(tmp_path / "ws")
    chosen = source.find(str(path), "", config, encoding="cp1251")
    assert (chosen.address.encoding, "Größe" in chosen.files[0].name) == ("cp1251", False)
    assert SourceAddress.from_json(chosen.address.to_json()) == chosen.address
    assert chosen.dataset_id != source.find(str(path), "", config).dataset_id


def test_a_dataset_of_an_earlier_version_is_found_again_as_it_was(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ((member(name.encode()), picture()) for name in GERMAN))
    stored = SourceAddress.from_json({"kind": "zip", "path": str(path), "limit": "0", "spread": ""})
    again = source.reopen(DatasetRow("id", "a.zip", stored, 4, {}), Config(tmp_path / "ws"))
    assert sorted(file.name for file in again.files) == sorted(name.encode().decode("cp437") for name in GERMAN)
    assert again.address == stored


def test_all_zip_files_of_an_upload_are_read_in_the_same_letters(tmp_path: Path) -> None:
    config = Config(tmp_path / "ws")
    packed = [
        write_zip(tmp_path / f"{place}.zip", [(member(name.encode("cp932")), picture())]).read_bytes()
        for place, name in enumerate(JAPANESE[:2])
    ]
    files = [announced(f"{place}.zip", len(content), 0) for place, content in enumerate([*packed, b"no ZIP"])]
    sent = upload.announce(upload.home(config), files)
    for file, content in zip(files, [*packed, b"no ZIP"], strict=True):
        sent.write(file.key, 0, content)
    sent.finish()
    found = source.find(str(sent.folder), "", config)
    assert [file.name for file in found.files] == ["0.zip/写真/赤い/赤_0.jpg", "1.zip/写真/赤い/赤_1.jpg", "2.zip"]
    assert (found.address.encoding, "not a ZIP file" in found.files[2].refusal) == ("cp932", True)


def test_names_of_a_folder_that_are_no_text_are_read_in_the_letters_that_fit_them(tmp_path: Path) -> None:
    """As unzip leaves them on Linux."""
    for name in [*(name.encode("cp932") for name in JAPANESE), "Größe.jpg".encode()]:
        place = tmp_path / "photos" / os.fsdecode(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(picture())
    found = source.find(str(tmp_path / "photos"), "", Config(tmp_path / "ws"))
    assert sorted(file.name for file in found.files) == sorted([*JAPANESE, "Größe.jpg"])
    assert (found.address.encoding, found.note) == ("cp932", "File names were taken for Japanese (cp932).")
    assert all(file.path.is_file() for file in found.files)


@pytest.mark.parametrize(
    ("names", "table"),
    [
        (["labels.jsonl"], "labels.jsonl"),
        (["labels.csv", "metadata.jsonl"], "labels.csv"),
        (["a.csv", "b.csv", "c.jsonl"], None),
        (["a.jsonl", "b.ndjson"], None),
        (["notes.json", "labels.TSV", "notes.txt"], "labels.TSV"),
    ],
)
def test_the_one_table_among_files_that_were_sent_holds_the_labels(
    names: list[str], table: str | None, tmp_path: Path
) -> None:
    sent = upload.announce(tmp_path / "uploads", [announced(name, 3, 0) for name in ("a.png", *names)])
    assert (sent.plan[sent.table].path if sent.table else None) == table
