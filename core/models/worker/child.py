"""What runs inside a model's process: the real backend is loaded, tried, and asked."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from multiprocessing import connection
from pathlib import Path
from typing import NoReturn, cast

from core.domain import Failed
from core.errors import FacetryError, ModelUnavailable
from core.models.chat.backend import Backend, BackendLost, Reply, Request
from core.models.worker import messages

_PROBE_IMAGE = Path(__file__).with_name("probe.jpg")
_PROBE_SCHEMA = {"type": "integer", "enum": [0, 1]}
_PROBE_TOKENS = 4
_FIRST_TO_GO = "500"
"""Of 1000: when memory runs out, Linux is to end this process and not the server."""


def serve(line: socket.socket, factory: str, spec: str) -> None:
    """Load a model, try it and answer requests, until nobody asks any more. The process does nothing else.

    factory: `MODULE:NAME` of what makes the backend from a spec and a function that is told what goes on.
    """
    _settle()
    wire = messages.Wire(line)
    with suppress(EOFError, OSError):  # the other end is gone
        backend = _load(wire, factory, spec)
        if backend is None:
            return
        while True:
            if message := wire.receive(None):
                requests = [messages.to_request(plain) for plain in message["ask"]]
                _tell(wire, lambda asked=requests: {"answers": _answers(backend, asked)})  # type: ignore[misc]


def _settle() -> None:
    """Leave Ctrl-C to the parent, keep stdout clean, die with the parent and before it, and without a core file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):
        os.dup2(2, 1)  # what libraries print goes to the log of the server, not into the output of a command
    os.environ["GGML_NO_BACKTRACE"] = "1"  # llama.cpp would start a debugger when it aborts
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    _live_with_parent()


def _live_with_parent() -> None:
    """Be a group of processes with all that is started here, which ends when the parent has ended in whatever way.

    On Linux by a signal of the kernel, which comes when the parent's end of a pipe is closed: a thread cannot end what
    native code that keeps Python's lock holds up.
    """
    with suppress(AttributeError, OSError):
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # such a group may write to the terminal all the same
        os.setpgid(0, 0)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    parent = multiprocessing.parent_process()
    if sys.platform == "linux" and parent is not None:
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, -os.getpgrp())
            fcntl.fcntl(parent.sentinel, fcntl.F_SETSIG, signal.SIGKILL)
            flags = fcntl.fcntl(parent.sentinel, fcntl.F_GETFL)
            fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, flags | os.O_ASYNC)
        if connection.wait([parent.sentinel], 0):  # it had ended before
            _end_group()


def _end_with_parent() -> None:
    """End the group at once when the parent has ended, also in the middle of an answer."""
    if parent := multiprocessing.parent_process():
        parent.join()
    _end_group()


def _end_group() -> NoReturn:
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _load(wire: messages.Wire, factory: str, spec: str) -> Backend | None:
    """The backend, loaded and tried; None where it cannot be had, which was told."""
    loaded: list[Backend] = []

    def load() -> messages.Message:
        module, _, name = factory.partition(":")
        make = getattr(importlib.import_module(module), name)
        backend = cast("Backend", make(spec, lambda sentence: wire.send({"say": sentence})))
        loaded.append(backend)
        return {"loaded": {"id": backend.id, "can": asdict(backend.can)}}

    _tell(wire, load)
    if not loaded:
        return None
    (backend,) = loaded
    _tell(wire, lambda: _tried(backend))
    return backend


def _tried(backend: Backend) -> messages.Message:
    """Ask for a word, of a model that sees about a picture: what ends the process at its first batch shows now.

    A request that merely fails says nothing of others.
    """
    image = _PROBE_IMAGE if backend.can.vision else None
    _answers(backend, [Request("Is it red? Answer 1 for yes, 0 for no.", image, _PROBE_SCHEMA, _PROBE_TOKENS)])
    return {"ready": True}


def _answers(backend: Backend, requests: Sequence[Request]) -> list[messages.Message]:
    answers: Sequence[Reply | Failed]
    try:
        answers = backend.reply(requests)
        if len(answers) != len(requests):
            raise ValueError(f"{len(answers)} answers to {len(requests)} requests")
    except (FacetryError, BackendLost):
        raise
    except Exception as error:  # noqa: BLE001  # a fault in one call fails its requests and loses no other
        answers = [Failed(f"The model failed: {type(error).__name__}: {error}"[:300])] * len(requests)
    return [messages.from_answer(answer) for answer in answers]


def _tell(wire: messages.Wire, work: Callable[[], messages.Message]) -> None:
    """Do something and send what came of it."""
    try:
        message = work()
    except FacetryError as error:
        message = messages.from_error(error)
    except BackendLost as error:
        message = {"lost": str(error)}
    except Exception as error:  # noqa: BLE001  # whatever it is, a person must read it
        said = f"The model cannot be loaded ({type(error).__name__}: {error}"[:300] + "). Choose another model."
        message = messages.from_error(ModelUnavailable(said))
    wire.send(message)
