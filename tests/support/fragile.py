"""A painter (painter.py) that works in a process of its own, and ends or holds it where a test says so.

Tests name it to the product as what makes a local model: `install(monkeypatch)`, then `llama_cpp:FOLDER`.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painter import Painter, step_of
from waiting import wait_for

from core import errors
from core.domain import Failed
from core.models import registry
from core.models.chat.backend import BackendLost, Can, Reply, Request
from core.models.worker.messages import Wire

if TYPE_CHECKING:
    import pytest  # not in each process that is started for a model: it takes a quarter of the time until it answers

PAINTER = "fragile:Fragile"


class Plan:
    """A folder that says what is to happen, and in which every request is noted before it is answered.

    It lasts longer than the process, so that a request counts once, whichever process is asked it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, **plan: Any) -> str:
        """The model's spec, without its kind.

        at: number of a request (from 1) -> what it ends in. poison: words (a text, an image's name) -> what each
        request that holds them ends in. loading, probe: what that ends in. name: a part of the id. batch: requests
        at once. prints: what is written to standard output.

        What things end in: a signal's name, an exit status, "hang", "freeze" (hang in native code that keeps Python's
        lock), "wait" (until the folder holds a file "go"), "fork" (a process that stays; `left` has its number), "fork
        and SIGNAL", "lost", "writes: WORDS" (into the line to the parent), or "ERROR: sentence".
        """
        self.folder.mkdir(exist_ok=True)
        (self.folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        return str(self.folder)

    def read(self) -> dict[str, Any]:
        plan: dict[str, Any] = json.loads((self.folder / "plan.json").read_text(encoding="utf-8"))
        return plan

    @property
    def asked(self) -> list[str]:
        """Each request: its step and what tells it from others."""
        noted = self.folder / "asked"
        return noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []

    @property
    def pids(self) -> list[int]:
        """The processes that were started for this model."""
        noted = self.folder / "pids"
        return [int(pid) for pid in noted.read_text(encoding="utf-8").split()] if noted.exists() else []

    @property
    def left(self) -> list[int]:
        """The processes that these started."""
        noted = self.folder / "left"
        return [int(pid) for pid in noted.read_text(encoding="utf-8").split()] if noted.exists() else []

    def note(self, name: str, line: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


class Fragile(Painter):
    """See `Plan.write`."""

    def __init__(self, spec: str, say: Callable[[str], None]) -> None:
        self._noted = Plan(Path(spec))
        self._plan = self._noted.read()
        self._noted.note("pids", str(os.getpid()))
        super().__init__(f"fragile{self._plan.get('name', '')}")
        self.can = replace(Can(vision=True, schema=True), batch=self._plan.get("batch", 1))
        say("Loading about 0.0 GB.")
        if said := self._plan.get("prints"):
            os.write(1, f"{said}\n".encode())
        self._end_in(self._plan.get("loading"))

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        if "Is it red?" in requests[0].text:
            self._end_in(self._plan.get("probe"))
            return [Reply("1")]
        self._plan = self._noted.read()  # it may have changed since the model was loaded
        for request in requests:
            told = f"{request.image.name if request.image else ''} {request.text[-60:]!r}"
            self._noted.note("asked", f"{step_of(request)} {told}")
            self._end_in(self._plan.get("at", {}).get(str(len(self._noted.asked))))
            for words, end in self._plan.get("poison", {}).items():
                if words in told or words in request.text:
                    self._end_in(end)
        return super().reply(requests)

    def _end_in(self, end: str | int | None) -> None:
        if end is None:
            return
        if isinstance(end, int):
            os._exit(end)
        if end == "wait":
            wait_for((self._noted.folder / "go").exists)
            return
        if end.startswith("fork"):
            self._fork()
            self._end_in(end.removeprefix("fork and ") if end != "fork" else None)
            return
        if end == "freeze":
            ctypes.PyDLL(None).pause()
        if end.startswith("writes: "):
            (wire,) = (each for each in gc.get_objects() if isinstance(each, Wire))
            wire._line.sendall(end.removeprefix("writes: ").encode("latin-1"))
            return
        if end == "lost":
            raise BackendLost("error of the graphics card")
        if end == "hang" or end.startswith("SIG"):
            if end != "hang":
                os.kill(os.getpid(), signal.Signals[end])
            threading.Event().wait()
        name, _, sentence = end.partition(": ")
        raise getattr(errors, name, KeyError)(sentence)

    def _fork(self) -> None:
        """Start a process that has all open that this one has, and stays."""
        pid = os.fork()
        if pid == 0:
            time.sleep(600)
            os._exit(0)
        self._noted.note("left", str(pid))


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `llama_cpp:FOLDER` be a fragile painter, in both roles, beside the models there are."""
    monkeypatch.setitem(registry.LOCAL, "llama_cpp", PAINTER)
    monkeypatch.setattr(registry, "VISION", {**registry.VISION, "llama_cpp": registry._vision_of("llama_cpp")})
    monkeypatch.setattr(registry, "TEXT", {**registry.TEXT, "llama_cpp": registry._text_of("llama_cpp")})


def is_gone(pid: int) -> bool:
    """Whether a process has ended, with all its threads; also one that nobody has asked about since."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(") ")[2][0]
        return state == "Z" and len(list(Path(f"/proc/{pid}/task").iterdir())) == 1
    except OSError:
        return True
