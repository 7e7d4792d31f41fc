"""The routes of uploads on a port of their own, and a client that asks them as the uploader does."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asking import serving
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from core.config import Config
from core.ingest import source
from core.ingest.sources import upload
from core.ingest.sources.source_file import Found
from ui.routes import access, door, uploads
from ui.session import state


class Client:
    """Asks the routes as the uploader does, with the token unless told otherwise."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port, self.config = port, Config(folder)
        self.workspace = SimpleNamespace(config=self.config, token="ab" * 32)  # all that the routes use of one
        self.home = upload.home(self.config)
        self.headers = {"Origin": f"http://127.0.0.1:{port}", access.HEADER: self.workspace.token}

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        status, _, content = self.raw(method, path, body, {**self.headers, **headers})
        return status, json.loads(content) if content else None

    def raw(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def announce(self, *files: tuple[str, bytes], tab: str = "") -> tuple[int, Any]:
        told = json.dumps([[path, len(body), 1] for path, body in files]).encode()
        return self.ask("POST", "/upload", told, **({uploads.TAB: tab} if tab else {}))

    def put(self, told: Any, place: int, body: bytes) -> tuple[int, Any]:
        """Send a whole file: the answer to its announcement, and which of its files it is."""
        return self.ask("PUT", f"/upload/{told['upload']}/{told['files'][place]['key']}", body)

    def send(self, *files: tuple[str, bytes]) -> upload.Upload:
        """Announce and send all; fails if one is not whole at the end."""
        status, told = self.announce(*files)
        assert status == 200, told
        for (_, body), file in zip(files, told["files"], strict=True):
            if file:
                answer = self.ask("PUT", f"/upload/{told['upload']}/{file['key']}", body)
                assert answer == (200, {"here": len(body), "whole": True})
        return upload.find(self.home, told["upload"])

    def begin(self, *files: tuple[str, bytes]) -> tuple[str, str]:
        """Announce; the address of the upload and that of its first file."""
        _, told = self.announce(*files)
        place = f"/upload/{told['upload']}"
        return place, f"{place}/{told['files'][0]['key']}"

    def found(self, place: upload.Upload) -> dict[str, Found]:
        place.finish()
        origin = source.find(str(place.folder), "", self.config)
        assert origin.given == len(origin.files)
        return {file.name: file for file in origin.files}

    def written(self) -> list[Path]:
        """All files below the uploads, but for the lists of what was announced."""
        return [path for path in self.home.rglob("*") if path.is_file() and path.name != "plan.json"]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the routes and a page answer, behind the door of the whole app."""
    page = Route("/", lambda _: HTMLResponse("a page"))
    with serving(Starlette(routes=[page, *uploads.ROUTES], middleware=door.middleware())) as port:
        yield port


@pytest.fixture
def client(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client(tmp_path / "workspace", port)
    monkeypatch.setattr(state, "workspace", lambda: client.workspace)
    return client
