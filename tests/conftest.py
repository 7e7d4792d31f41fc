"""What holds for every test: no internet, no paid API, no settings of the person who runs them.

Blocked three ways: keys and settings are dropped from the environment, this process may connect to loopback only, and
for programs that a test starts, proxies point at a dead port.
"""

from __future__ import annotations

import functools
import gc
import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

if TYPE_CHECKING:
    from app_server import Server
    from finished_runs import Finished
    from house import House

DATASETS = Path(__file__).parents[1].parent / "shared" / "datasets"
needs_datasets = pytest.mark.skipif(
    not DATASETS.is_dir(), reason="the evaluation data (../shared/datasets) is not here"
)

DROPPED_ENDINGS = ("_API_KEY", "_BASE_URL", "_TOKEN", "_SECRET")
DROPPED_STARTS = ("FACETRY_", "STREAMLIT_", "OPENAI_", "HF_", "TRANSFORMERS_")
NOWHERE = "http://127.0.0.1:9"  # the discard port: refused at once

# At import, before any test module can import a model library that reads these.
for name in list(os.environ):
    if name.endswith(DROPPED_ENDINGS) or name.startswith(DROPPED_STARTS):
        del os.environ[name]
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
if os.environ.get("PYTEST_XDIST_WORKER"):  # processes side by side: threads of one would wait, spinning, for another's
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    duckdb.connect = functools.partial(duckdb.connect, config={"threads": 1})  # statements of tests are small
for name in ("http_proxy", "https_proxy", "all_proxy"):
    os.environ[name] = os.environ[name.upper()] = NOWHERE
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "localhost,127.0.0.1,::1"


ATTEMPTS: list[str] = []


class InternetBlocked(RuntimeError):
    """A test tried to leave this computer. No OSError, so that it is not retried as a network fault."""


def is_local(host: str | bytes | None) -> bool:
    """Whether a host is this computer: loopback, or none given (a listener)."""
    text = host.decode() if isinstance(host, bytes) else host
    if text in {None, "", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(str(text).split("%")[0])
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback
    except ValueError:
        return False  # a name: looking it up already asks the network


def check_host(host: Any) -> None:
    """Raise unless the host is this computer, and remember the attempt."""
    if not is_local(host):
        ATTEMPTS.append(str(host))
        raise InternetBlocked(f"tests stay on this computer; this one asked for {host!r}")


def pytest_configure(config: pytest.Config) -> None:
    """Let sockets reach loopback only, for the whole session and in every thread."""
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)

    def guard_socket(method: str) -> None:
        original = getattr(socket.socket, method)

        def guarded(self: socket.socket, *args: Any) -> Any:
            if isinstance(args[-1], tuple):  # (host, port, ...); a Unix socket has a path
                check_host(args[-1][0])
            return original(self, *args)

        patch.setattr(socket.socket, method, guarded)

    for method in ("connect", "connect_ex", "sendto"):
        guard_socket(method)
    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        check_host(host)
        return look_up(host, *args, **kwargs)

    patch.setattr(socket, "getaddrinfo", guarded_look_up)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Three processes share the tests a file at a time. Two of them begin with those that drive a browser, which
    take longest and mostly wait, so that two cores are busy with all three: about half of these share the finished
    runs. Those that use PyTorch stay in one, so that only one waits for it to load."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if _drives_browser(file):
                return "browser, finished runs" if _says(file, "import Finished") else "browser"
            return "PyTorch" if _says(file, "from on_use import") else file

    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("PYTEST_XDIST_WORKER"):
        items.sort(key=lambda item: not _drives_browser(item.path.name))


def pytest_collection_finish() -> None:
    """Let Python's collections leave out the tests and all that was imported for them: they are no garbage, and looking
    through them took 0.13 s each time."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """At its end Python looks through everything, or native libraries report what it left."""
    gc.unfreeze()


def _drives_browser(file: str) -> bool:
    return Path(file).name.startswith("test_browser")


@functools.cache
def _says(file: str, words: str) -> bool:
    return words in (Path(__file__).parents[1] / file).read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def no_internet() -> Iterator[None]:
    """Fail a test that tried, also when the product turned the refusal into data."""
    ATTEMPTS.clear()
    yield
    assert not ATTEMPTS, f"this test asked for {ATTEMPTS}: tests stay on this computer"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A workspace with quick models and 16 pictures in four colours; see tests/support/house.py."""
    from house import House  # here, so that the settings above hold before core is imported

    house = House(tmp_path, monkeypatch)
    yield house
    house.workspace.close()


@pytest.fixture(scope="module")
def lasting_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house for all tests of a file that only read: to make a run anew took most of the time of each."""
    from house import House

    with pytest.MonkeyPatch.context() as patch:
        house = House(tmp_path_factory.mktemp("house"), patch)
        yield house
        house.workspace.close()


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every tiny checkpoint, built once a process for all files that use it."""
    from tiny_checkpoints import build_all

    return build_all(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Pictures of noise in odd sizes, for the tiny checkpoints."""
    from tiny_checkpoints import draw_noise

    return draw_noise(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app for all browser tests that bring images of their own, whatever others have left in it: a server takes
    seconds to start, and as long to load the built-in models."""
    from app_server import running

    with running(tmp_path_factory.mktemp("app") / "workspace") as server:
        yield server


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """The app with finished runs, for all browser tests that look at results and take back what they change."""
    from finished_runs import serving

    with serving(tmp_path_factory.mktemp("finished")) as finished:
        yield finished
