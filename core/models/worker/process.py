"""One process with one model, seen from outside: started, told, listened to, and ended at any moment."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from typing import TypeVar

from core.engine.requests import stop_asked
from core.errors import Cancelled
from core.models.worker import messages
from core.models.worker.child import serve

_POLL_SECONDS = 0.1
_EXIT_SECONDS = 5.0
_SEND_SECONDS = 60.0
_T = TypeVar("_T")


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
        # spawn, as in core/ingest/decode_pool.py; only its end of the line is handed on, no socket of the server.
        context = multiprocessing.get_context("spawn")
        ours, theirs = socket.socketpair()
        self._wire = messages.Wire(ours, _SEND_SECONDS)
        self._process = context.Process(target=serve, args=(theirs, factory, spec), name="facetry-model", daemon=True)
        with _deaf_to_ctrl_c():
            self._process.start()
        theirs.close()
        self.end = weakref.finalize(self, _end, self._process, self._wire)
        """Kill the process and what it started, and wait until its memory is free. May be called more than once."""

    @property
    def alive(self) -> bool:
        return self.end.alive and self._process.is_alive()

    def send(self, message: messages.Message) -> None:
        """Raises Ended."""
        try:
            self._wire.send(message)
        except OSError:
            raise Ended(self._how()) from None

    def receive(self, grace: float, read: Callable[[messages.Message], _T]) -> _T:
        """What `read` makes of the next message.

        Raises Ended, also for what cannot be read (native code may write anywhere), and Cancelled so many seconds after
        a stop of the run that asks (see `stop_asked`). What comes after either belongs to nobody, and the process must
        be ended.
        """
        ends: float | None = None
        try:
            while (message := self._heard()) is None:
                if stop_asked():
                    ends = ends or time.monotonic() + grace
                    if time.monotonic() >= ends:
                        raise Cancelled
            if "lost" in message:
                raise Ended(str(message["lost"]))
            return read(message)
        except (EOFError, OSError):
            raise Ended(self._how()) from None
        except (KeyError, TypeError, ValueError):
            raise Ended("its answer cannot be read") from None

    def _heard(self) -> messages.Message | None:
        """Raises EOFError or OSError when nothing can come any more, ValueError for what is no message."""
        message = self._wire.receive(_POLL_SECONDS)
        if message is None and not self._process.is_alive():  # what it started may hold its end of the line open
            message = self._wire.receive(0.0)
            if message is None:
                raise EOFError
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


def _end(process: BaseProcess, wire: messages.Wire) -> None:
    is_ours = process.exitcode is None or not _is_taken(process.pid)
    process.kill()
    if is_ours and hasattr(os, "killpg"):
        with suppress(OSError):  # there is none left, or it had not come so far that it has a group
            os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()
    wire.close()


def _is_taken(number: int | None) -> bool:
    """Whether there is a process of this number: another one's, where ours has ended. A number by which a group of
    processes is called still is given to nobody."""
    try:
        os.kill(number or 0, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


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
