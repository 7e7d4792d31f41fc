"""start.py from a bare folder to an answering app, with tiny stand-in packages instead of the real ones.

The stand-in `streamlit` answers its health address, so that everything around it (venv, pip, port, Ctrl-C) is real.
What the real packages do is shown by running start.py itself; that every test here runs is its other half.
"""

from __future__ import annotations

import copy
import hashlib
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from setup import explain, parts
from setup import install as setup

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
PARTS = """
app = {fetch_gb = 0.1, disk_gb = 0.1, minutes = 1}
dev = {fetch_gb = 0.1, disk_gb = 0.1, minutes = 1}
[transformers]
packages = ["torch", "torchvision", "transformers"]
unhashed = ["torch", "torchvision"]
fetch_gb = 0.1
disk_gb = 0.1
minutes = 1
"""


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
        shutil.copytree(ROOT / "setup", path / "setup", ignore=shutil.ignore_patterns("*.txt", "*.toml", "__pycache__"))
        for name in ("streamlit", "torch", "torchvision", "transformers"):
            make_wheel(self.wheels, name, STREAMLIT)
        make_wheel(self.wheels, "pytest", PYTEST)
        (path / "requirements.txt").write_text(
            "# app\nstreamlit==1.0\ntorch==1.0\n\ntorchvision==1.0  # pair\ntransformers==1.0\n"
        )
        (path / "requirements-dev.txt").write_text("pytest==1.0\n")
        (path / "setup/parts.toml").write_text(PARTS)
        self.lock("app", "streamlit")
        self.lock("transformers", "transformers")
        self.lock("dev", "pytest")

    def copied(self, path: Path) -> Folder:
        """The same in another place, its environment included, whose pip is called as a module."""
        made = copy.copy(self)
        made.path = Path(shutil.copytree(self.path, path, symlinks=True))
        made.wheels = path / self.wheels.name
        return made

    def lock(self, part: str, package: str, sha256: str = "") -> None:
        """Write a lock file with one package and its hash, or another hash."""
        wheel = self.wheels / f"{package}-1.0-py3-none-any.whl"
        sha256 = sha256 or hashlib.sha256(wheel.read_bytes()).hexdigest()
        (self.path / f"setup/{part}.txt").write_text(f"{package}==1.0 \\\n    --hash=sha256:{sha256}\n")

    @property
    def packages(self) -> Path:
        return next((self.path / ".venv/lib").glob("python*/site-packages"))

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
            timeout=400,  # a machine with other work takes minutes for what takes 10 s
            check=False,
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Set up once: making a venv takes seconds."""
    made = Folder(tmp_path_factory.mktemp("clone"))
    done = made.run("install")
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """With an environment in which nothing is installed; tests take a copy."""
    made = Folder(tmp_path_factory.mktemp("bare") / "clone")
    subprocess.run([sys.executable, "-m", "venv", made.path / ".venv"], check=True)
    return made


@pytest.fixture
def start() -> SimpleNamespace:
    """The functions of start.py."""
    return SimpleNamespace(**runpy.run_path(str(ROOT / "start.py"), run_name="start"))


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that another program holds."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_the_app_part_leaves_the_others_out(bare: Folder, tmp_path: Path) -> None:
    fresh = bare.copied(tmp_path / "clone")
    done = fresh.run("install", "app")
    assert done.returncode == 0, done.stderr
    names = {path.name.split("-")[0] for path in fresh.packages.glob("*-1.0.dist-info")}
    assert names == {"streamlit"}
    assert "app: about 0.1 GB to download" in done.stdout
    done = fresh.run("install", "transformers")
    assert done.returncode == 0, done.stderr
    names = {path.name.split("-")[0] for path in fresh.packages.glob("*-1.0.dist-info")}
    assert names == {"streamlit", "torch", "torchvision", "transformers"}
    assert not (fresh.path / ".venv/facetry-fetched").exists(), "what was fetched for the installation is gone"


def test_a_package_with_another_hash_is_refused(bare: Folder, tmp_path: Path) -> None:
    fresh = bare.copied(tmp_path / "clone")
    fresh.lock("app", "streamlit", "0" * 64)
    done = fresh.run("install", "app")
    assert done.returncode == 2
    assert done.stderr.startswith("Installing app failed: a package is not the one that was pinned")
    assert not list(fresh.packages.glob("streamlit*"))


def test_two_installations_at_once_are_told_apart(folder: Folder) -> None:
    """The running app adds a part while somebody types `start.py install`."""
    import fcntl

    stamp = folder.path / ".venv/facetry-installed.txt"
    kept = stamp.read_text()
    stamp.unlink()
    try:
        with (folder.path / ".venv/facetry-install.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            done = folder.run("install", "app")
        assert done.returncode == 2
        assert done.stderr.startswith("Another set-up of this folder is at work.")
    finally:
        stamp.write_text(kept)


def test_a_part_that_cannot_fit_on_the_disk_is_refused_before_the_download(folder: Folder) -> None:
    toml = folder.path / "setup/parts.toml"
    stamp = folder.path / ".venv/facetry-installed.txt"
    kept = stamp.read_text()
    shutil.rmtree(folder.packages / "torch-1.0.dist-info")
    stamp.unlink()
    toml.write_text(
        PARTS.replace(
            'unhashed = ["torch", "torchvision"]\nfetch_gb = 0.1\ndisk_gb = 0.1',
            """
unhashed = ["torch", "torchvision"]
fetch_gb = 0.1
disk_gb = 100000000""",
        )
    )
    try:
        done = folder.run("install", "transformers")
        assert done.returncode == 2
        assert done.stderr.startswith("The part transformers takes 1e+08 GB of the disk while it is installed, and ")
        assert "Make room" in done.stderr
    finally:
        toml.write_text(PARTS)
        stamp.write_text(kept)
        folder.run("install", "transformers")


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
    packages = folder.packages
    (packages / "torchvision/__main__.py").unlink()
    (packages / "torchvision-1.0.dist-info/RECORD").unlink()  # pip writes this last
    (folder.path / ".venv/facetry-installed.txt").unlink()
    done = folder.run("install")
    assert "cut off at torchvision" in done.stdout
    assert (packages / "torchvision/__main__.py").exists()


def test_an_environment_that_does_not_work_is_made_again(folder: Folder) -> None:
    packages = folder.packages
    shutil.rmtree(packages / "pip/_internal/cli")
    (folder.path / ".venv/facetry-installed.txt").unlink()
    done = folder.run("install")
    assert "does not work; making it again" in done.stdout
    assert done.returncode == 0


def test_without_network_it_says_so(bare: Folder, tmp_path: Path) -> None:
    fresh = bare.copied(tmp_path / "clone")
    dead = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    done = fresh.run("--no-browser", PIP_FIND_LINKS="", **dead)
    assert done.returncode == 2
    assert done.stderr.startswith("Installing app failed: the package index could not be reached.")
    assert "facetry-install.log" in done.stderr
    assert "Traceback" not in done.stderr
    assert "GB to download" in done.stdout, "the size of the download is said first"


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
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "not the one that was pinned"),
    ],
)
def test_a_failure_is_explained(said: str, told: str) -> None:
    text = explain.explain(said, "Installing packages")
    assert text.startswith("Installing packages failed: ")
    assert told in text


def test_an_old_python_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, and this is Python 3\.9"):
        runpy.run_path(str(ROOT / "start.py"), run_name="__main__")


def test_a_python_without_venv_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    find = setup.importlib.util.find_spec
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name))
    monkeypatch.setattr(setup, "PYTHON", tmp_path / "none")
    with pytest.raises(explain.SetupError, match="apt install python3-venv"):
        setup.make_venv()


def test_what_the_app_runs_in_is_never_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def make(*args: object, **options: object) -> None:
        raise AssertionError(args)

    monkeypatch.setattr(setup.subprocess, "run", make)
    monkeypatch.setattr(setup, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(setup, "VENV", Path(sys.prefix))
    setup.make_venv()
    monkeypatch.setattr(setup, "VENV", tmp_path)
    with pytest.raises(AssertionError, match="version_info"):
        setup.make_venv()


@pytest.mark.parametrize(
    "args", [["--port", "0"], ["--port", "x"], ["--port", "70000"], ["tset"], ["--brwser"], ["install", "torch"]]
)
def test_wrong_arguments_are_refused(
    start: SimpleNamespace, args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        start.main(args)
    assert stop.value.code == 2
    assert args[-1] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("versions", "here"),
    [
        ({"torch": "2.0.0+cpu", "torchvision": "0.15.0+cpu"}, True),
        ({"torch": "2.0.0", "torchvision": "0.15.0"}, True),
        ({"torch": "1.9.0+cpu", "torchvision": "0.15.0+cpu"}, False),
        ({"torch": "2.0.0+cpu"}, False),
        ({}, False),
    ],
)
def test_another_build_of_the_pinned_torch_will_do(tmp_path: Path, versions: dict[str, str], here: bool) -> None:
    for name, version in versions.items():
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    assert parts.are_here(["torch==2.0.0", "torchvision==0.15.0"], tmp_path) is here


def test_a_changed_pin_asks_for_an_installation_of_its_part(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "setup", tmp_path / "setup")
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    shutil.copy(ROOT / "requirements-dev.txt", tmp_path)

    def marks() -> dict[str, str]:
        return {name: setup.fingerprint(tmp_path, part) for name, part in parts.read_parts(tmp_path).items()}

    def changed(before: Mapping[str, str]) -> set[str]:
        return {name for name, mark in marks().items() if mark != before[name]}

    before = marks()
    with (tmp_path / "setup/dev.txt").open("a") as file:
        file.write("another==1.0\n")
    assert changed(before) == {"dev"}, "test tools do not concern the app"
    before = marks()
    wanted = tmp_path / "requirements.txt"
    wanted.write_text(wanted.read_text().replace("torch==", "torch==1"))
    assert changed(before) == {"transformers"}


FLAGS = "flags\t\t: fpu vme {}avx512f\n"


def test_packages_are_compiled_once_also_where_the_environment_keeps_no_bytecode(start: SimpleNamespace) -> None:
    environment = {"PATH": "/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    assert start.with_bytecode(environment) == {"PATH": "/bin", "PYTHONPYCACHEPREFIX": str(start.VENV / "bytecode")}
    own = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/elsewhere"}
    assert start.with_bytecode(own) == {"PYTHONPYCACHEPREFIX": "/elsewhere"}
    assert start.with_bytecode({"PATH": "/bin"}) == {"PATH": "/bin"}


@pytest.fixture
def cpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[bool], list[tuple[str, list[str], dict[str, str]]]]:
    """As on a processor with or without AMX, where nothing is installed: what would be, with its options."""

    def on(amx: bool) -> list[tuple[str, list[str], dict[str, str]]]:
        (tmp_path / "cpuinfo").write_text(FLAGS.format("amx_bf16 amx_tile amx_int8 " if amx else ""))
        installed: list[tuple[str, list[str], dict[str, str]]] = []
        for name, value in {
            "CPUINFO": tmp_path / "cpuinfo",
            "STAMP": tmp_path / "stamp",
            "VENV": tmp_path,
            "make_venv": lambda: None,
            "check_room": lambda part: None,
            "site_packages": lambda: tmp_path,
            "PYTHON": sys.executable,
            "pip_install": lambda what, title, _, env=None: installed.append((title, list(what), dict(env or {}))),
        }.items():
            monkeypatch.setattr(setup, name, value)
        return installed

    return on


def test_where_the_processor_has_amx_compiled_packages_are_built_without_it(
    cpu: Callable[[bool], list[tuple[str, list[str], dict[str, str]]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFLAGS", "-O1")
    monkeypatch.delenv("CXXFLAGS", raising=False)
    installed = cpu(True)
    setup.install("app", "llama_cpp")
    assert [title for title, *_ in installed] == ["Installing app", "Installing llama_cpp"]
    assert installed[0][1][:2] == ["--only-binary", ":all:"], "nothing else is built from source"
    _, options, env = installed[1]
    assert env == {"CFLAGS": f"-O1 {setup.WITHOUT_AMX}", "CXXFLAGS": setup.WITHOUT_AMX}
    assert "--force-reinstall" in options  # a build with AMX may be there
    assert options[-1].endswith("llama_cpp.txt")
    cache = options[options.index("--cache-dir") + 1]  # pip's own may hold a build with AMX
    assert cache.endswith("-without-amx")
    setup.install("app", "llama_cpp")
    assert len(installed) == 2, "it is done once"


def test_a_build_of_an_earlier_version_is_replaced_only_where_the_processor_has_amx(
    cpu: Callable[[bool], list[tuple[str, list[str], dict[str, str]]]],
) -> None:
    installed = cpu(False)
    setup.install("app", "llama_cpp")
    assert [title for title, *_ in installed] == ["Installing app", "Installing llama_cpp"]
    assert all(env == {} for *_, env in installed)
    installed = cpu(True)  # the stamp says that all is installed, built with AMX
    setup.install("app", "llama_cpp")
    assert [title for title, *_ in installed] == ["Installing llama_cpp"]


def test_a_computer_that_does_not_tell_its_processor_counts_as_one_without_amx(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup, "CPUINFO", tmp_path / "none")
    assert setup.has_amx() is False
