"""What Facetry takes before it does anything: python benchmarks/startup.py [OTHER CHECKOUT] [--rounds N].

Prints a table, the median of N rounds (3): what `python -m core --help` and a process that decodes images cost; how
long the server takes to answer, and the memory it holds once it rests, before and after its first page; how long the
first page's heading takes from the address, in a server that rests (the very first visit, and later ones with the
browser's cache warm) and in one that has only just answered; how many requests and bytes the first visit takes. With
another checkout (of an earlier version, say, with a `.venv` of its own or a link to this one) both are measured in
turns in one run, and the last column is this one's share of the other's.

All seconds depend on the machine and on what else it does: a share says more, and processor time more than the clock.
What a known amount of work costs at that time (importing numpy) is in the table too. Needs Chromium and what the
browser tests need; Linux only.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright

import start

FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync".split()
LATER = 5
"""Later visits of each server."""
REST, RESTING, PATIENCE = 3.0, 0.05, 120.0
"""A server rests when it took less than RESTING seconds of processor time in the last REST seconds."""
WORKER = """
import multiprocessing, os, sys
from pathlib import Path
from core.config import config
from core.ingest.decode_pool import prepare_all
from core.ingest.sources.source_file import Found
if __name__ == "__main__":
    image, copies = map(Path, sys.argv[1:])
    outcomes = prepare_all([Found("image", image), Found("image", image)], copies, config())
    next(outcomes)  # it has started and decoded one; it ends with the second
    worker = multiprocessing.active_children()[0].pid
    taken = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{worker}/status").read_text()
    print((int(taken[11]) + int(taken[12])) / os.sysconf("SC_CLK_TCK"), status.split("VmHWM:")[1].split()[0])
    list(outcomes)
"""
Figures = dict[str, float]


def command_line(checkout: Path) -> Figures:
    """`python -m core --help`, and, for scale, `import numpy`."""
    helped, memory = _spent(checkout, "-m", "core", "--help")
    numpy, _ = _spent(checkout, "-c", "import numpy")
    return {"help: processor s": helped, "help: MB at most": memory, "(import numpy: processor s)": numpy}


def worker(checkout: Path) -> Figures:
    """One process that decodes images, from its start to its first image."""
    with tempfile.TemporaryDirectory() as folder:
        image = next((checkout / "data" / "demo" / "images").glob("*.jpg"))
        command = [_python(checkout), "-c", WORKER, str(image), folder]
        said = subprocess.run(command, cwd=checkout, env=_environment(), check=True, capture_output=True, text=True)
    seconds, kilobytes = said.stdout.split()
    return {"worker: processor s": float(seconds), "worker: MB at most": int(kilobytes) / 1024}


def server(checkout: Path, browser: Browser) -> Figures:
    """A server that rests before its first visit, and one that is visited as soon as it answers."""
    found: Figures = {}
    with _running(checkout) as app:
        found["health: s"], found["health: processor s"] = app.answered, app.answered_processor
        app.rest()
        found["MB before the first page"] = app.megabytes()
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        page = context.new_page()
        before, (requests, size) = app.processor(), _counted(page)
        found["first visit: heading s"] = _heading(page, app.url)
        page.wait_for_load_state("networkidle")
        found["first visit: requests"], found["first visit: MB sent"] = len(requests), sum(size) / 1e6
        app.rest()
        found["first visit: server's processor s"] = app.processor() - before
        found["MB after the first page"] = app.megabytes()
        later = [_heading(page, app.url) for _ in range(LATER)]
        found["later visits: heading s"] = statistics.median(later)
        context.close()
    with _running(checkout) as app:
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        found["visit at once: heading s"] = _heading(context.new_page(), app.url)
        context.close()
    return found


class App:
    """A server of a checkout. answered, answered_processor: seconds until /healthz said "ok", and what they took."""

    def __init__(self, checkout: Path, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [_python(checkout), "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
        began = time.monotonic()
        with open(folder / "log", "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(port)], cwd=checkout, stdout=log, stderr=log, start_new_session=True,
                env={**start.FRUGAL, **_environment(), "FACETRY_WORKSPACE": str(folder / "workspace")},
            )  # fmt: skip
        while time.monotonic() < began + PATIENCE:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=PATIENCE):
                    break
            except OSError:
                time.sleep(0.01)
        self.answered, self.answered_processor = time.monotonic() - began, self.processor()

    def processor(self) -> float:
        """Seconds of processor time so far."""
        taken = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(taken[11]) + int(taken[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        """Resident memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def rest(self) -> None:
        """Wait until it rests."""
        end = time.monotonic() + PATIENCE
        taken, before = self.processor(), -1.0
        while taken - before > RESTING and time.monotonic() < end:
            time.sleep(REST)
            before, taken = taken, self.processor()


@contextmanager
def _running(checkout: Path) -> Iterator[App]:
    with tempfile.TemporaryDirectory() as folder:
        app = App(checkout, Path(folder))
        try:
            yield app
        finally:
            app.process.send_signal(signal.SIGTERM)
            app.process.wait(60)


def _heading(page: Page, url: str) -> float:
    """Seconds from the address to the heading of the first page, as the page itself measures them."""
    page.goto("about:blank")
    page.goto(url, wait_until="commit")
    script = """() => document.querySelector('[data-testid=stMain] h1')?.checkVisibility() && performance.now()"""
    return float(page.wait_for_function(script, timeout=PATIENCE * 1000).json_value()) / 1000


def _counted(page: Page) -> tuple[list[str], list[float]]:
    """Two lists that grow with each request of the page, and with the bytes of each answer as they were sent."""
    asked: list[str] = []
    sizes: list[float] = []
    watched = page.context.new_cdp_session(page)
    watched.send("Network.enable")
    watched.on("Network.requestWillBeSent", lambda told: asked.append(told["request"]["url"]))
    watched.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    return asked, sizes


def _spent(checkout: Path, *arguments: str) -> tuple[float, float]:
    """Processor seconds and the most memory (MB) of a Python process."""
    process = subprocess.Popen(
        [_python(checkout), *arguments], cwd=checkout, env=_environment(), stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode} in {checkout}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _python(checkout: Path) -> str:
    return str(checkout / ".venv" / "bin" / "python")


def _environment() -> dict[str, str]:
    """Python may keep what it compiled, as start.py has it."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def measured(checkouts: list[Path], rounds: int) -> list[Figures]:
    """The median of each figure for each checkout; the checkouts take turns."""
    taken: list[list[Figures]] = [[] for _ in checkouts]
    with sync_playwright() as api:
        browser = api.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        parts: tuple[Callable[[Path], Figures], ...] = (
            command_line, worker, lambda checkout: server(checkout, browser)
        )  # fmt: skip
        for turn in range(rounds + 1):
            for place, checkout in enumerate(checkouts):
                found = {name: value for part in parts for name, value in part(checkout).items()}
                if turn:  # the first compiles modules and fills the disk's cache
                    taken[place].append(found)
        browser.close()
    return [{name: statistics.median(one[name] for one in found) for name in found[0]} for found in taken]


def main() -> None:
    parser = argparse.ArgumentParser(description="What Facetry takes before it does anything.")
    parser.add_argument("other", nargs="?", type=Path, help="another checkout to compare with")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    checkouts = [ROOT] if options.other is None else [ROOT, options.other.resolve()]
    figures = measured(checkouts, options.rounds)
    print(f"{'':36}{'this':>9}" + (f"{'other':>9}{'share':>8}" if options.other else ""))
    for name, value in figures[0].items():
        row = f"{name:36}{value:9.2f}"
        if options.other:
            other = figures[1][name]
            row += f"{other:9.2f}{value / other if other else float('nan'):8.2f}"
        print(row)


if __name__ == "__main__":
    main()
