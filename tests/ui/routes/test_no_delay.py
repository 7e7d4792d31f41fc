"""Answers leave at once, over sockets that listen as Streamlit's does."""

from __future__ import annotations

import socket
import sys

import pytest

from ui.routes import no_delay


@pytest.mark.skipif(sys.platform != "linux", reason="only there connections take it over from what listens")
def test_connections_to_what_listens_do_not_wait() -> None:
    with socket.socket(socket.AF_INET) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        for expected in (0, 1):
            with socket.create_connection(listening.getsockname()):
                accepted, _ = listening.accept()
                with accepted:
                    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == expected
            no_delay.set_for_all()
