"""Downloads over real HTTP: one that is broken off leaves nothing, and a full disk is a sentence."""

from __future__ import annotations

import errno
import http.client
import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from asking import serving
from house import House
from starlette.applications import Starlette

from core.errors import BadInput
from core.export import workspace_zip
from core.ingest import scratch
from core.workspace import Workspace
from ui.routes import access, downloads
from ui.session import state


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(Starlette(routes=downloads.ROUTES)) as port:
        yield port


Ask = Callable[[], AbstractContextManager[http.client.HTTPResponse]]


@pytest.fixture
def ask(house: House, port: int, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Ask for the whole workspace; at the end of the block the connection is closed."""
    monkeypatch.setattr(state, "workspace", lambda: house.workspace)

    @contextmanager
    def ask() -> Iterator[http.client.HTTPResponse]:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            connection.request("GET", downloads.WORKSPACE, headers={access.HEADER: house.workspace.token})
            with connection.getresponse() as answer:
                yield answer

    return ask


def test_what_is_broken_off_leaves_nothing(ask: Ask, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = threading.Event()

    def endless(workspace: Workspace) -> Iterator[bytes]:
        try:
            with scratch.below(workspace.folder, "packing"):
                while True:
                    yield bytes(1024**2)
        finally:
            closed.set()

    monkeypatch.setattr(workspace_zip, "pack", endless)
    with ask() as answer:
        answer.read(1024**2)
        assert list(house.workspace.folder.glob("packing-*"))
    assert closed.wait(20)
    end = time.monotonic() + 20
    while list(house.workspace.folder.glob("packing-*")):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("where", ["the folder", "the tables"])
def test_a_full_disk_is_a_sentence_and_then_it_works(
    where: str, ask: Ask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.mkdir

    def mkdir(path: Path, *args: object, **options: object) -> None:
        if path.name.startswith("packing-"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, *args, **options)  # type: ignore[arg-type]

    def snapshot(_: Path) -> None:
        raise BadInput("The tables could not be copied. Make room on the disk, then try again.")

    with monkeypatch.context() as patch:
        if where == "the folder":
            patch.setattr(Path, "mkdir", mkdir)
        else:
            patch.setattr(house.store, "snapshot", snapshot)
        with ask() as answer:
            assert answer.status == 507
            assert answer.read().decode().endswith("Make room on the disk, then try again.")
    assert not list(house.workspace.folder.glob("packing-*"))
    with ask() as answer:
        assert answer.status == 200
        with zipfile.ZipFile(io.BytesIO(answer.read())) as archive:
            assert archive.testzip() is None
