"""A run with a chat model that is killed again and again, by the command line or as the server has it at work.

Each request costs money. What is asked twice may only be what was under way at a kill, or was answered a moment before:
within 50 ms, or so many as the engine lets wait to be saved where the machine is too busy for that.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from colour_server import painter, step_asked
from fakes import COLOURS
from house import draw
from openai_faults import KEY
from openai_server import Server

from core.config import Config
from core.engine.run_step import UNSAVED
from core.models import prices
from core.models.prices import Price
from core.store.runs import RunRow
from core.workspace import Workspace

ROOT = Path(__file__).parents[2]
AT_ONCE = 8
WINDOW = 0.05
"""Seconds within which an answer is saved after it has come."""
_DOLLARS = 1000.0
_AS_A_SERVER = """
import sys, time
from core.jobs import Jobs
from core.models.registry import Keys
from core.workspace import Workspace

workspace = Workspace()
interrupted = workspace.store.runs.interrupt_running()
jobs = Jobs(workspace)
(run,) = workspace.store.runs.recent()
jobs.start(run.id, "assign", keys={sys.argv[1]: sys.argv[2]})
while jobs.active():
    time.sleep(0.02)
status = workspace.store.runs.get(run.id).status
workspace.close()
sys.exit(0 if status == "done" else 1)
"""


@dataclass
class Killing:
    """A workspace, a server, and what the kills did.

    Attributes:
        kills: so many came while a process was at work.
        allowed: how many requests may have been asked twice because of them, and `strictly` were the answers of 50 ms
            saved on time.
        wrong: what else does not hold.
    """

    folder: Path
    each: int = 8
    kills: int = 0
    allowed: int = 0
    strictly: int = 0
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server = Server(painter, seconds=0.06)
        self.images = draw(self.folder / "images", self.each)
        self.place = self.folder / "workspace"
        workspace = Workspace(Config(self.place))
        table = (Price("small", _DOLLARS, _DOLLARS, "2026-01-01", "made up"),)
        workspace.store.preferences.set(prices.PREFERENCE, prices.write(table))
        workspace.close()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def command(self, *options: str, out: str = "out") -> list[str]:
        model = f"openai:small@{self.server.url}"
        models = ["--vision", model, "--text", model, "--items", "4"]
        where = ["--out", str(self.folder / out), "--workspace", str(self.place)]
        return [
            *(sys.executable, "-m", "core", "run", "--images", str(self.images), "--criterion", "colour"),
            *("--k", str(len(COLOURS)), *models, *where, *options),
        ]

    def as_a_server(self) -> list[str]:
        """A process that has the run at work as the server does."""
        return [sys.executable, "-c", _AS_A_SERVER, self.server.url, KEY]

    def begin(self, command: list[str]) -> subprocess.Popen[str]:
        environment = os.environ | {"FACETRY_CONCURRENCY": str(AT_ONCE), "FACETRY_WORKSPACE": str(self.place)}
        environment |= {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": self.server.url, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip

    def kill(self, command: list[str], after: int, more: float) -> bool:
        """Kill a command `more` seconds after it has asked `after` requests; False where it had ended by then."""
        before = len(self.server.history)
        process = self.begin(command)
        while process.poll() is None and len(self.server.history) < before + after:
            time.sleep(0.002)
        until = time.monotonic() + more
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.001)
        ended = process.poll() is not None
        os.killpg(process.pid, signal.SIGKILL) if not ended else None
        at = time.monotonic()
        _, said = process.communicate()
        if "Traceback" in said:
            self.wrong.append(said)
        if not ended:
            while self.server.running:  # what had been sent is read and answered all the same
                time.sleep(0.01)
            self.kills += 1
            asked = self.server.history[before:]
            self.allowed += min(UNSAVED * AT_ONCE, len(asked))
            self.strictly += sum(at - WINDOW <= one["sent"] for one in asked)
            self._check()
        return not ended

    def finish(self, *options: str) -> str:
        """Let the command come to its end; what it said."""
        process = self.begin(self.command(*options))
        _, said = process.communicate()
        if "Traceback" in said:
            self.wrong.append(said)
        return said

    def asked(self) -> list[str]:
        """The requests that cost something, as they were sent."""
        return [
            json.dumps(asked["body"], sort_keys=True)
            for asked in self.server.history
            if step_asked(asked["body"]) != "check"
        ]

    @property
    def repeated(self) -> int:
        return sum(times - 1 for times in Counter(self.asked()).values())

    def run(self) -> RunRow:
        workspace = Workspace(Config(self.place))
        (run,) = workspace.store.runs.recent()
        workspace.close()
        return run

    def _check(self) -> None:
        """After a kill: it opens, nothing was restored, and what was spent is counted, with what may have been."""
        workspace = Workspace(Config(self.place))
        runs, restored = workspace.store.runs.recent(), workspace.store.restorations.all()
        workspace.close()
        if restored:
            self.wrong.append(restored[0].sentence)
        counted = sum(of.requests + of.unanswered for run in runs for of in run.stats.values())
        if runs and counted < len(self.asked()):
            self.wrong.append(f"{len(self.asked())} requests were asked, {counted} are counted")


def random_kill(killing: Killing, chance: random.Random) -> bool:
    """One kill at a random moment, of the command line or of the server; False where the run came to its end."""
    known = bool(killing.asked())
    command = killing.as_a_server() if known and chance.random() < 0.5 else killing.command()
    return killing.kill(command, chance.randrange(0, 3 * AT_ONCE), chance.random() * 0.15)
