"""The app as a process of its own, as `streamlit run streamlit_app.py` starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Server:
    """The app as a process of its own, on a workspace that outlives it.

    home: the home folder of whom it belongs to, where choosing a folder begins.
    """

    def __init__(self, workspace: Path) -> None:
        self.workspace, self.home = workspace, workspace.parent / "home"
        self.home.mkdir(exist_ok=True)
        self._log = workspace.parent / "server.log"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
        # What it says holds the token for others: it prints none into a file that they can read.
        with open(self._log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port)],
                cwd=ROOT,
                env={**os.environ, "FACETRY_WORKSPACE": str(self.workspace), "HOME": str(self.home)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        self.stop(signal.SIGKILL)
        raise TimeoutError(f"the app did not start: {self.said}")

    def stop(self, kind: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(kind)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def login(self) -> str:
        """The address that it printed for who is not the owner."""
        return next(word for word in self.said.split() if "?token=" in word)


@contextmanager
def running(workspace: Path) -> Iterator[Server]:
    """The app on a workspace, until the end of the block, by when it must have shown no traceback."""
    server = Server(workspace)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
    assert "Traceback" not in server.said
