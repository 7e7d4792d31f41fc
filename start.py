"""Set up Facetry and open it, with nothing but Python 3.11 or newer.

    python3 start.py [--port N] [--no-browser]   set up .venv if needed, run the app, open the browser
    python3 start.py install [PART ...]          install these parts (setup/parts.toml), or all of them, and stop
    python3 start.py test [pytest arguments]     install everything and run the tests

The app starts with the part `app` alone; others are added when they are first needed, also by the running app.
Standard library only, here and in setup/: this runs before anything is installed. It does not update itself, choose a
torch build for you or touch anything outside this folder (pip keeps its usual cache).
"""

from __future__ import annotations

import sys

OLDEST = (3, 11)
if sys.version_info < OLDEST:  # before the other imports: an old Python must reach this sentence
    sys.exit("Facetry needs Python 3.11 or newer, and this is Python %d.%d. Run it with a newer one, "
             "for example: python3.11 start.py" % sys.version_info[:2])  # fmt: skip

import argparse
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import NoReturn

from setup.explain import SetupError, explain
from setup.install import PYTHON, install
from setup.parts import APP, ROOT, VENV, read_parts
from setup.progress import say

# glibc keeps a pool of freed memory for every thread; without these the server holds about 130 MB more than it uses.
FRUGAL = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "100000", "MALLOC_MMAP_THRESHOLD_": "1000000"}
HOST = "127.0.0.1"


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


def port_number(text: str) -> int:
    """A port from the command line."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: give a whole number from 1 to 65535")
    return int(text)


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit status (2: wrong arguments or set-up failed)."""
    every_part = tuple(read_parts())
    parser = argparse.ArgumentParser(
        prog="start.py",
        description="Set up Facetry and open it in the browser.",
        epilog=f"start.py install [PART ...]: install these parts ({', '.join(every_part)}), or everything. "
        "start.py test [pytest arguments]: install everything and run the tests.",
    )
    parser.add_argument("command", nargs="?", choices=("install", "test"), help=argparse.SUPPRESS)
    parser.add_argument("parts", nargs="*", choices=(*every_part, []), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=port_number, default=8501, help="the port to use, or the next free one (8501)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    if argv[:1] == ["test"]:  # the rest is pytest's
        command, parts, rest = "test", every_part, list(argv[1:])
    else:
        args, rest = parser.parse_args(argv), []
        command = args.command
        parts = (args.parts or every_part) if command else (APP,)
    signal.signal(signal.SIGTERM, _as_interrupt)  # `kill` ends it as Ctrl-C does, with the app
    try:
        install(*parts)
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
