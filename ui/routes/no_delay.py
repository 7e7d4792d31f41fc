"""Answers leave at once: Streamlit's listening socket lacks the mark by which asyncio would see to it."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

_OPEN = Path("/proc/self/fd")


def set_for_all() -> None:
    """Turn off the delay of small packets (Nagle) for all connections to come; Linux gives it on from what listens.

    A picture is two packets, head and body. The second waited until the browser had confirmed the first: 40 ms each.
    """
    for handle in _OPEN.iterdir() if _OPEN.is_dir() else ():
        with suppress(OSError), socket.socket(fileno=os.dup(int(handle.name))) as found:
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
