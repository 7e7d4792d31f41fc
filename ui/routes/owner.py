"""Whose connection is it? The account that runs the server is told by the socket at the other end, if that is here.

Nothing that a request says counts, only the two ends of its connection. What a proxy passes on is never the owner's:
the server takes the client's address from X-Forwarded-For, so that anybody could claim the port of the owner's browser.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import HTTPConnection

_Address = tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ESTABLISHED = "01"
_NOBODY = 65534
"""The account that Linux names for those of another user namespace: it says nothing."""
_OF_PROXIES = re.compile(
    r"(x-)?forwarded.*|via|cdn-loop|(.*-)?(client|real|connecting|cluster|remote|user)-?(ip|addr|address)"
    r"|x-(original|rewrite|envoy|azure|amzn|appengine)-.*|(x-)?remote-user|x-(scheme|host|proxy.*)"
)
"""Headers that proxies add and browsers never send."""
MARK = "x-facetry-owner"
"""The header by which the door tells pages whose connection it is; what a browser sends under this name is dropped."""


def is_here() -> bool:
    """Whether the page that is drawn is the owner's, by the connection of its session."""
    return st.context.headers.get(MARK) == "1"


def is_loopback(name: str) -> bool:
    """Whether a name or an address leads to this computer from itself alone."""
    try:
        return name == "localhost" or _plain(name).is_loopback
    except ValueError:
        return False


def listens_here_only() -> bool:
    """Whether the server's address can be reached from this computer alone."""
    return is_loopback(st.get_option("server.address") or "0.0.0.0")  # noqa: S104 - what Streamlit takes then


def is_owner(connection: HTTPConnection) -> bool:
    """Whether a program of the account that runs this process made the connection, straight from this computer.

    False also where it cannot be told. Takes milliseconds on Linux, more elsewhere.
    """
    if not listens_here_only() or _is_forwarded(connection):
        return False
    ends: list[Any] = [connection.scope.get(end) for end in ("client", "server")]
    try:
        client, server = ((_plain(host), int(port)) for host, port in ends)
    except (TypeError, ValueError):  # no addresses of a network
        return False
    if not (client[0].is_loopback and server[0].is_loopback):
        return False
    return _is_ours_on_linux(client, server) if sys.platform == "linux" else _is_ours(client, server)


def _is_forwarded(connection: HTTPConnection) -> bool:
    return any(_OF_PROXIES.fullmatch(name) for name in connection.headers)


def _plain(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address, without the clothes of IPv6 that an IPv4 one may wear (::ffff:127.0.0.1). Raises ValueError."""
    address = ipaddress.ip_address(host)
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def _is_ours_on_linux(client: _Address, server: _Address) -> bool:
    """By the tables of the kernel."""
    uid = _uid(client, server)
    if uid is None:  # once more: a table that changes while it is read may lack a line
        uid = _uid(client, server)
    return uid == os.geteuid() != _NOBODY


def _uid(client: _Address, server: _Address) -> int | None:
    """The account of the client's socket. Only a live one counts: of a closed one the kernel says that it is root's."""
    for table in _TABLES:
        wide = table.name == "tcp6"
        wanted = [_as_kernel_writes(client, wide=wide), _as_kernel_writes(server, wide=wide), _ESTABLISHED]
        try:
            with table.open(encoding="ascii") as lines:
                fields = next((fields for line in lines if (fields := line.split())[1:4] == wanted), None)
        except OSError:
            continue
        if fields:
            uid, inode = int(fields[7]), int(fields[9])
            return uid if inode else None
    return None


def _as_kernel_writes(address: _Address, *, wide: bool) -> str:
    """An address as /proc/net/tcp has it (0100007F:2135), or as tcp6 has it (wide)."""
    host, port = address
    packed = bytes(10) + b"\xff\xff" + host.packed if wide and host.version == 4 else host.packed
    words = (int.from_bytes(packed[place : place + 4], sys.byteorder) for place in range(0, len(packed), 4))
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"


def _is_ours(client: _Address, server: _Address) -> bool:
    """By the connections of our own processes, where there is no /proc."""
    try:
        import psutil
    except ImportError:
        return False
    account = psutil.Process().username()
    for process in psutil.process_iter(["username"]):
        if process.info["username"] != account:
            continue
        try:
            connections = process.net_connections("tcp")
        except psutil.Error:  # it has ended, or may not be looked into
            continue
        for one in connections:
            if one.raddr and one.status == psutil.CONN_ESTABLISHED:
                ends = [(_plain(end.ip), end.port) for end in (one.laddr, one.raddr)]
                if ends == [client, server]:
                    return True
    return False
