"""A web server on this computer that behaves as the worst ones do, for tests of fetching."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import TypeVar
from urllib.parse import urlsplit

S = TypeVar("S", bound=HTTPServer)
MEGABYTE = 1024 * 1024


class _Handler(BaseHTTPRequestHandler):
    """/NAME gives a file; other paths misbehave as they are called."""

    server: Server

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.strip("/")
        self.server.asked.append(self.path)
        if path in self.server.files:
            self._send(200, self.server.files[path])
        elif path.startswith("to/"):  # redirect to whatever follows
            self._send(302, b"", location=path.removeprefix("to/"))
        elif path == "circle":
            self._send(302, b"", location="/circle")
        elif path == "nowhere":
            self._send(302, b"", location="http://[::1")
        elif path == "endless":
            self.send_response(200)
            self.end_headers()
            self._pour(MEGABYTE, 0.0)
        elif path == "drip":
            self.send_response(200)
            self.end_headers()
            self._pour(1, 0.05)
        elif path == "short":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 10)
        elif path == "packed":
            self._send(200, b"x", encoding="gzip")
        elif path.isdecimal():
            self._send(int(path), b"")
        else:
            self._send(404, b"no such thing")

    def _send(self, status: int, body: bytes, *, location: str = "", encoding: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _pour(self, size: int, pause: float) -> None:
        try:
            for _ in range(2000):
                self.wfile.write(b"x" * size)
                time.sleep(pause)
        except OSError:
            pass  # the reader had enough

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


class Server(ThreadingHTTPServer):
    """files: path -> content. asked: the paths that were asked for."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.asked = files, list[str]()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def at_work(server: S) -> Iterator[S]:
    """A server while it answers."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def serve(files: dict[str, bytes]) -> AbstractContextManager[Server]:
    """A running server."""
    return at_work(Server(files))
