"""The routes of uploads and whatever may be sent to them: one sentence and a status that says whose fault it is."""

from __future__ import annotations

import json
import random
import socket
from typing import Any
from urllib.parse import quote

import pytest
from upload_client import Client, client, port

from core.ingest.sources import upload
from ui import text
from ui.routes import access, uploads

__all__ = ["client", "port"]  # fixtures

REQUESTS = 2_000
BAD: dict[str, bytes] = {
    "lists in lists": b"[" * 200_000,
    "objects in objects": b'{"a":' * 100_000,
    "lists in lists, closed": b"[" * 50_000 + b"]" * 50_000,
    "a size of 4,000 digits": b'[["a.jpg", ' + b"9" * 4_000 + b", 1]]",
    "a size of 5,000 digits": b'[["a.jpg", ' + b"9" * 5_000 + b", 1]]",
    "a time of 4,000 digits": b'[["a.jpg", 1, -' + b"9" * 4_000 + b"]]",
    "a size that no browser can have": b'[["a.jpg", 9007199254740992, 1]]',
    "not a number": b'[["a.jpg", NaN, 1]]',
    "infinite": b'[["a.jpg", 1, Infinity]]',
    "a fraction": b'[["a.jpg", 1.5, 1]]',
    "a whole fraction": b'[["a.jpg", 1.0, 1]]',
    "a truth value": b'[["a.jpg", true, 1]]',
    "a time that is a truth value": b'[["a.jpg", 1, false]]',
    "nothing": b'[["a.jpg", null, 1]]',
    "negative": b'[["a.jpg", -1, 1]]',
    "a path of 100,000 letters": b'[["' + b"x" * 100_000 + b'.jpg", 1, 1]]',
    "a path that is a number": b"[[1, 1, 1]]",
    "too long a row": b'[["a.jpg", 1, 1, 1]]',
}


@pytest.mark.parametrize("case", BAD)
def test_a_list_that_is_none_is_one_sentence(case: str, client: Client) -> None:
    assert client.ask("POST", "/upload", BAD[case]) == (400, {"error": text.BAD_REQUEST})
    assert not client.home.exists()


@pytest.mark.parametrize("offset", ["", "x", "1.5", "1e3", "NaN", "٣", "+1", "1_0", "9" * 16, "9" * 4_000, "\0", "--1"])
def test_an_offset_that_is_none(offset: str, client: Client) -> None:
    _, address = client.begin(("a.jpg", b"123456"))
    assert client.ask("PUT", f"{address}?offset={quote(offset)}", b"1") == (400, {"error": text.BAD_REQUEST})


@pytest.mark.parametrize("tab", ["x", "é", "AB", "0" * 65, "../..", "ab ab"])
def test_a_tab_that_is_none(tab: str, client: Client) -> None:
    body = json.dumps([["a.jpg", 1, 1]]).encode()
    assert client.ask("POST", "/upload", body, **{uploads.TAB: tab}) == (400, {"error": text.BAD_REQUEST})


def test_surrogates_and_zero_bytes_in_a_path_are_replaced(client: Client) -> None:
    status, told = client.ask("POST", "/upload", rb'[["\ud800\u0000/\udfff.jpg", 1, 1]]')
    assert status == 200
    (file,) = upload.find(client.home, told["upload"]).plan.values()
    assert file.path == "?/?.jpg"


@pytest.mark.parametrize("claimed", [0, 5, 10**6])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_length_that_is_not_true(method: str, claimed: int, client: Client) -> None:
    body = json.dumps([["a.jpg", 9, 1]]).encode()
    _, told = client.ask("POST", "/upload", body)
    place = "/upload" if method == "POST" else f"/upload/{told['upload']}/{told['files'][0]['key']}"
    head = f"{method} {place} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {claimed}\r\n"
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as line:
        line.sendall(f"{head}{access.HEADER}: {client.workspace.token}\r\n\r\n".encode() + body)
        line.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: line.recv(65_536), b""))
    assert b" 500 " not in answers
    assert client.ask("POST", "/upload", body)[0] == 200  # the server goes on
    assert list(client.home.glob("*/files/*")) == []


def test_a_list_that_never_ends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_LONGEST_LIST", 1000)
    assert client.ask("POST", "/upload", b" " * 3_000_000) == (413, {"error": text.BAD_REQUEST})


# -- thousands of random requests


def words(chance: random.Random) -> str:
    letters = "ab./\\\0 é图\ud800\u2028'\"<>%?#&=+-\n\r\t"
    ending = chance.choice(("", ".jpg", ".zip", ".csv"))
    return "".join(chance.choices(letters, k=chance.choice((0, 1, 5, 40)))) + ending


def value(chance: random.Random, deep: int = 0) -> Any:
    if deep < 3 and chance.random() < 0.2:
        inside = [value(chance, deep + 1) for _ in range(chance.randrange(4))]
        return inside if chance.random() < 0.7 else {words(chance): each for each in inside}
    numbers = (0, 1, -1, 2**31, 2**53 - 1, 2**53, 2**64, -(2**70), 1.5, 1e300, float("nan"), float("inf"), True, None)
    return words(chance) if chance.random() < 0.4 else chance.choice((*numbers, chance.randrange(10**6)))


def announcement(chance: random.Random) -> bytes:
    rows = [
        [words(chance), chance.randrange(100), 1] if chance.random() < 0.8 else value(chance)
        for _ in range(chance.choice((0, 1, 1, 2, 5)))
    ]
    body = bytearray(json.dumps(rows if chance.random() < 0.9 else value(chance)).encode())
    for _ in range(chance.choice((0, 0, 0, 1, 4))):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def escaped(chance: random.Random) -> str:
    """A part of an address, whatever it holds."""
    letters = ("a", f"%{chance.randrange(256):02x}", "%00", "..", "%2f")
    return "".join(chance.choices(letters, k=chance.randrange(40)))


def a_request(chance: random.Random, known: list[tuple[str, str]]) -> tuple[str, str, bytes, dict[str, str]]:
    """method, address, body and headers of a random request; known: uploads and keys that are or were there."""
    upload_id, key = chance.choice(known) if known and chance.random() < 0.7 else (escaped(chance), escaped(chance))
    headers = {uploads.TAB: chance.choice(("aa", "bb", "", "zz", "é"))}
    way = chance.random()
    if way < 0.5:
        return "POST", "/upload", announcement(chance), headers
    if way < 0.9:
        offset = chance.choice(("", "0", "1", "-1", "9" * 30, "x", escaped(chance)))
        return "PUT", f"/upload/{upload_id}/{key}?offset={offset}", chance.randbytes(chance.randrange(100)), headers
    return "DELETE", f"/upload/{upload_id}", b"", headers


def test_no_request_makes_the_server_fail(client: Client) -> None:
    chance, known, statuses = random.Random(11), [], set()
    for number in range(REQUESTS):
        method, address, body, headers = a_request(chance, known)
        status, _, content = client.raw(method, address, body, {**client.headers, **headers})
        told = json.loads(content) if content and status in (200, 400, 409) else None
        assert status < 500, (number, method, address, body)
        if method == "POST" and status == 200:
            known += [(told["upload"], file["key"]) for file in told["files"] if file]
            known = known[-50:]
        elif status in (400, 409):
            assert told["error"].endswith("."), (number, told)
        statuses.add(status)
    assert {200, 204, 400, 404, 409} <= statuses <= {200, 204, 307, 400, 404, 405, 409}
