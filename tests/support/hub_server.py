"""A server on this computer that speaks the protocol of the Hugging Face hub, as far as files of models are fetched."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from web_server import at_work

from core.models.catalogue.entries import Entry, File

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = (".safetensors", ".gguf")
"""Kept apart, as Git LFS does: the hub sends those who ask for them to another host."""


@dataclass
class Trouble:
    """How the hub misbehaves.

    Attributes:
        cut: the next answers with a large file end after so many bytes each, one an answer.
        status: name of a file, or "" for the listing -> HTTP status and the hub's code for it.
        instead: name of a file -> what comes in its place.
        pause: seconds between two pieces of a large file.
        whole: it takes no Range.
        needs: the token without which nothing is given.
    """

    cut: list[int] = field(default_factory=list)
    status: dict[str, tuple[int, str]] = field(default_factory=dict)
    instead: dict[str, bytes] = field(default_factory=dict)
    pause: float = 0.0
    whole: bool = False
    needs: str = ""


class Hub(ThreadingHTTPServer):
    """files: of one repository, name -> content. asked: method, path and Range of each request. told: Authorization."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.trouble = files, Trouble()
        self.asked, self.told = list[tuple[str, str]](), list[tuple[str, str]]()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def ranges(self, name: str) -> list[str]:
        """The Range of each request for a large file's content, "" where it had none."""
        return [wanted for path, wanted in self.asked if path == f"/far/{name}"]


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        hub, path = self.server, urlsplit(self.path).path
        hub.asked.append((path, self.headers.get("Range", "")))
        hub.told.append((path, self.headers.get("Authorization", "")))
        name = path.rpartition("/")[2]
        is_listing = path.startswith("/api/models/")
        if path.startswith("/far/"):
            self._content(name)
            return
        status, code = hub.trouble.status.get("" if is_listing else name, (200, ""))
        if hub.trouble.needs and self.headers.get("Authorization") != f"Bearer {hub.trouble.needs}":
            status, code = 401, "GatedRepo"
        if status == 200 and f"/{COMMIT}" not in path:
            status, code = 404, "RevisionNotFound"
        if status == 200 and not is_listing and name not in hub.files:
            status, code = 404, "EntryNotFound"
        if status != 200:
            self._send(status, b"", {"X-Error-Code": code} if code else {})
        elif is_listing:
            self._send(200, json.dumps(self._listing()).encode(), {"Content-Type": "application/json"})
        elif name.endswith(LARGE):
            self._send(302, b"", {"Location": f"http://localhost:{hub.server_address[1]}/far/{name}"})
        else:
            self._send(200, hub.trouble.instead.get(name, hub.files[name]), {})

    def _listing(self) -> dict[str, Any]:
        found = [{"rfilename": name, **_listed(name, content)} for name, content in self.server.files.items()]
        return {"id": "owner/model", "modelId": "owner/model", "sha": COMMIT, "siblings": found}

    def _content(self, name: str) -> None:
        trouble = self.server.trouble
        content = trouble.instead.get(name, self.server.files[name])
        wanted = "" if trouble.whole else self.headers.get("Range", "")
        begin = int(wanted.removeprefix("bytes=").partition("-")[0] or 0)
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(content) - begin))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        end = begin + trouble.cut.pop(0) if trouble.cut else len(content)
        try:
            for place in range(begin, min(end, len(content)), 65536):
                self.wfile.write(content[place : min(place + 65536, end)])
                time.sleep(trouble.pause)
        except OSError:
            pass  # the reader has gone
        if end < len(content):
            self.close_connection = True

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


def _listed(name: str, content: bytes) -> dict[str, Any]:
    git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    if not name.endswith(LARGE):
        return {"size": len(content), "blobId": git}
    sha256 = hashlib.sha256(content).hexdigest()
    return {"size": len(content), "blobId": git, "lfs": {"sha256": sha256, "size": len(content), "pointerSize": 130}}


def serve(files: dict[str, bytes]) -> AbstractContextManager[Hub]:
    """A running hub with one repository."""
    return at_work(Hub(files))


def files_of(folder: Path) -> dict[str, bytes]:
    """A checkpoint's files, as a repository has them."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def entry_of(files: dict[str, bytes], kind: str = "transformers", **more: Any) -> Entry:
    """The entry of a catalogue for these files."""
    weights = tuple(
        File(name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in files.items()
        if name.endswith(LARGE)
    )
    told: dict[str, Any] = {
        "id": "tiny",
        "name": "Tiny",
        "good_at": "Tests.",
        "kind": kind,
        "roles": ("vision",),
        "repository": "owner/Tiny-Model",
        "revision": COMMIT,
        "licence": "MIT",
        "memory_gb": 0.1,
        "files": weights,
    }
    return Entry(**{**told, **more})
