"""A place for libraries to write to that cannot seek and forgets what was taken: files are made while they are sent."""

from __future__ import annotations

import io


class Sink(io.RawIOBase):
    """A writable file of which the pieces written so far can be taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]  # typeshed: object; libraries write bytes or buffers
        self._held += piece
        return len(piece)

    def take(self) -> bytes:
        """What was written since the last time."""
        held, self._held = bytes(self._held), bytearray()
        return held
