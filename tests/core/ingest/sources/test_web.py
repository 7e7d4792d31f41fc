"""Images by their web address: fetched within bounds, never from this computer's own network unless that is allowed."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from web_server import Server, serve

from core.config import Config
from core.errors import BadInput
from core.ingest import source
from core.ingest.sources import web
from core.ingest.sources.web import Web, is_public


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve({"a.png": png("red"), "b": png("blue"), "page.png": b"<html>not found</html>"}) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return replace(Config(tmp_path / "ws"), allow_private_urls=True, fetch_seconds=1.0, fetch_bytes=3 * 1024**2)


@pytest.mark.parametrize(
    "address",
    """127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 192.0.2.1
    198.18.0.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 ff02::1 fec0::1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
    2002:7f00:1:: 64:ff9b::7f00:1""".split(),
)
def test_addresses_inside_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]"])
def test_this_computer_is_not_asked_however_it_is_spelled(
    tmp_path: Path, server: Server, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.socket, "getaddrinfo", as_the_system_would)
    before = len(server.asked)
    with pytest.raises(BadInput, match="on this computer or in its own network"):
        Web(Config(tmp_path)).fetch(f"http://{host}:{server.server_port}/a.png", tmp_path / "x")
    assert len(server.asked) == before
    assert not (tmp_path / "x").exists()


def as_the_system_would(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
    """What getaddrinfo makes of odd spellings, without asking any name server."""
    address = "::1" if ":" in host else "127.0.0.1"
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


def test_a_name_is_looked_up_once_and_that_address_is_connected_to(
    tmp_path: Path, server: Server, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers differently the second time ("DNS rebinding") is not asked a second time."""
    asked = []

    def answers(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(web.socket, "getaddrinfo", answers)
    fetching = Web(config)
    fetching.fetch(f"http://images.example:{server.server_port}/a.png", tmp_path / "x")
    assert asked == ["images.example", "127.0.0.1"]  # the second is the address itself, for the connection
    assert (tmp_path / "x").read_bytes() == png("red")
    fetching.close()


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(web.socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(BadInput, match="own network"):
        Web(Config(tmp_path)).fetch("http://images.example/a.png", tmp_path / "x")


def test_a_redirect_to_a_refused_address_is_not_followed(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first hop is allowed here, as the server of the test lies on this computer; the second is not."""
    monkeypatch.setattr(web, "is_public", lambda address: address == "127.0.0.1")
    with pytest.raises(BadInput, match="own network"):
        Web(Config(tmp_path)).fetch(f"{server.url}/to/http://[::1]:{server.server_port}/a.png", tmp_path / "x")
    with pytest.raises(BadInput, match="Only addresses that start with"):
        Web(Config(tmp_path)).fetch(f"{server.url}/to/file:///etc/passwd", tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/missing", "answered 404 .Not Found."),
        ("/500", "answered 500"),
        ("/204", "answered 204"),
        ("/circle", "redirected more than 5 times"),
        ("/nowhere", "not an address"),
        ("/endless", "larger than 3 MB"),
        ("/drip", "longer than 1 s"),
        ("/short", "cannot be reached or broke off"),
        ("/packed", "compressed"),
    ],
)
def test_a_bad_server_gets_one_sentence(
    tmp_path: Path, server: Server, config: Config, path: str, sentence: str
) -> None:
    fetching = Web(config)
    with pytest.raises(BadInput, match=sentence):
        fetching.fetch(server.url + path, tmp_path / "x")
    fetching.close()


def test_a_server_that_is_not_there_gets_one_sentence(tmp_path: Path, config: Config) -> None:
    with pytest.raises(BadInput, match="cannot be reached"):
        Web(config).fetch("http://127.0.0.1:9/a.png", tmp_path / "x")


def test_a_list_of_addresses_is_accounted_for_row_by_row(tmp_path: Path, server: Server, config: Config) -> None:
    (tmp_path / "here.png").write_bytes(png("green"))
    rows = [f"{server.url}/a.png", f"{server.url}/b", f"{server.url}/to//a.png", f"{server.url}/page.png"]
    rows += [f"{server.url}/gone.jpg", "ftp://example.com/a.png", "here.png", f"{server.url}/brochure.pdf"]
    (tmp_path / "list.csv").write_text("url,colour\n" + "\n".join(f"{row},x" for row in rows))
    found = source.find(str(tmp_path / "list.csv"), "", config)
    looked = [file.item for file in source.look(found, tmp_path / "copies", config)]
    assert [file.status for file in looked] == ["ready", "ready", "duplicate", *["skipped"] * 3, "ready", "skipped"]
    assert [file.name for file in looked] == rows
    assert "not an image" in looked[3].reason
    assert "404" in looked[4].reason
    assert "are fetched" in looked[5].reason
    assert "Download it" in looked[7].reason
    assert list(config.workspace.iterdir()) == []  # what was fetched is gone
    refused = [file.item for file in source.look(found, tmp_path / "copies", replace(config, allow_private_urls=False))]
    assert [found.status for found in refused] == [*["skipped"] * 6, "ready", "skipped"]
