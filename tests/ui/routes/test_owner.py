"""Whose connection it is: by real sockets on Linux, by a stand-in for psutil elsewhere."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import HTTPConnection

from ui.routes import owner

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no /proc/net/tcp")
HERE = ("127.0.0.1", 8501)
THERE = ("127.0.0.1", 8080)


@contextmanager
def joined(listen: str, connect: str) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The two ends of a connection: the client's and the server's."""
    family = socket.AF_INET6 if ":" in listen else socket.AF_INET
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((listen, 0), family=family))
        client = stack.enter_context(socket.create_connection((connect, listener.getsockname()[1])))
        yield client, stack.enter_context(listener.accept()[0])


def asked(server: socket.socket) -> HTTPConnection:
    """What uvicorn tells of a connection."""
    return told(server.getpeername()[:2], server.getsockname()[:2])


def told(client: Any, server: Any) -> HTTPConnection:
    return HTTPConnection({"type": "http", "client": client, "server": server, "headers": []})


@linux
@pytest.mark.parametrize(
    ("listen", "connect"),
    [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "::ffff:127.0.0.1"), ("::1", "::1"), ("127.0.0.1", "localhost")],
)
def test_our_own_connection_is_ours_and_anothers_is_not(
    listen: str, connect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with joined(listen, connect) as (_, server):
        assert owner.is_owner(asked(server))
        account = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: account + 1)
        assert not owner.is_owner(asked(server))


@linux
def test_a_connection_that_its_maker_has_closed_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel may call it root's then, and root may be who runs the server."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with joined("127.0.0.1", "127.0.0.1") as (client, server):
        ends = asked(server)
        client.sendall(b"GET / HTTP/1.1")
        client.close()
        assert not owner.is_owner(ends)
        server.close()
        assert not owner.is_owner(ends)


def rows(place: Path, *rows: str) -> tuple[Path, ...]:
    (place / "tcp").write_text("  sl  local_address rem_address ...\n" + "\n".join(rows) + "\n", encoding="ascii")
    return place / "tcp", place / "tcp6"


@linux
@pytest.mark.parametrize(
    ("ends", "state", "uid", "inode", "ours"),
    [
        ("0100007F:1F90 0100007F:2135", "01", 1000, 7, True),
        ("0100007F:1F90 0100007F:2135", "01", 1001, 7, False),
        ("0100007F:1F90 0100007F:2135", "01", 1000, 0, False),  # not anybody's yet, or no longer
        ("0100007F:1F90 0100007F:2135", "06", 1000, 7, False),
        ("0100007F:2135 0100007F:1F90", "01", 1000, 7, False),  # the server's own end
        ("0200007F:1F90 0100007F:2135", "01", 1000, 7, False),
        ("0100007F:1F91 0100007F:2135", "01", 1000, 7, False),
    ],
)
def test_only_the_clients_own_living_end_counts(
    ends: str, state: str, uid: int, inode: int, ours: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = f"   3: {ends} {state} 00000000:00000000 00:00000000 00000000  {uid}        0 {inode} 1 0 20 4 30 10 -1"
    monkeypatch.setattr(owner, "_TABLES", rows(tmp_path, row))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert owner.is_owner(told(THERE, HERE)) == ours


@linux
def test_the_account_that_stands_for_unknown_ones_is_never_the_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = "0: 0100007F:1F90 0100007F:2135 01 0:0 0:0 0 65534 0 7"
    monkeypatch.setattr(owner, "_TABLES", rows(tmp_path, row))
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    assert not owner.is_owner(told(THERE, HERE))


@linux
def test_a_line_that_was_missed_is_found_at_the_second_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([None, os.geteuid()])
    monkeypatch.setattr(owner, "_uid", lambda *_: next(found))
    assert owner.is_owner(told(THERE, HERE))


@pytest.mark.parametrize(
    ("client", "server"),
    [
        (None, HERE), (HERE, None), (("", 0), HERE), (("192.0.2.1", 8080), HERE), (HERE, ("192.0.2.1", 8501)),
        (("testclient", 50000), ("testserver", 80)), (HERE, ("/run/facetry.sock", None)), (("fe80::1%lo", 1), HERE),
    ],
)  # fmt: skip
def test_who_cannot_be_told_is_not_the_owner(client: Any, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for way in ("_is_ours", "_is_ours_on_linux"):
        monkeypatch.setattr(owner, way, lambda *_: pytest.fail("looked up"))
    assert not owner.is_owner(told(client, server))


@linux
def test_where_the_kernel_does_not_tell_nobody_is_the_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "_TABLES", (tmp_path / "tcp", tmp_path / "tcp6"))
    with joined("127.0.0.1", "127.0.0.1") as (_, server):
        assert not owner.is_owner(asked(server))


# -- systems without /proc


class _Gone(Exception):
    """psutil.Error"""


def _process(account: str, *connections: Any) -> Any:
    def listed(kind: str) -> list[Any]:
        if not connections:
            raise _Gone
        return list(connections)

    return SimpleNamespace(info={"username": account}, net_connections=listed)


def _connection(local: tuple[str, int], remote: tuple[str, int] | tuple[()], status: str = "ESTABLISHED") -> Any:
    ends = [SimpleNamespace(ip=end[0], port=end[1]) if end else () for end in (local, remote)]
    return SimpleNamespace(laddr=ends[0], raddr=ends[1], status=status)


@pytest.mark.parametrize(
    ("process", "ours"),
    [
        (_process("me", _connection(HERE, ()), _connection(THERE, HERE)), True),
        (_process("me", _connection(("::ffff:127.0.0.1", 8080), ("::ffff:127.0.0.1", 8501))), True),
        (_process("me", _connection(THERE, HERE, "CLOSE_WAIT")), False),
        (_process("me", _connection(("127.0.0.1", 8081), HERE)), False),
        (_process("me", _connection(HERE, THERE)), False),
        (_process("you", _connection(THERE, HERE)), False),
    ],
)
def test_elsewhere_the_processes_of_the_account_tell(process: Any, ours: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = SimpleNamespace(
        Process=lambda: SimpleNamespace(username=lambda: "me"),
        process_iter=lambda attributes: [_process("me"), process],
        CONN_ESTABLISHED="ESTABLISHED",
        Error=_Gone,
    )
    monkeypatch.setitem(sys.modules, "psutil", stand_in)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert owner.is_owner(told(THERE, HERE)) == ours


def test_elsewhere_without_psutil_nobody_is_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not owner.is_owner(told(THERE, HERE))


@pytest.mark.parametrize(
    ("name", "is_here"),
    [
        ("localhost", True), ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False), ("::", False), ("", False), ("192.0.2.1", False), ("localhost.example", False),
        ("::ffff:192.0.2.1", False),
    ],
)  # fmt: skip
def test_loopback_by_name_and_by_address(name: str, is_here: bool) -> None:
    assert owner.is_loopback(name) == is_here


@pytest.mark.skipif(sys.byteorder != "little", reason="the examples are of a little-endian computer")
def test_addresses_are_written_as_the_kernel_writes_them() -> None:
    ours, wide = (ip_address("127.0.0.1"), 8501), (ip_address("::1"), 80)
    assert owner._as_kernel_writes(ours, wide=False) == "0100007F:2135"
    assert owner._as_kernel_writes(ours, wide=True) == "0000000000000000FFFF00000100007F:2135"
    assert owner._as_kernel_writes(wide, wide=True) == "00000000000000000000000001000000:0050"
