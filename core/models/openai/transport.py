"""HTTP within bounds: every exchange ends at its deadline, and no answer is larger than it may be.

A client's time-out counts single reads, so that a server which sends a byte now and then holds it for minutes (126 s at
a time-out of 3 s, measured). Here each read may only take what is left until the moment set by `Deadline`.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

if TYPE_CHECKING:
    import ssl

MAX_BODY = 8 * 1024**2
"""Bytes of an answer, where no other number is allowed."""
_PACKED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
"""How answers begin that gzip or zlib packed."""
_IDLE = 600.0
"""Seconds for a read where no deadline is set."""


class Oversized(httpx2.ReadError):
    """The answer is larger than it may be, unpacked, or packed in a way that is not known here."""


class Deadline:
    """Sets the moment by which the exchanges of this thread must have ended, and how many bytes an answer may have."""

    _current = threading.local()

    def __init__(self, seconds: float, most: int = MAX_BODY) -> None:
        """most: bytes; more than MAX_BODY only for an answer that is read as a stream."""
        self._ends, self._most = time.monotonic() + seconds, most

    def __enter__(self) -> None:
        self._current.ends, self._current.most = self._ends, self._most

    def __exit__(self, *_: object) -> None:
        self._current.ends, self._current.most = float("inf"), MAX_BODY

    @classmethod
    def left(cls) -> float:
        """Seconds left to this thread."""
        return min(float(getattr(cls._current, "ends", float("inf"))) - time.monotonic(), _IDLE)

    @classmethod
    def most(cls) -> int:
        """Bytes that an answer to this thread may have."""
        return int(getattr(cls._current, "most", MAX_BODY))


def client(url: str, connections: int) -> httpx2.Client:
    """A client for one server and so many exchanges at once, through the proxy that the environment names for it.

    It follows no redirect: that would take the key to another server.
    """
    limits = httpx2.Limits(max_connections=2 * connections, max_keepalive_connections=connections)
    return httpx2.Client(transport=_Bounded(limits, _proxy(url)), follow_redirects=False, trust_env=False)


def _proxy(url: str) -> str | None:
    """The proxy to use for a server, by the environment's or the system's settings."""
    parts = urlsplit(url)
    proxies = getproxies()
    if not parts.hostname or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return proxies.get(parts.scheme) or proxies.get("all")


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to trust; reading it takes a tenth of a second, and a run makes several clients."""
    return httpx2.create_ssl_context()


class _Bounded(httpx2.HTTPTransport):
    """Ends a response at the deadline and at the bytes it may have.

    One that is compressed, which is never asked for, is unpacked within these bounds: a small one can be gigabytes.
    """

    def __init__(self, limits: httpx2.Limits, proxy: str | None) -> None:
        super().__init__(verify=_certificates(), limits=limits, proxy=proxy)
        # The transport has no parameter for this; without it a server that drips headers would not be stopped.
        self._pool._network_backend = _Backend()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        left = max(Deadline.left(), 0.05)
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), left)
        request.extensions = {**request.extensions, "timeout": timeout}
        response = super().handle_request(request)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _BoundedStream(response.stream, Deadline.most())
        response.headers.pop("content-encoding", None)  # else it would be unpacked without bounds
        return response


class _BoundedStream(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, most: int) -> None:
        self._stream, self._most = stream, most

    def __iter__(self) -> Iterator[bytes]:
        size, unpack, is_first = 0, None, True
        for chunk in self._stream:
            if is_first and chunk:
                # What an answer begins with tells, not its header, which servers get wrong: no JSON begins so.
                unpack, is_first = zlib.decompressobj(47) if chunk.startswith(_PACKED) else None, False
            if unpack is not None:
                try:
                    chunk = unpack.decompress(chunk, self._most - size + 1)
                except zlib.error:
                    raise Oversized("the answer is packed, and damaged") from None
            size += len(chunk)
            if size > self._most:
                raise Oversized("the answer is too large")
            yield chunk

    def close(self) -> None:
        self._stream.close()


class _Backend(httpcore2.SyncBackend):
    """Connections whose reads know the deadline."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        return _Stream(super().connect_tcp(host, port, timeout, local_address, socket_options))


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = Deadline.left()
        if left <= 0:
            raise httpcore2.ReadTimeout("the answer took too long")
        return self._stream.read(max_bytes, min(left, timeout or left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
