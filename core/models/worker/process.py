"""One process with one model, seen from outside: started, told, listened to, and ended at any moment."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from core.engine.requests import stop_asked
from core.errors import Cancelled
from core.models.worker import messages
from core.models.worker.child import serve

_POLL_SECONDS = 0.1
_EXIT_SECONDS = 5.0


class Ended(Exception):
    """The process ended by itself.

    Attributes:
        how: a few words for a person, such as "segmentation fault".
        loaded: it had loaded the model, and ended while that was tried.
    """

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how
        self.loaded = False


class Worker:
    """A process that loads one model and answers requests. It ends with this object, or with this program."""

    def __init__(self, factory: str, spec: str) -> None:
        """See `serve`. Raises OSError when no process can be started."""
        # spawn, as in core/ingest/decode_pool.py; only the pipe is handed on, no socket of the server.
        context = multiprocessing.get_context("spawn")
        self._wire, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, factory, spec), name="facetry-model", daemon=True)
        with _deaf_to_ctrl_c():
            self._process.start()
        theirs.close()
        self.end = weakref.finalize(self, _end, self._process, self._wire)
        """Kill the process, and wait until its memory is free. May be called more than once."""

    @property
    def alive(self) -> bool:
        return self.end.alive and self._process.is_alive()

    def send(self, message: messages.Message) -> None:
        """Raises Ended."""
        try:
            messages.send(self._wire, message)
        except OSError:
            raise Ended(self._how()) from None

    def receive(self, grace: float) -> messages.Message:
        """The next message. Raises Ended, or Cancelled so many seconds after a stop of the run that asks (see
        `stop_asked`); then what comes later belongs to nobody, and the process must be ended."""
        ends: float | None = None
        try:
            while not self._wire.poll(_POLL_SECONDS):
                if stop_asked():
                    ends = ends or time.monotonic() + grace
                    if time.monotonic() >= ends:
                        raise Cancelled
            message = messages.receive(self._wire)
        except (EOFError, OSError):
            raise Ended(self._how()) from None
        if "lost" in message:
            raise Ended(message["lost"])
        return message

    def _how(self) -> str:
        self._process.join(_EXIT_SECONDS)
        code = self._process.exitcode
        if code is None:
            return "no reason known"
        if code >= 0:
            return f"exit status {code}"
        if -code == signal.SIGKILL:
            return "killed, as happens when memory runs out"
        return (signal.strsignal(-code) or f"signal {-code}").lower()


def _end(process: BaseProcess, wire: Connection) -> None:
    process.kill()
    process.join()
    wire.close()


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """What is started here never hears Ctrl-C, not even while its interpreter starts: the parent decides."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # else it is started in between, and lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def turn(lock: threading.Lock) -> Iterator[None]:
    """Hold a lock that others may hold for minutes. Raises Cancelled when the run that waits is stopped."""
    while not lock.acquire(timeout=_POLL_SECONDS):
        if stop_asked():
            raise Cancelled
    try:
        yield
    finally:
        lock.release()
