"""Routes served over real connections, and requests made letter by letter, as this account or as another.

Only the standard library is imported above, as the process of the other account runs this file alone.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 - sockets import it at their first use, when the other account may not read it
import http.client
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NOBODY = 65534 - 1
"""An account that is neither ours nor the one that the kernel names for accounts it cannot tell."""
WEB_SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
Asked = tuple[str, str, dict[str, str | None]]
"""Method, path and headers; a header of None is left out, also where it would be sent by itself (Host)."""


def ask_all(port: int, requests: list[Asked], host: str = "127.0.0.1", source: str = "") -> list[list[Any]]:
    """The answers to these requests: status, headers (names in lower case) and body as text."""
    answers = []
    for method, path, headers in requests:
        line = http.client.HTTPConnection(host, port, timeout=20, source_address=(source, 0) if source else None)
        try:
            line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": f"127.0.0.1:{port}", **headers}.items():
                if value is not None:
                    line.putheader(name, value.encode())
            line.endheaders()
            answer = line.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            answers.append([answer.status, told, answer.read().decode(errors="replace")])
        finally:
            line.close()
    return answers


def ask(port: int, method: str, path: str, **headers: str | None) -> list[Any]:
    """One answer; in the names of headers _ stands for -."""
    return ask_all(port, [(method, path, {name.replace("_", "-"): value for name, value in headers.items()})])[0]


def ask_as_nobody(port: int, requests: list[Asked], host: str = "127.0.0.1", source: str = "") -> list[list[Any]]:
    """As `ask_all`, by a process of another account. Skips the test where that cannot be started."""
    import subprocess

    import pytest

    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("needs root, to start a process of another account")
    done = subprocess.run(
        [sys.executable, "-I", "-S", __file__],
        input=json.dumps([port, requests, host, source]),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[list[Any]] = json.loads(done.stdout)
    return answers


@contextmanager
def serving(app: Any) -> Iterator[int]:
    """The port at which an ASGI app answers, with what Streamlit asks of the server that matters here."""
    import socket
    import threading

    import uvicorn

    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", ws="websockets-sansio")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(10)


if __name__ == "__main__":  # once all is imported: the other account need not be able to read Python itself
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    sys.stdout.write(json.dumps(ask_all(*json.load(sys.stdin))))
