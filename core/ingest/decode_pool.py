"""The pool of processes that decode untrusted files. Each can be killed, and its memory is capped."""

from __future__ import annotations

import itertools
import multiprocessing
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import TimeoutError as TaskTimeout
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from core import threads
from core.config import Config
from core.domain import ImageRow
from core.errors import BadInput
from core.ingest import pdf
from core.ingest.decode import Unusable, limit_memory, prepare
from core.ingest.sources.fetch import bring, incoming
from core.ingest.sources.source_file import Found, Part

_AHEAD = 32
T = TypeVar("T")


def prepare_all(files: Sequence[Found], copies: Path, config: Config) -> Generator[ImageRow | Unusable, None, None]:
    """Prepare files in parallel, a bounded number ahead of the reader; outcomes come in the order given.

    A file that cannot be fetched, takes longer than `config.decode_seconds` to open, or whose process dies, is Unusable
    with its reason.
    """
    at_work: deque[Found | Unusable] = deque()

    def calls(brought: Iterator[Found | Unusable]) -> Iterator[tuple[Any, ...] | Unusable]:
        for file in brought:
            at_work.append(file)
            yield file if isinstance(file, Unusable) else (file, copies, config.max_pixels)

    with (
        incoming(files, config) as folder,
        closing(bring(files, folder, config)) as brought,
        closing(_in_workers(prepare, calls(brought), len(files), config)) as outcomes,
    ):
        for outcome in outcomes:
            file = at_work.popleft()
            if isinstance(file, Found) and file.url:
                file.path.unlink(missing_ok=True)
            yield outcome


def expand(files: Sequence[Found], pages: bool, config: Config) -> list[Found]:
    """The same files with each PDF file replaced by the images in it or, with `pages`, by its pages.

    One that cannot be opened stays, refused with its reason.
    """
    documents = [file for file in files if file.is_pdf and not file.url]
    inside = _in_workers(pdf.parts, ((file, pages) for file in documents), len(documents), config)
    expanded: list[Found] = []
    for file in files:
        if not file.is_pdf:
            expanded.append(file)
        elif file.url:
            expanded.append(replace(file, refusal="A PDF file that lies elsewhere. Download it, then give the file."))
        else:
            found = next(inside)
            if isinstance(found, Unusable):
                expanded.append(replace(file, refusal=found.reason))
            else:
                inside_it = [replace(file, name=_name_of_part(file.name, part), part=part) for part in found]
                expanded += inside_it or [file]
    return expanded


def _name_of_part(name: str, part: Part) -> str:
    page, image = part
    return f"{name}, page {page + 1}" + ("" if image == pdf.WHOLE_PAGE else f", image {image + 1}")


def _in_workers(
    function: Callable[..., T], calls: Iterator[tuple[Any, ...] | Unusable], number: int, config: Config
) -> Generator[T | Unusable, None, None]:
    """What `function` returns for each call's arguments, in order; what is Unusable already is passed on."""
    if not number:
        return
    # spawn: a forked copy of a process with threads (the server, torch) may hang.
    context = multiprocessing.get_context("spawn")
    workers = min(number, threads.spare(), 4)
    with ProcessPool(workers, initializer=_settle, initargs=[config.decode_memory], context=context) as pool:
        waiting: deque[ProcessFuture[T] | Unusable] = deque()

        def schedule(some: int) -> None:
            for call in itertools.islice(calls, some):
                if isinstance(call, Unusable):
                    waiting.append(call)
                else:
                    waiting.append(pool.schedule(function, call, timeout=config.decode_seconds))

        try:
            schedule(_AHEAD)
            while waiting:
                future = waiting.popleft()
                yield future if isinstance(future, Unusable) else _outcome(future, config)
                schedule(1)
        finally:
            # The reader may stop early; what was scheduled ahead is then cancelled.
            if waiting:
                pool.stop()  # type: ignore[no-untyped-call]  # pebble annotates most of itself, not this


def _settle(memory: int) -> None:
    """What a worker does before its first file."""
    threads.limit()
    limit_memory(memory)


def _outcome(future: ProcessFuture[Any], config: Config) -> Any:
    """What a worker returned, or why it did not."""
    try:
        return future.result()
    except BadInput as error:
        return Unusable(str(error))
    except TaskTimeout:
        return Unusable(f"Opening the file took longer than {config.decode_seconds:.0f} s and was given up.")
    except (ProcessExpired, MemoryError):
        return Unusable("Opening the file needed too much memory or crashed the decoder. Export it again, smaller.")
