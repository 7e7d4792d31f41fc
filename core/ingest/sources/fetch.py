"""Files that lie elsewhere, brought to this computer for as long as they are looked at, a few at once."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pebble import ThreadPool

from core.config import Config
from core.errors import BadInput
from core.ingest import scratch
from core.ingest.decode import Unusable
from core.ingest.sources import huggingface_hub, object_store
from core.ingest.sources.landing import no_room
from core.ingest.sources.source_file import Found

if TYPE_CHECKING:
    from core.ingest.sources.web import Web


@contextmanager
def incoming(files: Sequence[Found], config: Config) -> Iterator[Path]:
    """A folder below the workspace for what `bring` fetches; it goes with all that is left in it."""
    if not any(file.url for file in files):
        yield config.workspace
        return
    # What is still being written when the reader stops early goes the next time.
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(scratch.below(config.workspace, "incoming"))
        except OSError as error:
            raise no_room(config.workspace, error) from None
        yield folder


def bring(files: Sequence[Found], folder: Path, config: Config) -> Generator[Found | Unusable, None, None]:
    """The files in the order given, each on this computer; what comes from elsewhere lies in `folder`, and whoever has
    read one removes it. A bounded number is fetched ahead, so that the disk does not fill. Close it to stop early.
    """
    if not any(file.url for file in files):
        yield from files
        return
    from core.ingest.sources.web import PARALLEL, Web

    web = Web(config)
    pool = ThreadPool(PARALLEL)  # its threads are daemons: Ctrl-C need not wait for a slow server
    todo = enumerate(files)
    waiting: deque[Future[Found] | Found] = deque()

    def fetch_next(number: int) -> None:
        for place, file in itertools.islice(todo, number):
            waiting.append(pool.schedule(_fetch, (file, folder / str(place), web, config)) if file.url else file)

    try:
        fetch_next(2 * PARALLEL)
        while waiting:
            yield _brought(waiting.popleft())
            fetch_next(1)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]  # pebble annotates most of itself, not this
        threading.Thread(target=pool.join, daemon=True).start()  # ends its threads; a slow server is not waited for
        web.close()


def _fetch(file: Found, target: Path, web: Web, config: Config) -> Found:
    if file.url.startswith(huggingface_hub.PREFIX):
        huggingface_hub.fetch(file, target, config)
    elif file.url.lower().startswith(("http://", "https://")):
        web.fetch(file.url, target)
    else:
        object_store.fetch(file.url, target, config)
    return replace(file, path=target, member=None)


def _brought(file: Future[Found] | Found) -> Found | Unusable:
    try:
        return file if isinstance(file, Found) else file.result()
    except BadInput as error:
        return Unusable(str(error))
