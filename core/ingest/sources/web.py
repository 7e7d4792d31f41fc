"""Images fetched from the web, in a bounded way: only from public addresses, within a size and a time, few redirects.

What a list names is not trusted: `http://localhost/`, a name that resolves to a private address, or a redirect to one
would let it read what only this computer can reach. A name is looked up once and the address that was checked is the
one that is connected to, so that a second answer of its name server cannot change it. Proxies are not used: they would
look names up themselves.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import time
from collections.abc import Iterable
from http.client import OK, responses
from pathlib import Path
from typing import Any

import httpcore2
import httpx2

from core.config import Config
from core.errors import BadInput
from core.ingest.sources.landing import landing

PARALLEL = 8
_HOPS = 5
_READ_SECONDS = 15.0
_REDIRECTS = (301, 302, 303, 307, 308)
_UNICAST = ipaddress.IPv6Network("2000::/3")
_HEADERS: dict[bytes | str, bytes | str] = {"User-Agent": "Facetry", "Accept": "image/*", "Accept-Encoding": "identity"}


class Web:
    """Fetches with at most PARALLEL connections; safe to call from several threads."""

    def __init__(self, config: Config) -> None:
        self._seconds, self._bytes = config.fetch_seconds, config.fetch_bytes
        self._pool = httpcore2.ConnectionPool(
            max_connections=PARALLEL, network_backend=_Checked(config.allow_private_urls)
        )

    def fetch(self, address: str, target: Path) -> None:
        """Write what lies at the address to `target`. Raises BadInput with one sentence when it cannot be had."""
        ends = time.monotonic() + self._seconds
        try:
            url = httpx2.URL(address)
            for _ in range(_HOPS + 1):
                following = self._get(url, target, ends)
                if following is None:
                    return
                url = url.join(following)
        except httpx2.InvalidURL:
            raise BadInput("This is not an address that can be read.") from None
        except _UnknownHostError:
            raise BadInput(f"The server {url.host[:80]} is not known. Check the address.") from None
        except httpcore2.TimeoutException:
            raise BadInput(f"Fetching took longer than {self._seconds:.0f} s and was given up.") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            raise BadInput(f"The server {url.host[:80]} cannot be reached or broke off. Try again later.") from None
        raise BadInput(f"The server redirected more than {_HOPS} times.")

    def close(self) -> None:
        self._pool.close()

    def _get(self, url: httpx2.URL, target: Path, ends: float) -> str | None:
        """One request; returns where it is redirected to, or None when the file is there."""
        if url.scheme not in ("http", "https") or not url.host:
            raise BadInput("Only addresses that start with http:// or https:// can be fetched.")
        place = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        wait = max(min(_READ_SECONDS, ends - time.monotonic()), 0.1)
        timeout = dict.fromkeys(("connect", "read", "write"), wait) | {"pool": self._seconds}
        with self._pool.stream("GET", place, headers=_HEADERS, extensions={"timeout": timeout}) as response:
            headers = httpx2.Headers(response.headers)
            if response.status in _REDIRECTS and "location" in headers:
                return headers["location"]
            if response.status != OK:
                words = responses.get(response.status, "no usual answer")
                raise BadInput(f"The server answered {response.status} ({words}). Check the address.")
            if headers.get("content-encoding", "identity") != "identity":
                raise BadInput("The server sent the image compressed, which was not asked for.")
            self._save(response.iter_stream(), target, ends)
        return None

    def _save(self, chunks: Iterable[bytes], target: Path, ends: float) -> None:
        size = 0
        with landing(target) as write:
            for chunk in chunks:
                size += len(chunk)
                if size > self._bytes:
                    raise BadInput(
                        f"It is larger than {self._bytes / 1024**2:.0f} MB, which is too large for an image."
                    )
                if time.monotonic() > ends:
                    raise httpcore2.ReadTimeout
                write(chunk)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet; those that carry another address inside count as that one."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast
    inside = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if inside is not None:
        return is_public(str(inside))
    return ip in _UNICAST and ip.is_global


def _addresses(host: str, port: int) -> list[str]:
    """The IP addresses that a name stands for now; an address stands for itself."""
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _UnknownHostError from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _UnknownHostError(Exception):
    """A name that no name server knows."""


class _Checked(httpcore2.NetworkBackend):
    """Looks a name up, checks what it stands for, and connects to exactly that."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._tcp = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = _addresses(host, port)
        if not self._allow_private and not all(is_public(ip) for ip in addresses):
            raise BadInput(
                "It lies on this computer or in its own network, and such addresses are not fetched "
                "(FACETRY_ALLOW_PRIVATE_URLS=1 allows it)."
            )
        for address in addresses[:-1]:
            try:
                return self._tcp.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore2.ConnectError:
                continue
        return self._tcp.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)
