"""Set up Facetry and open it, with nothing but Python 3.11 or newer.

    python3 start.py [--port N] [--no-browser]   set up .venv if needed, run the app, open the browser
    python3 start.py install                     install everything, including what must be compiled, and stop
    python3 start.py test [pytest arguments]     install everything and run the tests

Standard library only: this file runs before anything is installed. It does not update itself, choose a torch build
for you or touch anything outside this folder (pip keeps its usual cache).
"""

from __future__ import annotations

import sys

OLDEST = (3, 11)
if sys.version_info < OLDEST:  # before the other imports: an old Python must reach this sentence
    sys.exit("Facetry needs Python 3.11 or newer, and this is Python %d.%d. Run it with a newer one, "
             "for example: python3.11 start.py" % sys.version_info[:2])  # fmt: skip

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# glibc keeps a pool of freed memory for every thread; without these the server holds about 130 MB more than it uses.
FRUGAL = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "100000", "MALLOC_MMAP_THRESHOLD_": "1000000"}
STAMP = VENV / "facetry-installed.txt"
LOG = VENV / "facetry-install.log"
HOST = "127.0.0.1"
COMPILED = ("llama-cpp-python",)
"""Built from source for minutes, with a compiler: the app starts without these and says how to add them."""
CPUINFO = Path("/proc/cpuinfo")
WITHOUT_AMX = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
"""Compiler options for llama-cpp-python on processors with AMX, where llama.cpp's use of it ends the whole process
(ggml-org/llama.cpp issue 20824). Its own switches for AMX do not help, as -march=native brings it back."""
NEEDED_GB = 10
"""The installed packages with torch's CUDA build take 7 GB; pip also unpacks one wheel at a time beside them."""


class SetupError(Exception):
    """Set-up cannot go on; the text is for the person and says what to do next."""


def requirement_lines(path: Path) -> list[str]:
    """The requirement lines of a file, without comments and blank lines."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def wanted(root: Path, *, everything: bool) -> list[str]:
    """The pinned requirements of the app, or with `everything` also the compiled ones and the test tools."""
    lines = requirement_lines(root / "requirements.txt")
    if everything:
        return lines + requirement_lines(root / "requirements-dev.txt")
    return [line for line in lines if line.split("==")[0] not in COMPILED]


def fingerprint(root: Path, *, everything: bool) -> str:
    """SHA-256 over what decides an installation: requirements, their constraints, how the compiled ones are built."""
    constraints = (root / "constraints.txt").read_text(encoding="utf-8")
    lines = [*wanted(root, everything=everything), constraints]
    if everything and has_amx():
        lines.append(WITHOUT_AMX)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def has_amx() -> bool:
    """Whether this processor has AMX (Intel, from Sapphire Rapids on), as Linux tells it."""
    try:
        return "amx_tile" in CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return False


def make_venv() -> None:
    """Make .venv, or keep the one that is there if its Python still runs, is new enough and can install."""
    if PYTHON.exists():
        probe = f"import sys; sys.exit(sys.version_info < {OLDEST})"
        if not STAMP.exists():  # Ctrl-C in the first seconds leaves an environment without a whole pip
            probe = "import pip._internal.cli.main; " + probe
        if subprocess.run([PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0:
            return
        say("The .venv that is here does not work; making it again")
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise SetupError(
            "This Python has no venv module. On Debian and Ubuntu: sudo apt install python3-venv. Then run this again."
        )
    say("Making .venv for Facetry's packages")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    # A new venv sees the packages of the base interpreter only, not those of a venv that this runs in.
    if sys.prefix == sys.base_prefix and has_pinned_torch(sys.executable):
        say("PyTorch is already here: using it instead of downloading another")
        command.insert(3, "--system-site-packages")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(explain(done.stdout + done.stderr, "Making .venv"))


def has_pinned_torch(python: str | Path) -> bool:
    """Whether an interpreter has the pinned torch and torchvision, in whatever build: 2.14.1+cpu is 2.14.1."""
    code = "from importlib.metadata import version as v; [print(n, v(n), sep='==') for n in ('torch', 'torchvision')]"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    have = {word.split("+")[0] for word in done.stdout.split()}
    return len(have & set(requirement_lines(ROOT / "requirements.txt"))) == 2


def site_packages() -> Path:
    """Where .venv keeps its packages."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.strip())


def forget_half_installed(packages: Path) -> list[str]:
    """Remove the record of packages whose installation was cut off, so that pip installs them again.

    pip writes INSTALLER and then RECORD last; without one of them files may be missing although pip would call the
    requirement satisfied. Returns the names removed.
    """
    broken = [d for d in packages.glob("*.dist-info") if not ((d / "INSTALLER").exists() and (d / "RECORD").exists())]
    for folder in broken:
        shutil.rmtree(folder)
    return sorted(folder.name.split("-")[0] for folder in broken)


def install(*, everything: bool) -> None:
    """Bring .venv in step with the requirement files; returns at once when the stamp says that it is."""
    make_venv()
    app, full = (fingerprint(ROOT, everything=which) for which in (False, True))
    have = STAMP.read_text(encoding="utf-8").split() if STAMP.exists() else []
    if full in have or (app in have and not everything):
        return
    packages = site_packages()
    for name in forget_half_installed(packages):
        say(f"The last set-up was cut off at {name}: installing it again")
    if app not in have:
        announce_download()
        pip_install(wanted(ROOT, everything=False), packages, "Installing packages")
        STAMP.write_text(app, encoding="utf-8")
    if everything:
        if not any(packages.glob("llama_cpp_python-*.dist-info")):
            say("llama-cpp-python is compiled here, once: about 10 minutes on two cores")
        if has_amx():
            compile_without_amx(packages)
        pip_install(wanted(ROOT, everything=True), packages, "Installing the rest")
        STAMP.write_text(f"{app}\n{full}", encoding="utf-8")
    say("All packages are in place")


def compile_without_amx(packages: Path) -> None:
    """Install the compiled packages built without AMX, also in place of a build with it.

    pip keeps what it built by name and version, whatever the options were; so these builds have a cache of their own.
    """
    lines = [line for line in wanted(ROOT, everything=True) if line.split("==")[0] in COMPILED]
    shown = subprocess.run([PYTHON, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False)
    cache = ["--cache-dir", f"{shown.stdout.strip()}-without-amx"] if shown.returncode == 0 else ["--no-cache-dir"]
    flags = {name: f"{os.environ.get(name, '')} {WITHOUT_AMX}".strip() for name in ("CFLAGS", "CXXFLAGS")}
    options = ["--force-reinstall", "--no-deps", *cache]
    pip_install([*options, *lines], packages, "Compiling llama-cpp-python", flags)


def announce_download() -> None:
    """Say before the big download how big it is."""
    if has_pinned_torch(PYTHON):
        return
    if sys.platform == "linux":
        say(
            "PyTorch for Linux brings NVIDIA's CUDA libraries along: about 3 GB to download, 7 GB on disk in all.\n"
            "To use its small CPU build instead, press Ctrl-C and put that into .venv first (see README)."
        )
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GB:
        say(f"Only {free:.1f} GB are free on this disk; up to {NEEDED_GB} GB may be needed")


def pip_install(lines: Sequence[str], packages: Path, what: str, env: Mapping[str, str] | None = None) -> None:
    """Install requirement lines with pip, showing what it is at. pip's own words go to LOG.

    env: environment variables beside those there are.
    --no-compile: compiling every file of every package costs over a minute; Python compiles what the app imports.
    """
    options = "--no-compile --no-input --no-user --disable-pip-version-check --progress-bar off".split()
    command = [str(PYTHON), "-m", "pip", "install", *options, "-c", str(ROOT / "constraints.txt"), *lines]
    began = time.monotonic()
    with Progress(packages) as progress, LOG.open("w", encoding="utf-8") as log:
        pip = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        try:
            assert pip.stdout is not None
            for line in pip.stdout:
                log.write(line)
                log.flush()
                progress.heard(line)
            status = pip.wait()
        except BaseException:
            pip.terminate()
            pip.wait()
            raise
    if status != 0:
        raise SetupError(f"{explain(LOG.read_text(encoding='utf-8'), what)} Everything pip said: {LOG}")
    say(f"{what}: done in {clock(time.monotonic() - began)}")


class Progress:
    """One line that says what pip is doing and for how long: every second on a terminal, else at changes.

    During its longest phase pip prints nothing, so packages that arrive in the folder are counted instead.
    """

    def __init__(self, packages: Path) -> None:
        self._packages = packages
        self._before = self._count()
        self._total = 0
        self._text = "asking what is needed"
        self._shown = ""
        self._began = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()
        if sys.stdout.isatty():
            print("\r\033[K", end="", flush=True)

    def heard(self, line: str) -> None:
        """Take one line of pip's output."""
        if found := re.match(r"\s*Downloading (\S+?)-\d\S* \(([\d.]+ [MG]B)\)", line):
            self._text = f"downloading {found[1]}, {found[2]}"
        elif found := re.match(r"(?:Collecting|Processing) (\S+)", line):
            self._text = f"fetching {re.split(r'[<>=!~;-]', Path(found[1]).name)[0]}"
        elif found := re.match(r"\s*Building wheel for (\S+)", line):
            self._text = f"compiling {found[1]}"
        elif line.startswith("Installing collected packages:"):
            self._total = line.count(",") + 1
            self._before = self._count()

    def _count(self) -> int:
        return sum(1 for _ in self._packages.glob("*.dist-info"))

    def _tick(self) -> None:
        while not self._over.wait(1.0):
            text = self._text
            if self._total:
                text = f"installing, {min(self._count() - self._before, self._total)} of {self._total} packages"
            seconds = time.monotonic() - self._began
            if sys.stdout.isatty():
                print(f"\r\033[K  {clock(seconds)}  {text}"[: shutil.get_terminal_size().columns], end="", flush=True)
            elif int(seconds) % 15 == 0 and text != self._shown:
                print(f"  {clock(seconds)}  {text}", flush=True)
                self._shown = text


REASONS = (
    (r"No space left on device|Errno 28", "the disk is full. Free some space (7 GB in all) and run this again"),
    (
        r"CMAKE_CXX?_COMPILER|Could not find compiler|No CMAKE_\w+ could be found|command '\S*(?:gcc|cc|g\+\+)' failed",
        "llama-cpp-python is compiled here and found no working C and C++ compiler. "
        "On Debian and Ubuntu: sudo apt install build-essential",
    ),
    (r"CERTIFICATE_VERIFY_FAILED", "the package index's certificate was not accepted. Check the date and the proxy"),
    (
        r"Temporary failure in name resolution|NewConnectionError|Network is unreachable|Connection refused"
        r"|ConnectTimeout|ReadTimeout|Max retries exceeded|Connection aborted|ProxyError|Could not connect",
        "the package index could not be reached. Check the network (or the proxy) and run this again; "
        "what was downloaded is kept",
    ),
    (
        r"No matching distribution found for (?P<what>\S+)",
        "pip finds no build of {what} for this Python on this kind of computer. Facetry is tested with Python 3.11 on "
        "64-bit Linux",
    ),
    (r"Permission denied|Errno 13", "a file may not be written here. Check who owns this folder and .venv"),
)
"""What to say for the words in pip's output: the first that fits, as a log may also hold network faults it got over."""


def explain(output: str, what: str) -> str:
    """One sentence for a failed step, from the words of the tool that failed."""
    for pattern, reason in REASONS:
        if found := re.search(pattern, output):
            return f"{what} failed: {reason.format(**found.groupdict())}."
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["no reason was given"]
    errors = [line for line in lines if line.lower().startswith("error")]
    return f"{what} failed: {(errors or lines[-1:])[0].rstrip('.')}."


def free_port(first: int) -> int:
    """The first free port of this computer from `first` on; at most 50 are tried."""
    for port in range(first, min(first + 50, 65536)):
        with socket.socket() as probe:
            if os.name != "nt":  # as servers do: a port that was left a moment ago counts as free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except PermissionError as error:
                raise SetupError(f"Port {port} may not be used by this account; try --port 8501.") from error
            except OSError:
                continue
        if port != first:
            say(f"Port {first} is in use: taking {port} instead")
        return port
    raise SetupError(f"No free port from {first} on; choose another with --port.")


def run_app(port: int, *, browser: bool) -> int:
    """Run the app until it ends or Ctrl-C; returns the exit status."""
    port = free_port(port)
    command = [str(PYTHON), "-m", "streamlit", "run", "streamlit_app.py"]
    # headless: the browser is opened here, once the app answers
    command += ["--server.port", str(port), "--server.headless", "true"]
    app = subprocess.Popen(command, cwd=ROOT, env=with_bytecode({**FRUGAL, **os.environ}))
    try:
        if wait_until_up(f"http://{HOST}:{port}/_stcore/health", app):
            say(f"Facetry is open at http://{HOST}:{port} (Ctrl-C here ends it)")
            if browser and has_screen():
                webbrowser.open(f"http://{HOST}:{port}")
        status = app.wait()
    except KeyboardInterrupt:
        end(app)
        say("Facetry has ended")
        return 0
    if status != 0:
        print(f"The app stopped by itself (status {status}); the lines above say why.", file=sys.stderr)
    return status


def with_bytecode(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for our own processes: compiled modules are kept inside .venv where it says to keep none.

    Packages are installed without them (see `pip_install`), so each process would compile all that it imports: 4 s more
    at every start. Containers often set PYTHONDONTWRITEBYTECODE.
    """
    kept = dict(environment)
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "bytecode"))
    return kept


def wait_until_up(url: str, app: subprocess.Popen[bytes]) -> bool:
    """Wait until the address answers; False when the app ends first."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy cannot reach our loopback
    while app.poll() is None:
        try:
            with direct.open(url, timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def has_screen() -> bool:
    """Whether a browser can open a window; without one Python would start a text browser in this terminal."""
    return sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))


def end(app: subprocess.Popen[bytes]) -> None:
    """End the app: it has its own Ctrl-C from the terminal or gets a request now, and 5 seconds."""
    for again in (signal.SIGINT, signal.SIGTERM):  # a second one must not leave the app behind
        signal.signal(again, signal.SIG_IGN)
    app.terminate()
    try:
        app.wait(5)
    except subprocess.TimeoutExpired:
        app.kill()
        app.wait()


def _as_interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def say(text: str) -> None:
    """Print one line at once, even into a pipe."""
    print(text, flush=True)


def clock(seconds: float) -> str:
    """Seconds as m:ss."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def port_number(text: str) -> int:
    """A port from the command line."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: give a whole number from 1 to 65535")
    return int(text)


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit status (2: wrong arguments or set-up failed)."""
    parser = argparse.ArgumentParser(
        prog="start.py",
        description="Set up Facetry and open it in the browser.",
        epilog="start.py install: install everything. start.py test [pytest arguments]: also run the tests.",
    )
    parser.add_argument("command", nargs="?", choices=("install", "test"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=port_number, default=8501, help="the port to use, or the next free one (8501)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    if argv[:1] == ["test"]:  # the rest is pytest's
        command, rest = "test", list(argv[1:])
    else:
        args, rest = parser.parse_args(argv), []
        command = args.command
    signal.signal(signal.SIGTERM, _as_interrupt)  # `kill` ends it as Ctrl-C does, with the app
    try:
        install(everything=command is not None)
        if command == "test":
            # All of them in three processes; a choice of them in one, which starts sooner and shows what it prints.
            chosen = rest or ["-n", "3", "--no-loadscope-reorder"]
            command_line, environment = [str(PYTHON), "-m", "pytest", *chosen], with_bytecode(os.environ)
            return subprocess.run(command_line, cwd=ROOT, env=environment, check=False).returncode
        return 0 if command == "install" else run_app(args.port, browser=not args.no_browser)
    except SetupError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(explain(str(error), "Setting up"), file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped. Run the same command to go on.", file=sys.stderr)
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
