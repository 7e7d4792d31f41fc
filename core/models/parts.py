"""What a local model runs on, added to the running app when it is first needed: PyTorch, or llama.cpp.

A process of its own runs `start.py install PART`, the one way in which packages get into .venv. No restart is needed:
each local model answers from a fresh process (core/models/worker), which sees what was added.
"""

from __future__ import annotations

import atexit
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import BadInput
from setup.parts import ROOT, VENV, Part, are_here, read_parts

_PROGRESS = re.compile(r"\s*\d+:\d\d\s+(?:(\d+) %)?\s*(.+)")


@dataclass(frozen=True, slots=True)
class Adding:
    """How far a part is.

    Attributes:
        said: what is being done, in a few words.
        share: how much is done, from 0 to 1; None where nobody knows.
        over, error: whether it has ended, and why it failed ("" where it did not).
        cancelled: whether a person ended it.
    """

    part: str
    said: str = ""
    share: float | None = None
    over: bool = False
    error: str = ""
    cancelled: bool = False


_lock = threading.Lock()
_now: Adding | None = None
_process: subprocess.Popen[str] | None = None


def is_here(kind: str) -> bool:
    """Whether a kind of local model has all that it runs on, as it is pinned."""
    return are_here(read_parts()[kind].lines)


def part_of(kind: str) -> Part:
    """What a kind of local model runs on, with its size."""
    return read_parts()[kind]


def free_gb() -> float:
    """How much of the disk is free where it would be added."""
    return shutil.disk_usage(VENV).free / 1e9


def can_add() -> bool:
    """Whether this program runs in the environment that start.py made, and can add to it."""
    return _is_start_pys() and os.access(VENV, os.W_OK)


def next_step(kind: str) -> str:
    """How a person adds what a kind of local model runs on, as the end of a sentence."""
    if can_add():
        return f"Add it on the page Connect, or with: python3 start.py install {kind}"
    if _is_start_pys():
        return (
            f"This account may not add it to {VENV}; its owner can: python3 start.py install {kind}. A container is "
            f"built with it: FACETRY_PARTS={kind} docker compose build"
        )
    return f"Add it with: {sys.executable} -m pip install {' '.join(read_parts()[kind].lines)}"


def _is_start_pys() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def adding() -> Adding | None:
    """What is being added, or was added last by this process."""
    return _now


def add(kind: str) -> None:
    """Begin to add what a kind of local model runs on. Raises BadInput while something is being added."""
    global _now, _process
    with _lock:
        if _now and not _now.over:
            raise BadInput("Something is being added already. Wait for it, then try again.")
        _process = subprocess.Popen(
            [sys.executable, str(ROOT / "start.py"), "install", kind],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,  # so that a compiler ends with it
        )
        _now = Adding(kind)
    atexit.register(cancel)
    threading.Thread(target=_follow, args=(_process,), daemon=True, name="facetry-add-part").start()


def cancel() -> None:
    """End what is being added; what was fetched is kept by pip. Nothing happens where nothing is."""
    global _now
    with _lock:
        if _process is None or _process.poll() is not None or _now is None:
            return
        _now = replace(_now, cancelled=True)
        with suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(_process.pid, signal.SIGTERM)
            else:
                _process.terminate()


def _follow(process: subprocess.Popen[str]) -> None:
    """Note what the process says, until it has ended."""
    global _now
    assert process.stdout
    last = ""
    with process.stdout:
        for line in process.stdout:
            last = line.strip() or last
            if (found := _PROGRESS.match(line)) and _now:
                _now = replace(_now, said=found[2], share=int(found[1]) / 100 if found[1] else None)
    status = process.wait()
    importlib.invalidate_caches()
    if _now:
        failed = status != 0 and not _now.cancelled
        _now = replace(_now, over=True, error=(last or f"It ended with status {status}.") if failed else "")
