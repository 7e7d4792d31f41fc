"""Getting a model at a button: what it runs on, its files, a test, and then it is chosen. One at a time.

The files come in a process of their own (fetch.py), which can be ended at any moment; how far it is shows in the sizes
of the files. All pages of this process see the same `now`.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from core.config import ROOT
from core.domain import Failed
from core.errors import BadInput, ModelUnavailable, told
from core.models import parts
from core.models.catalogue import room
from core.models.catalogue.fetch import ENVIRONMENT, Refused
from core.models.catalogue.shelf import Place
from core.models.registry import AS_IT_IS
from core.models.try_model import backend_of, first_answer

Step = Literal["part", "fetching", "checking", "testing"]
_POLL_SECONDS = 0.2
_PACE_SECONDS = 15.0
"""The time left follows from what came in so many seconds: few enough to notice a slower line, enough to be calm."""

Ready = Callable[[Place], None]
"""Told, in another thread, that a model was tried and answered rightly."""


@dataclass(frozen=True, slots=True)
class Getting:
    """How far it is.

    Attributes:
        step: what is done now. over: whether it has ended.
        here, total: bytes of its files.
        seconds_left: until all files have come, at the pace of the last seconds; None where nobody knows.
        error: why it ended early, "" where it did not. refused: the hub asks for consent or a token first.
        cancelled: whether a person ended it.
    """

    place: Place
    step: Step = "fetching"
    here: int = 0
    total: int = 0
    seconds_left: float | None = None
    over: bool = False
    error: str = ""
    refused: bool = False
    cancelled: bool = False


@dataclass
class _Work:
    """The one at work, or the last one."""

    place: Place
    token: str
    ready: Ready
    step: Step = "part"
    over: bool = False
    error: str = ""
    refused: bool = False
    cancel: threading.Event = field(default_factory=threading.Event)
    paces: deque[tuple[float, int]] = field(default_factory=deque)


_lock = threading.Lock()
_work: _Work | None = None


def now() -> Getting | None:
    """What is being got, or was got last by this process."""
    work = _work
    if work is None:
        return None
    here, total = work.place.here(), work.place.total()
    left = _seconds_left(work, here, total) if work.step == "fetching" and not work.over else None
    return Getting(
        work.place, work.step, here, total, left, work.over, work.error, work.refused,
        cancelled=work.over and work.cancel.is_set(),
    )  # fmt: skip


def start(place: Place, ready: Ready, token: str = "") -> None:
    """Begin, or go on where it was left. token: of the hub, kept in memory; "" for that of the environment.

    Raises BadInput while another is being got, and where this computer is too small for it.
    """
    global _work
    room.check(place)
    if not parts.is_here(place.entry.kind) and not parts.can_add():
        raise BadInput(f"{place.entry.name} runs on packages that are missing. {parts.next_step(place.entry.kind)}")
    with _lock:
        if _work and not _work.over:
            raise BadInput("Another model is being got. Wait for it, or cancel it.")
        _work = _Work(place, token, ready)
    atexit.register(cancel)
    threading.Thread(target=_all, args=(_work,), daemon=True, name="facetry-get-model").start()


def cancel() -> None:
    """End it; what has come is kept. Nothing happens where nothing is at work."""
    if _work and not _work.over:
        _work.cancel.set()
        if _work.step == "part":
            parts.cancel()


def forget() -> None:
    """Do not show what ended any more."""
    global _work
    with _lock:
        if _work and _work.over:
            _work = None


def _all(work: _Work) -> None:
    """Every step, until it is over."""
    try:
        _add_part(work)
        if not work.place.is_whole():
            work.step = "fetching"
            _fetch(work)
        if not work.cancel.is_set():
            work.step = "testing"
            if try_out(work.place):
                work.ready(work.place)
    except Exception as error:  # noqa: BLE001  # whatever it is, the page must not wait for ever
        if not work.cancel.is_set():
            work.error, work.refused = told(error), isinstance(error, Refused)
    finally:
        work.over = True


def _add_part(work: _Work) -> None:
    """Have the packages added that this kind of model runs on. Raises ModelUnavailable."""
    kind = work.place.entry.kind
    if parts.is_here(kind):
        return
    parts.add(kind)
    while (adding := parts.adding()) and not adding.over:
        time.sleep(_POLL_SECONDS)
    if adding and adding.error:
        raise ModelUnavailable(adding.error)


def _fetch(work: _Work) -> None:
    """Run fetch.py until it ends or is cancelled. Raises what it says."""
    if work.cancel.is_set():
        return
    environment = {**os.environ, **ENVIRONMENT} | ({"HF_TOKEN": work.token} if work.token else {})
    process = subprocess.Popen(
        [sys.executable, "-m", "core.models.catalogue.fetch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env=environment,
        cwd=ROOT,
    )
    with process:
        assert process.stdin
        process.stdin.write(json.dumps({"entry": work.place.entry.as_dict, "root": str(work.place.root)}) + "\n")
        process.stdin.flush()  # it stays open: its end is how the process hears of ours
        threading.Thread(target=_end_with, args=(process, work), daemon=True, name="facetry-end-fetch").start()
        last = _follow(work, process)
    if work.cancel.is_set() or last.get("step") == "whole":
        return
    said = last.get("error", "What fetched the model ended unexpectedly. Try again: what has come is kept.")
    raise (Refused if last.get("kind") == "refused" else ModelUnavailable)(said)


def _follow(work: _Work, process: subprocess.Popen[str]) -> dict[str, str]:
    """Note each step that it tells; the last thing that it said."""
    last: dict[str, str] = {}
    for line in process.stdout or ():
        last = json.loads(line)
        if last.get("step") in ("fetching", "checking"):
            work.step = "fetching" if last["step"] == "fetching" else "checking"
    return last


def _end_with(process: subprocess.Popen[str], work: _Work) -> None:
    """Kill it once it is cancelled: it may wait for a server that says nothing."""
    while process.poll() is None:
        if work.cancel.wait(_POLL_SECONDS):
            process.kill()
            return


def _seconds_left(work: _Work, here: int, total: int) -> float | None:
    """At the pace of the last seconds; None at the beginning, and while nothing comes."""
    moment = time.monotonic()
    with _lock:
        work.paces.append((moment, here))
        while len(work.paces) > 2 and moment - work.paces[0][0] > _PACE_SECONDS:
            work.paces.popleft()
        began, before = work.paces[0]
    if here <= before or moment <= began:
        return None
    return (total - here) * (moment - began) / (here - before)


def try_out(place: Place) -> bool:
    """Ask the model its first question, and keep what it said; whether that is right. Raises FacetryError."""
    role = place.entry.roles[0]
    answer = first_answer(role, backend_of(role, place.spec, AS_IT_IS))
    if isinstance(answer.reply, Failed):
        raise ModelUnavailable(f"{place.entry.name} is here, but failed its test: {answer.reply.reason}")
    place.note_trial(answer.reply.text.strip(), answer.seconds, right=answer.right)
    return answer.right
