"""What pip is doing, as one line for a person."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

_QUIET_SECONDS = 5
"""How often at most a line is printed where no terminal shows it."""


def say(text: str) -> None:
    """Print one line at once, even into a pipe."""
    print(text, flush=True)


def clock(seconds: float) -> str:
    """Seconds as m:ss."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Progress:
    """One line that says what pip is doing, how far and for how long: every second on a terminal, else at changes.

    During its longest phases pip prints nothing: what it fetched is measured, and packages that arrive are counted.
    """

    def __init__(self, packages: Path, fetched: Path, fetch_gb: float, way: tuple[int, int] = (0, 100)) -> None:
        """packages: where they arrive. fetched: where pip keeps what it fetched, about fetch_gb in all.
        way: from where to where this leads, in percent.
        """
        self._packages, self._fetched = packages, fetched
        self._fetch_bytes = fetch_gb * 1e9
        self._way = way
        self._share = 0.0
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

    def _now(self) -> str:
        """Fetching is taken for the first half of the way, and unpacking for the other."""
        text = self._text
        if self._total:
            done = min(self._count() - self._before, self._total)
            share = 0.5 + 0.5 * done / self._total
            text = f"installing, {done} of {self._total} packages"
        elif text.startswith("compiling"):
            return text
        else:
            share = 0.5 * min(_size_of(self._fetched) / self._fetch_bytes, 1.0)
        share = self._share = max(share, self._share)  # pip keeps some of it twice for a while
        first, last = self._way
        return f"{int(first + share * (last - first)):3} %  {text}"

    def _tick(self) -> None:
        while not self._over.wait(1.0):
            text = self._now()
            seconds = time.monotonic() - self._began
            if sys.stdout.isatty():
                print(f"\r\033[K  {clock(seconds)}  {text}"[: shutil.get_terminal_size().columns], end="", flush=True)
            elif int(seconds) % _QUIET_SECONDS == 0 and text != self._shown:
                print(f"  {clock(seconds)}  {text}", flush=True)
                self._shown = text


def _size_of(folder: Path) -> int:
    """The bytes of all files below a folder in which others write and delete."""
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                total += Path(place, name).stat().st_size
    return total
