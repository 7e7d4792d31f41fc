"""How quickly pages come when many people use one server: python benchmarks/load.py [IMAGES] [SECONDS] [SESSIONS ...]

Makes a workspace with a finished run over IMAGES made-up images (10,000) and starts the app on it. First one session
goes through the pages alone: processor seconds of the server, bytes sent and milliseconds for each page. Then 1, 5, 25
and 60 sessions (or SESSIONS) go through the same pages at once for SECONDS (30), each over a web socket of its own as a
browser does, each waiting about a second between two pages; without and with a run of the built-in engine at work.
Printed: seconds from asking until the page is complete, errors, pages a second, how often parts of pages were drawn
anew by themselves, the server's processor seconds a page (with a run, its own work is in them) and its memory. Images
themselves are not fetched. Linux only.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support"), str(ROOT / "benchmarks")]

import chromium as kit
import scale
from socket_session import Arrived, PageFailed, Session, open_session

from core.config import Config
from core.domain import RunSettings
from core.ingest import source
from core.pipeline import runs
from core.workspace import Workspace
from ui import text

PAGES = ("browse", "names", "evaluate", "group", "")
"""Addresses of the pages, gone through in turn; "" is Start."""
ROUNDS = 10
AT_WORK = 6_000
"""Images of the run at work: more than it can look at while this measures."""


def make(folder: Path, total: int) -> tuple[str, str]:
    """A workspace with a finished run and one that was never started; their ids."""
    workspace = Workspace(Config(folder / "workspace"))
    done, _ = scale.fill(workspace.store, total)
    pictures = folder / "pictures"
    pictures.mkdir()
    noise = np.random.default_rng(0)
    for number in range(AT_WORK):
        tiny = noise.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(tiny).resize((320, 240)).save(pictures / f"{number}.jpg", quality=80)
    waiting = runs.start(workspace, source.find(str(pictures), "", workspace.config), RunSettings("", "colour", 5))
    workspace.close()
    return done, waiting


def processor_seconds(pid: int) -> float:
    """What a process has used so far, in user and in system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int, which: str) -> int:
    """MB that a process holds ("VmRSS"), or held at most ("VmHWM")."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split(f"{which}:")[1].split()[0]) // 1024


async def alone(server: kit.Server, run_id: str) -> None:
    """What each page costs when one session asks for one after the other."""
    spent: dict[str, list[float]] = {page: [] for page in PAGES}
    came: dict[str, list[Arrived]] = {page: [] for page in PAGES}
    async with open_session(server.url) as session:
        await session.ask("browse", f"run={run_id}")
        for turn in range(-2, ROUNDS):
            for page in PAGES:
                before = processor_seconds(server.process.pid)
                arrived = await session.ask(page)
                await asyncio.sleep(0.3)  # the server tidies up after a page
                if turn >= 0:
                    spent[page].append(processor_seconds(server.process.pid) - before)
                    came[page].append(arrived)
    print(f"{'page':10}{'processor s':>12}{'KB':>8}{'ms':>8}")
    for page in PAGES:
        size = statistics.median(one.size for one in came[page]) / 1000
        took = statistics.median(one.seconds for one in came[page])
        print(f"{page or 'start':10}{statistics.mean(spent[page]):12.3f}{size:8.0f}{1000 * took:8.0f}")
    print(f"{'mean':10}{statistics.mean(cost for page in PAGES for cost in spent[page]):12.3f}", flush=True)


async def ask(session: Session, page: str, wrong: list[str], query: str = "") -> list[Arrived]:
    """The page, if it came; otherwise why not goes into `wrong`."""
    try:
        return [await session.ask(page, query)]
    except PageFailed as error:
        wrong.append(str(error))
        return []


async def use(session: Session, until: float, came: list[Arrived], wrong: list[str]) -> None:
    """Go from page to page as a person does, until a moment (time.monotonic)."""
    at = random.randrange(len(PAGES))
    await asyncio.sleep(random.random())
    while time.monotonic() < until:
        came += await ask(session, PAGES[at % len(PAGES)], wrong)
        at += 1
        await asyncio.sleep(random.uniform(0.5, 1.5))


async def together(server: kit.Server, run_id: str, number: int, seconds: float, at_work: bool) -> None:
    """What so many sessions see at the same time."""
    came: list[Arrived] = []
    wrong: list[str] = []
    pid = server.process.pid
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(open_session(server.url)) for _ in range(number)]
        for session in sessions:
            await ask(session, "browse", wrong, f"run={run_id}")
        polls, before, began = sum(one.polls for one in sessions), processor_seconds(pid), time.monotonic()
        await asyncio.gather(*(use(session, began + seconds, came, wrong) for session in sessions))
        took, spent = time.monotonic() - began, processor_seconds(pid) - before
        polls = sum(one.polls for one in sessions) - polls
        await ask(sessions[0], "browse", wrong)
        if sessions[0].polling != at_work:  # a page tells of a run at work, and looks how far it is
            wrong.append("the run had ended" if at_work else "a run was at work")
    times = sorted(one.seconds for one in came) or [math.nan]
    middle, late = (times[int(len(times) * share)] for share in (0.5, 0.95))
    print(
        f"{number:8}{'yes' if at_work else 'no':>5}{len(came):8}{middle:8.2f}{late:8.2f}{times[-1]:8.2f}{len(wrong):8}"
        f"{len(came) / took:8.1f}{polls / took:8.1f}{spent / len(times):8.3f}{memory(pid, 'VmRSS'):8,}",
        flush=True,
    )
    for sentence in dict.fromkeys(wrong):
        print(f"         {sentence}")


async def begin(server: kit.Server, run_id: str) -> None:
    """Start the other run, as a person does, and wait until it is at work."""
    async with open_session(server.url) as session:
        await session.ask("group", f"run={run_id}")
        await session.ask("group", button=text.START)
        await asyncio.sleep(10)


async def measure(server: kit.Server, done: str, waiting: str, seconds: float, sessions: Sequence[int]) -> None:
    await alone(server, done)
    titles = ("pages", "p50 s", "p95 s", "most s", "errors", "pages/s", "polls/s", "cpu s", "MB")
    print(f"\n{'sessions':>8}{'run':>5}" + "".join(f"{title:>8}" for title in titles), flush=True)
    for at_work in (False, True):
        if at_work:
            await begin(server, waiting)
        for number in sessions:
            await together(server, done, number, seconds, at_work)
    print(f"largest resident memory: {memory(server.process.pid, 'VmHWM'):,} MB")


def main(total: int = 10_000, seconds: int = 30, *sessions: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        done, waiting = make(Path(folder), total)
        with kit.running(Path(folder) / "workspace") as server:
            asyncio.run(measure(server, done, waiting, seconds, sessions or (1, 5, 25, 60)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
