"""start.py from a bare folder to an answering app, with tiny stand-in packages instead of the real ones.

The stand-in `streamlit` answers its health address, so that everything around it (venv, pip, port, Ctrl-C) is real.
What the real packages do is shown by running start.py itself; that every test here runs is its other half.
"""

from __future__ import annotations

import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
STREAMLIT = """
import http.server, sys
port = int(sys.argv[sys.argv.index("--server.port") + 1])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200), self.end_headers(), self.wfile.write(b"ok")
    def log_message(self, *args): pass
try:
    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
except KeyboardInterrupt:
    pass
"""
PYTEST = "import sys; print('pytest got', sys.argv[1:]); sys.exit(3)"


def make_wheel(folder: Path, name: str, main: str) -> None:
    """A wheel that holds one package with a __main__."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": "",
        f"{name}/__main__.py": main,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)


class Folder:
    """A folder as a newcomer has it after cloning, with stand-in requirements."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wheels = path / "wheels"
        self.wheels.mkdir(parents=True)
        shutil.copy(ROOT / "start.py", path)
        for name in ("streamlit", "torch", "torchvision"):
            make_wheel(self.wheels, name, STREAMLIT)
        for name in ("pytest", "llama_cpp_python"):
            make_wheel(self.wheels, name, PYTEST)
        (path / "requirements.txt").write_text(
            "# app\nstreamlit==1.0\ntorch==1.0\ntorchvision==1.0  # pair\n\nllama-cpp-python==1.0\n"
        )
        (path / "requirements-dev.txt").write_text("pytest==1.0\n")
        (path / "constraints.txt").write_text("")

    def environment(self) -> dict[str, str]:
        own = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
        own |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}
        return own | {"PYTHONUNBUFFERED": "1"}

    def run(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "start.py", *args],
            cwd=self.path,
            env=self.environment() | env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Set up once: making a venv takes seconds."""
    made = Folder(tmp_path_factory.mktemp("clone"))
    done = made.run("install")
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The functions of start.py."""
    return SimpleNamespace(**runpy.run_path(str(ROOT / "start.py"), run_name="start"))


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that another program holds."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_install_is_done_once(folder: Folder) -> None:
    (folder.path / ".venv/facetry-install.log").unlink(missing_ok=True)
    again = folder.run("install")
    assert again.returncode == 0
    assert not (folder.path / ".venv/facetry-install.log").exists(), "pip ran although nothing had changed"


def test_app_answers_on_the_next_free_port_and_ctrl_c_ends_it(folder: Folder, busy_port: int) -> None:
    command = [sys.executable, "start.py", "--no-browser", "--port", str(busy_port)]
    app = subprocess.Popen(
        command,
        cwd=folder.path,
        env=folder.environment(),
        stdout=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has Ctrl-C ignored, also by what the tests start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no lock is taken
    )
    assert app.stdout is not None
    with app.stdout:
        lines = [app.stdout.readline(), app.stdout.readline()]
        assert lines[0].startswith(f"Port {busy_port} is in use: taking ")
        address = lines[1].split(" at ")[1].split()[0]
        with urllib.request.urlopen(address, timeout=5) as answer:
            assert answer.status == 200
        app.send_signal(signal.SIGINT)
        assert app.wait(60) == 0
        assert app.stdout.read() == "Facetry has ended\n"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(address.rsplit(":", 1)[1]))) != 0, "the app was left running"


def test_test_passes_its_arguments_on_and_returns_the_status_of_pytest(folder: Folder) -> None:
    done = folder.run("test", "-k", "names", "--port", "1")
    assert done.returncode == 3
    assert "pytest got ['-k', 'names', '--port', '1']" in done.stdout


def test_a_cut_off_installation_is_repaired(folder: Folder) -> None:
    packages = next((folder.path / ".venv/lib").glob("python*/site-packages"))
    (packages / "torchvision/__main__.py").unlink()
    (packages / "torchvision-1.0.dist-info/RECORD").unlink()  # pip writes this last
    (folder.path / ".venv/facetry-installed.txt").unlink()
    done = folder.run("install")
    assert "cut off at torchvision" in done.stdout
    assert (packages / "torchvision/__main__.py").exists()


def test_an_environment_that_does_not_work_is_made_again(folder: Folder) -> None:
    packages = next((folder.path / ".venv/lib").glob("python*/site-packages"))
    shutil.rmtree(packages / "pip/_internal/cli")
    (folder.path / ".venv/facetry-installed.txt").unlink()
    done = folder.run("install")
    assert "does not work; making it again" in done.stdout
    assert done.returncode == 0


def test_without_network_it_says_so(tmp_path: Path) -> None:
    fresh = Folder(tmp_path / "clone")
    (fresh.path / "requirements.txt").write_text("streamlit==1.0\ntorch==1.0\ntorchvision==1.0\n")
    dead = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    done = fresh.run("--no-browser", PIP_FIND_LINKS="", **dead)
    assert done.returncode == 2
    assert done.stderr.startswith("Installing packages failed: the package index could not be reached.")
    assert "facetry-install.log" in done.stderr
    assert "Traceback" not in done.stderr
    if sys.platform == "linux":
        assert "CUDA" in done.stdout, "the size of the download is said first"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        ("Failed to establish a new connection: [Errno -3] Temporary failure in name resolution", "Check the network"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "certificate was not accepted"),
        ("ERROR: No matching distribution found for torch==2.14.1", "finds no build of torch==2.14.1 for this Python"),
        ("CMake Error: CMAKE_CXX_COMPILER not set, after EnableLanguage", "build-essential"),
        ("ERROR: Could not install packages: [Errno 13] Permission denied: 'x'", "Check who owns"),
        ("some lines\n  ERROR: the unexpected {braces}\nmore", "the unexpected {braces}"),
        ("[Errno 5] Input/output error: '.venv'", "Input/output error"),
        ("", "no reason"),
    ],
)
def test_a_failure_is_explained(start: SimpleNamespace, said: str, told: str) -> None:
    text = start.explain(said, "Installing packages")
    assert text.startswith("Installing packages failed: ")
    assert told in text


def test_an_old_python_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, and this is Python 3\.9"):
        runpy.run_path(str(ROOT / "start.py"), run_name="__main__")


def test_a_python_without_venv_is_told(start: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    find = start.importlib.util.find_spec
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name))
    monkeypatch.setitem(start.make_venv.__globals__, "PYTHON", tmp_path / "none")
    with pytest.raises(start.SetupError, match="apt install python3-venv"):
        start.make_venv()


@pytest.mark.parametrize("args", [["--port", "0"], ["--port", "x"], ["--port", "70000"], ["tset"], ["--brwser"]])
def test_wrong_arguments_are_refused(
    start: SimpleNamespace, args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        start.main(args)
    assert stop.value.code == 2
    assert args[-1] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("versions", "used"),
    [
        ({"torch": "2.0.0+cpu", "torchvision": "0.15.0+cpu"}, True),
        ({"torch": "2.0.0", "torchvision": "0.15.0"}, True),
        ({"torch": "1.9.0+cpu", "torchvision": "0.15.0+cpu"}, False),
        ({"torch": "2.0.0+cpu"}, False),
        ({}, False),
    ],
)
def test_a_torch_that_is_already_there_is_used(
    start: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, versions: dict[str, str], used: bool
) -> None:
    (tmp_path / "requirements.txt").write_text("torch==2.0.0\ntorchvision==0.15.0\n")
    for name, version in versions.items():
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    monkeypatch.setitem(start.has_pinned_torch.__globals__, "ROOT", tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert start.has_pinned_torch(sys.executable) is used


def test_every_requirement_is_pinned(start: SimpleNamespace) -> None:
    read: Callable[[Path], list[str]] = start.requirement_lines
    for name in ("requirements.txt", "requirements-dev.txt", "constraints.txt"):
        lines = read(ROOT / name)
        assert lines
        assert all(line.count("==") == 1 for line in lines), name
    assert "llama-cpp-python" in "".join(start.wanted(ROOT, everything=True))
    assert "llama-cpp-python" not in "".join(start.wanted(ROOT, everything=False))


def test_a_changed_pin_asks_for_an_installation(start: SimpleNamespace, tmp_path: Path) -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    before = [start.fingerprint(tmp_path, everything=everything) for everything in (False, True)]
    with (tmp_path / "requirements-dev.txt").open("a") as file:
        file.write("another==1.0\n")
    after = [start.fingerprint(tmp_path, everything=everything) for everything in (False, True)]
    assert before[0] == after[0], "test tools do not concern the app"
    assert before[1] != after[1]
    (tmp_path / "constraints.txt").write_text("another==2.0\n")
    assert start.fingerprint(tmp_path, everything=False) != after[0]


FLAGS = "flags\t\t: fpu vme {}avx512f\n"


def test_packages_are_compiled_once_also_where_the_environment_keeps_no_bytecode(start: SimpleNamespace) -> None:
    environment = {"PATH": "/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    assert start.with_bytecode(environment) == {"PATH": "/bin", "PYTHONPYCACHEPREFIX": str(start.VENV / "bytecode")}
    own = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/elsewhere"}
    assert start.with_bytecode(own) == {"PYTHONPYCACHEPREFIX": "/elsewhere"}
    assert start.with_bytecode({"PATH": "/bin"}) == {"PATH": "/bin"}


@pytest.fixture
def cpu(start: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[bool], SimpleNamespace]:
    """start.py as on a processor with or without AMX, where nothing is installed: `installed` has what would be."""

    def on(amx: bool) -> SimpleNamespace:
        (tmp_path / "cpuinfo").write_text(FLAGS.format("amx_bf16 amx_tile amx_int8 " if amx else ""))
        start.installed = []
        inside = start.install.__globals__
        for name, value in {
            "CPUINFO": tmp_path / "cpuinfo",
            "STAMP": tmp_path / "stamp",
            "make_venv": lambda: None,
            "announce_download": lambda: None,
            "site_packages": lambda: tmp_path,
            "PYTHON": sys.executable,
            "pip_install": lambda lines, _, what, env=None: start.installed.append((what, list(lines), env or {})),
        }.items():
            monkeypatch.setitem(inside, name, value)
        return start

    return on


def test_where_the_processor_has_amx_compiled_packages_are_built_without_it(
    cpu: Callable[[bool], SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFLAGS", "-O1")
    monkeypatch.delenv("CXXFLAGS", raising=False)
    start = cpu(True)
    start.install(everything=True)
    assert [what for what, *_ in start.installed] == [
        "Installing packages",
        "Compiling llama-cpp-python",
        "Installing the rest",
    ]
    _, lines, env = start.installed[1]
    assert env == {"CFLAGS": f"-O1 {start.WITHOUT_AMX}", "CXXFLAGS": start.WITHOUT_AMX}
    assert "--force-reinstall" in lines  # a build with AMX may be there
    assert lines[-1].startswith("llama-cpp-python==")
    cache = lines[lines.index("--cache-dir") + 1]  # pip's own may hold a build with AMX
    assert cache.endswith("-without-amx")
    start.install(everything=True)
    assert len(start.installed) == 3, "it is done once"


def test_a_build_of_an_earlier_version_is_replaced_only_where_the_processor_has_amx(
    cpu: Callable[[bool], SimpleNamespace],
) -> None:
    start = cpu(False)
    start.install(everything=True)
    assert [what for what, *_ in start.installed] == ["Installing packages", "Installing the rest"]
    assert all(env == {} for *_, env in start.installed)
    start = cpu(True)  # the stamp says that all is installed, built with AMX
    start.install(everything=True)
    assert [what for what, *_ in start.installed] == ["Compiling llama-cpp-python", "Installing the rest"]


def test_a_computer_that_does_not_tell_its_processor_counts_as_one_without_amx(
    start: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(start.has_amx.__globals__, "CPUINFO", tmp_path / "none")
    assert start.has_amx() is False
