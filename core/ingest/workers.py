"""The pool of processes that decode untrusted files: each can be killed, and none may eat the machine."""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import TimeoutError as TaskTimeout
from pathlib import Path

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from core.config import Config
from core.ingest.decode import Prepared, Unusable, prepare
from core.ingest.found import Found

_AHEAD = 32


def prepare_all(files: Sequence[Found], copies: Path, config: Config) -> Iterator[Prepared | Unusable]:
    """Prepare files in parallel, a bounded number ahead of the reader; outcomes come in the order given.

    A file that takes longer than `config.decode_seconds`, or whose process dies, is Unusable with its reason.
    """
    if not files:
        return
    # spawn: a forked copy of a process with threads (the server, torch) may hang.
    context = multiprocessing.get_context("spawn")
    workers = max(1, min(len(files), (os.cpu_count() or 2) - 1, 4))
    with ProcessPool(workers, initializer=_limit, initargs=[config.decode_memory], context=context) as pool:
        waiting: deque[ProcessFuture[Prepared | Unusable]] = deque()
        todo = iter(files)
        try:
            for file in itertools.islice(todo, _AHEAD):
                waiting.append(pool.schedule(prepare, (file, copies, config.max_pixels), timeout=config.decode_seconds))
            while waiting:
                yield _outcome(waiting.popleft(), config)
                for file in itertools.islice(todo, 1):
                    waiting.append(
                        pool.schedule(prepare, (file, copies, config.max_pixels), timeout=config.decode_seconds)
                    )
        finally:
            # Reached early when the reader stops: what was scheduled ahead is not worth waiting for.
            if waiting:
                pool.stop()  # type: ignore[no-untyped-call]  # pebble annotates most of itself, not this


def _outcome(future: ProcessFuture[Prepared | Unusable], config: Config) -> Prepared | Unusable:
    try:
        return future.result()
    except TaskTimeout:
        return Unusable(f"Opening the image took longer than {config.decode_seconds:.0f} s and was given up.")
    except (ProcessExpired, MemoryError):
        return Unusable("Opening the image needed too much memory or crashed the decoder. Export it again, smaller.")


def _limit(memory: int) -> None:
    """Cap a worker's address space, where the system knows how (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
