"""Where a file that comes from elsewhere is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Paused


@contextmanager
def landing(target: Path) -> Iterator[Callable[[bytes], None]]:
    """Gives what writes the next piece of the file. Raises Paused where the disk does not take it: that says nothing of
    the file, which must not count as one that cannot be used."""

    def write(piece: bytes) -> None:
        left = memoryview(piece)
        try:
            while left:
                left = left[file.write(left) :]
        except OSError as error:
            raise no_room(target.parent, error) from None

    try:
        file = target.open("wb", buffering=0)  # what is left in a buffer would fail once more when it is closed
    except OSError as error:
        raise no_room(target.parent, error) from None
    with file:
        yield write


def no_room(folder: Path, error: OSError) -> Paused:
    return Paused(
        f"Images cannot be fetched into {folder} ({error.strerror or 'unknown reason'}). "
        "What was saved is kept. Make room on the disk, then continue."
    )
