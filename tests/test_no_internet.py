"""The guard of conftest.py holds: no way out of this computer, and loopback stays open."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import conftest
import pytest


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "::ffff:192.0.2.1"])
def test_a_connection_out_is_refused_and_remembered(host: str) -> None:
    with pytest.raises(conftest.InternetBlocked), socket.create_connection((host, 80), timeout=1):
        pass
    assert host in conftest.ATTEMPTS
    conftest.ATTEMPTS.clear()  # else the fixture fails this test, as it should any other


def test_a_started_program_finds_no_way_out() -> None:
    code = "import urllib.request; urllib.request.urlopen('https://example.org', timeout=5)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Connection refused" in done.stderr


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_loopback_stays_open(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((host, port), timeout=2) as client:
            assert client.getpeername() == ("127.0.0.1", port)


def test_no_key_reaches_a_test() -> None:
    assert not [name for name in os.environ if name.endswith(("_API_KEY", "_TOKEN"))]
    assert os.environ["HF_HUB_OFFLINE"] == "1"
