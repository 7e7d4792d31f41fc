"""Uploads over real HTTP: who may, what is refused and how it is said; what arrives is whole and in its place."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import time
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest
from upload_client import Client, client, port

from core.config import Config
from core.errors import BadInput, WorkspaceUnavailable
from core.ingest import source
from core.ingest.sources import upload, upload_scan
from core.ingest.sources.file_kind import HEAD
from ui import text
from ui.routes import access
from ui.session import state

__all__ = ["client", "port"]  # fixtures


def limit(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    monkeypatch.setattr(upload, "LIMITS", replace(upload.LIMITS, **limits))


# -- who may


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/upload"), ("PUT", "/upload/0/0"), ("DELETE", f"/upload/{'0' * 32}")]
)
def test_nothing_without_the_token(method: str, path: str, token: str, client: Client) -> None:
    assert client.ask(method, path, b"[]", **{access.HEADER: token}) == (403, {"error": text.NO_ACCESS})
    assert client.written() == []


def test_a_workspace_open_elsewhere_is_one_sentence(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise WorkspaceUnavailable("It is open elsewhere.")

    monkeypatch.setattr(state, "workspace", busy)
    status, _, body = client.raw("POST", "/upload", b"[]", client.headers)
    assert (status, json.loads(body)) == (503, {"error": "It is open elsewhere."})
    assert client.raw("GET", "/", b"", {"Accept": "text/html"})[0] == 200


# -- what arrives


def test_a_folder_keeps_its_paths_and_bytes(client: Client) -> None:
    files = {f"garden/{kind}/{n}.jpg": f"{kind} {n}".encode() for kind in ("rose", "lily ü 图") for n in range(3)}
    place = client.send(*files.items(), ("garden/notes.txt", b"no image"), ("garden/.DS_Store", b"x"))
    assert place.name == "garden"
    found = client.found(place)
    assert len(found) == 8
    assert {f"garden/{name}": file.path.read_bytes() for name, file in found.items() if not file.refusal} == files
    assert "Not an image" in found["notes.txt"].refusal
    assert "system file" in found[".DS_Store"].refusal


@pytest.mark.parametrize(
    "path",
    ["../../../escape.jpg", "/etc/escape.jpg", "C:\\Windows\\escape.jpg", "a/../../escape.jpg", "..\\escape.jpg",
     "x" * 3_000 + "/escape.jpg", "nul\0/escape.jpg", "new\nline/escape.jpg", "\ud800/escape.jpg", "CON/escape.jpg"],
)  # fmt: skip
def test_a_path_is_text_and_no_place(path: str, client: Client) -> None:
    place = client.send((path, b"content"), ("other.jpg", b"other"))
    assert {file.parent for file in client.written()} == {place.folder / "files"}
    assert all(len(file.name) == 32 for file in client.written())
    names = list(client.found(place))
    assert len(names) == 2
    assert any(name.endswith("escape.jpg") for name in names)
    for name in names:
        assert ".." not in name.split("/")
        assert not name.startswith("/")
        name.encode()  # no lone surrogate, which the database would refuse


def test_two_files_of_one_name_are_both_kept(client: Client) -> None:
    place = client.send(("a.jpg", b"1"), ("a.jpg", b"22"))
    assert sorted(file.read_bytes() for file in client.written()) == [b"1", b"22"]
    place.finish()
    assert source.find(str(place.folder), "", client.config).given == 2


def test_two_files_alike_in_all_that_is_announced_are_both_kept(client: Client) -> None:
    place = client.send(("a.jpg", b"1"), ("a.jpg", b"2"))
    assert sorted(file.read_bytes() for file in client.written()) == [b"1", b"2"]
    place.finish()
    assert source.find(str(place.folder), "", client.config).given == 2


def test_files_whose_names_do_not_say_what_they_are_are_known_by_their_first_bytes(client: Client) -> None:
    heads = {
        "a.jpg_large": b"\xff\xd8\xff\xe0",
        "b": b"GIF89a",
        "report.download": b"%PDF-1.7",
        "c.txt": b"words",
        "d": b"",
    }
    rows = [[name, len(head), 1, head.hex()] for name, head in heads.items()]
    status, told = client.ask("POST", "/upload", json.dumps(rows).encode())
    assert status == 200
    assert [file is not None for file in told["files"]] == [True, True, True, False, False]
    found, _ = upload_scan.scan(client.home / told["upload"], client.config, "")
    assert {file.name: file.kind for file in found} == {
        "a.jpg_large": "JPEG",
        "b": "GIF",
        "report.download": "PDF",
        "c.txt": "",
        "d": "",
    }
    assert "Not an image (.txt)" in next(file.refusal for file in found if file.name == "c.txt")
    again = client.ask("POST", "/upload", json.dumps([row[:3] for row in rows[:1]] + rows[1:]).encode())[1]
    assert again["upload"] == told["upload"]  # what it is known by are the names, sizes and times


def test_an_empty_file_is_accounted_for(client: Client) -> None:
    assert len(client.found(client.send(("a.jpg", b""), ("b.jpg", b"1")))) == 2


def test_what_did_not_arrive_is_said(client: Client) -> None:
    _, told = client.announce(("a.jpg", b"1"), ("b.jpg", b"2"))
    client.ask("PUT", f"/upload/{told['upload']}/{told['files'][0]['key']}", b"1")
    found = client.found(upload.find(client.home, told["upload"]))
    assert found["a.jpg"].refusal == ""
    assert "did not arrive" in found["b.jpg"].refusal


def packed(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return content.getvalue()


def test_a_zip_file_alone_is_what_it_holds(client: Client) -> None:
    place = client.send(("shop.zip", packed("red/1.jpg", "2.jpg")))
    assert place.name == "shop.zip"
    assert set(client.found(place)) == {"red/1.jpg", "2.jpg"}


def test_a_zip_file_among_others_counts_as_a_folder(client: Client) -> None:
    files = [("a.jpg", b"1"), ("one.zip", packed("1.jpg")), ("two.zip", packed("1.jpg")), ("broken.zip", b"no zip")]
    found = client.found(client.send(*files))
    assert set(found) == {"a.jpg", "one.zip/1.jpg", "two.zip/1.jpg", "broken.zip"}
    assert found["broken.zip"].refusal.startswith("broken.zip is not a ZIP file")


def test_a_zip_file_that_cannot_be_opened_is_called_by_its_name(client: Client) -> None:
    place = client.send(("shop.zip", b"no zip"))
    with pytest.raises(BadInput, match=r"^shop\.zip is not a ZIP file"):
        client.found(place)


def test_one_table_holds_the_labels_and_is_no_image(client: Client) -> None:
    place = client.send(("g/a.jpg", b"1"), ("labels.csv", b"image,kind\na.jpg,x\n"))
    assert place.name == "g"
    assert set(client.found(place)) == {"a.jpg"}
    labels = place.labels()
    assert labels
    assert labels.read_bytes().startswith(b"image,kind")
    several = client.send(("a.jpg", b"1"), ("x.csv", b"1"), ("y.csv", b"2"))
    assert several.labels() is None
    assert len(client.found(several)) == 3


# -- going on


def test_only_what_is_missing_is_asked_for_again(client: Client) -> None:
    files = [(f"garden/{n}.jpg", bytes([n]) * 10) for n in range(4)]
    _, told = client.announce(*files)
    place = f"/upload/{told['upload']}"
    for number in (0, 2):
        client.ask("PUT", f"{place}/{told['files'][number]['key']}", files[number][1])
    older = upload.unfinished(client.home)
    assert [(earlier.id, earlier.name, earlier.so_far()) for earlier in older] == [
        (told["upload"], "garden", "2 of 4 files")
    ]
    _, again = client.announce(*reversed(files), ("garden/new.jpg", b"new"))
    assert again["upload"] == told["upload"]
    assert [file["whole"] for file in again["files"]] == [False, True, False, True, False]
    finished = client.send(*files)
    finished.finish()
    assert upload.unfinished(client.home) == []
    assert client.announce(*files)[1]["upload"] != told["upload"]  # a finished upload takes nothing any more
    assert client.ask("PUT", f"{place}/{told['files'][1]['key']}", files[1][1])[0] == 404


def test_other_files_are_another_upload(client: Client) -> None:
    _, first = client.announce(("a/1.jpg", b"1"), ("a/2.jpg", b"2"), ("a/3.jpg", b"3"))
    _, other = client.announce(("a/1.jpg", b"1"), ("b/2.jpg", b"2"), ("a/3.jpg", b"longer now"))
    assert first["upload"] != other["upload"]


def test_a_torn_connection_leaves_nothing_half_and_the_rest_is_enough(client: Client) -> None:
    body = os.urandom(3 * 1024 * 1024)
    place, address = client.begin(("big.jpg", body))
    head = f"PUT {address}?offset=0 HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", client.port)) as line:
        headers = "".join(f"{name}: {value}\r\n" for name, value in client.headers.items())
        line.sendall(f"{head}{headers}\r\n".encode() + body[: len(body) // 2])
    end = time.monotonic() + 10
    while not (begun := client.announce(("big.jpg", body))[1]["files"][0])["here"] and time.monotonic() < end:
        time.sleep(0.02)
    assert 0 < begun["here"] < len(body)
    assert [earlier.so_far() for earlier in upload.unfinished(client.home)] == ["1 MB of 3 MB"]
    assert not begun["whole"]
    assert list(client.home.glob("*/files/*")) == []
    answer = client.ask("PUT", f"{address}?offset={begun['here']}", body[begun["here"] :])
    assert answer == (200, {"here": len(body), "whole": True})
    (arrived,) = client.home.glob("*/files/*")
    assert arrived.read_bytes() == body
    assert client.ask("PUT", address, body) == (200, {"here": len(body), "whole": True})  # sent twice does no harm
    assert client.ask("DELETE", place)[0] == 204


def test_a_file_in_slices(client: Client) -> None:
    _, address = client.begin(("a.jpg", b"123456"))
    assert client.ask("PUT", f"{address}?offset=0", b"123") == (200, {"here": 3, "whole": False})
    assert client.ask("PUT", f"{address}?offset=5", b"6")[0] == 409  # a gap
    assert client.ask("PUT", f"{address}?offset=2", b"3456") == (200, {"here": 6, "whole": True})
    assert client.written()[0].read_bytes() == b"123456"


def test_removed_is_gone(client: Client) -> None:
    place, address = client.begin(("a.jpg", b"1"))
    client.ask("PUT", address, b"1")
    assert client.ask("DELETE", place) == (204, None)
    assert client.written() == []
    assert client.ask("PUT", address, b"1")[0] == 404
    assert client.ask("DELETE", place)[0] == 404


def test_uploads_that_were_broken_off_long_ago_go(client: Client) -> None:
    place, address = client.begin(("a.jpg", b"1"))
    client.ask("PUT", address, b"1")
    folder = client.home / place.rpartition("/")[2]
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    client.announce(("b.jpg", b"2"))
    assert not folder.exists()


# -- what is refused


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[1]",
        b"[[]]",
        b'[["a.jpg", -1, 0]]',
        b'[["a.jpg", "1", 0]]',
        b'[["a.jpg", 1]]',
        b"\xff",
        b'[["a", 1, 1, 5]]',
        b'[["a", 1, 1, "xy"]]',
        b'[["a", 1, 1, "ff", ""]]',
        b'[["a", 1, 1, "%s"]]' % (b"ff" * (HEAD + 1)),
    ],
)
def test_a_list_that_is_none(body: bytes, client: Client) -> None:
    assert client.ask("POST", "/upload", body) == (400, {"error": text.BAD_REQUEST})


@pytest.mark.parametrize("files", [[], [("notes.txt", b"1")], [("notes.txt", b"1"), ("labels.csv", b"1")]])
def test_no_image_at_all(files: list[tuple[str, bytes]], client: Client) -> None:
    assert client.announce(*files) == (400, {"error": "There is no image among these files."})
    assert not client.home.exists()


def test_a_table_alone_lists_images_and_several_are_one_too_many(client: Client) -> None:
    place = client.send(("far.TSV", b"url\thue\nhttps://example.org/a.jpg\tred\n"))
    table = place.labels()
    assert (place.is_list, place.name) == (True, "far.TSV")
    assert table
    found = source.find(str(table), "", Config(client.home.parent))
    assert (found.name, [file.url for file in found.files]) == ("far.TSV", ["https://example.org/a.jpg"])
    status, answer = client.announce(("a.csv", b"1"), ("b.csv", b"2"))
    assert (status, answer["error"][:28]) == (400, "Give one table that lists im")


def test_too_many_files(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, files=2)
    status, said = client.announce(*((f"{n}.jpg", b"1") for n in range(3)))
    assert status == 413
    assert said["error"].startswith("These are 3 files; 2 can be sent at once.")


def test_too_much_in_all(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, total=3 * 1024**2)
    status, told = client.ask("POST", "/upload", json.dumps([["a.zip", 5 * 1024**2, 1]]).encode())
    assert status == 413
    assert told["error"].startswith("These files are 5 MB; 3 MB can be sent at once.")


def test_one_image_that_is_too_large_is_left_out(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, image=1024**2)
    files = json.dumps([["big.jpg", 2 * 1024**2, 1], ["a.jpg", 1, 1]]).encode()
    status, told = client.ask("POST", "/upload", files)
    assert (status, told["files"][0]) == (200, None)
    place = upload.find(client.home, told["upload"])
    assert "Too large for an image (2 MB; 1 MB are allowed)" in client.found(place)["big.jpg"].refusal


def test_a_full_disk_before_and_while_sending(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    place, address = client.begin(("a.jpg", b"1"), ("b.jpg", b"2"))
    room = SimpleNamespace(free=upload.LIMITS.free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    status, said = client.ask("PUT", address, b"1")
    assert status == 507
    assert said["error"].startswith("The disk is too full")
    assert client.announce(("c.jpg", b"3"))[0] == 507
    assert client.written() == []
    room.free += 1
    assert client.ask("PUT", address, b"1")[0] == 200
    assert client.ask("DELETE", place)[0] == 204


@pytest.mark.parametrize(("offset", "body"), [("0", b"1234567"), ("6", b"7"), ("-1", b"12"), ("99999999999", b"")])
def test_more_or_other_than_announced(offset: str, body: bytes, client: Client) -> None:
    _, address = client.begin(("a.jpg", b"123456"))
    assert client.ask("PUT", f"{address}?offset={offset}", body)[0] == 409
    assert list(client.home.glob("*/files/*")) == []


def test_an_offset_that_is_no_number(client: Client) -> None:
    _, address = client.begin(("a.jpg", b"123456"))
    assert client.ask("PUT", f"{address}?offset=x", b"1") == (400, {"error": text.BAD_REQUEST})


def test_what_was_not_announced(client: Client) -> None:
    place, _ = client.begin(("a.jpg", b"1"), ("notes.txt", b"2"))
    unwanted = upload.announced("notes.txt", 1, 1).key
    for address in (
        f"{place}/{'0' * 32}",
        f"{place}/{unwanted}",
        f"{place}/..",
        f"/upload/{'0' * 32}/0",
        "/upload/../0",
    ):
        assert client.ask("PUT", address, b"2")[0] == 404
    assert client.written() == []


def test_a_large_refused_body_still_gets_its_answer(client: Client) -> None:
    _, address = client.begin(("a.jpg", b"1"))
    assert client.ask("PUT", address, bytes(8 * 1024 * 1024))[0] == 409


@pytest.mark.parametrize(("method", "path"), [("GET", "/upload"), ("POST", "/upload/0/0"), ("PUT", "/upload")])
def test_other_methods(method: str, path: str, client: Client) -> None:
    assert client.raw(method, path, b"", client.headers)[0] == 405
