"""The test server with OpenAI's Batch API: files go up, batches are made of them, worked on and fetched.

A batch takes so many questions after it, not so much time, so that no test has to wait. Below the server is what its
tests share: a backend that asks it, whose clock is turned by hand, and requests with their answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from openai_faults import KEY
from openai_server import Body, Handler, Server, completion

from core.domain import Failed
from core.models.chat.backend import Reply, Request
from core.models.openai.batch import OpenAIBatch

Line = dict[str, Any]
Act = Callable[["BatchHandler"], None]
NUMBER = 12  # requests: enough for a batch


def answered(body: object, status: int = 200) -> Line:
    """What a line of a file of answers says: a response to a request."""
    return {"response": {"status_code": status, "request_id": "r", "body": body}, "error": None}


def refused(status: int, code: str, message: str = "") -> Line:
    return answered({"error": {"code": code, "message": message, "type": None}}, status)


def error(status: int, code: str = "", message: str = "") -> Act:
    return lambda handler: handler.send(status, {"error": {"message": message, "code": code or None, "type": None}})


def hang_up(handler: BatchHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


@dataclass
class Made:
    """One batch. polls: questions after it until now."""

    id: str
    file: str
    polls: int = 0
    output: dict[str, str | None] = field(default_factory=dict)


class BatchHandler(Handler):
    server: BatchServer

    def do_GET(self) -> None:
        server = self.server
        if not self._begin("GET"):
            return
        *_, kind, name = self.path.partition("?")[0].split("/")
        if kind == "v1" and name == "batches":
            self.send(
                200, {"object": "list", "data": [server.shown(batch) for batch in reversed(server.batches.values())]}
            )
        elif kind == "batches" and name in server.batches:
            self.send(200, server.ask_after(server.batches[name]))
        elif name == "content" and kind in server.files:
            self.send(200, server.files[kind], Content_Type="application/octet-stream")
        elif kind in ("batches", "files") or name == "content":
            self.send(404, {"error": {"message": "No such object", "code": None, "type": "invalid_request_error"}})
        else:
            super().do_GET()

    def do_POST(self) -> None:
        server = self.server
        if self.path.endswith("/chat/completions"):
            super().do_POST()
            return
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._begin("POST"):
            return
        if self.path.endswith("/files"):
            name = f"file-{len(server.uploads)}"
            server.files[name] = part_of(data, self.headers["Content-Type"], "file")
            assert part_of(data, self.headers["Content-Type"], "purpose") == b"batch"
            server.uploads.append(name)
            self.send(200, {"id": name, "object": "file", "bytes": len(data), "purpose": "batch"})
        else:
            asked = json.loads(data)
            assert (asked["endpoint"], asked["completion_window"]) == ("/v1/chat/completions", "24h")
            made = Made(f"batch-{len(server.batches)}", asked["input_file_id"])
            server.batches[made.id] = made
            if server.lose_answer > 0:
                server.lose_answer -= 1
                hang_up(self)
            else:
                self.send(200, server.shown(made))

    def _begin(self, method: str) -> bool:
        """Note the call; False when a fault answers it."""
        server, path = self.server, self.path.partition("?")[0].removeprefix("/v1")
        with server.lock:
            server.calls.append((f"{method} {path}", self.headers.get("Authorization") or ""))
            fault = next((trouble for trouble in server.troubles if f"{method} {path}".startswith(trouble[0])), None)
            if fault:
                server.troubles.remove(fault)
        if fault:
            fault[1](self)
        return fault is None


class BatchServer(Server):
    """polls: how often one must ask after a batch until it is done. line: what becomes of a request (its body; mark),
    None for no line. ends: how a batch ends, and errors: why it failed. reversed_: answers come in another order.
    troubles: ("POST /files", what to do instead), each once. lose_answer: so many times a batch is made and the answer
    that says so does not arrive.

    uploads, batches, files: what is there. calls: (what was called, key).
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.RequestHandlerClass = BatchHandler
        self.polls = 0
        self.line: Callable[[Body, int], Line | None] = lambda body, _: answered(completion(self.text_for(body)))
        self.ends: Callable[[Made], str] = lambda _: "completed"
        self.errors: Mapping[str, str] = {}
        self.troubles: list[tuple[str, Act]] = []
        self.lose_answer = 0
        self.uploads: list[str] = []
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Made] = {}
        self.calls: list[tuple[str, str]] = []

    def text_for(self, body: Body) -> str:
        return self.says if isinstance(self.says, str) else self.says(body)

    def lines(self, file: str) -> list[Line]:
        """The requests of a file that was sent."""
        return [json.loads(line) for line in self.files[file].splitlines()]

    def called(self, what: str) -> int:
        return sum(call.startswith(what) for call, _ in self.calls)

    def ask_after(self, made: Made) -> Body:
        made.polls += 1
        return self.shown(made)

    def shown(self, made: Made) -> Body:
        """A batch as the protocol shows it."""
        done = made.polls > self.polls
        status = self.ends(made) if done else "in_progress" if made.polls else "validating"
        shown: Body = {"id": made.id, "object": "batch", "endpoint": "/v1/chat/completions", "status": status}
        shown |= {"input_file_id": made.file, "completion_window": "24h", "created_at": 0}
        if status == "failed":
            shown["errors"] = {"object": "list", "data": [self.errors]}
        elif done and status != "in_progress":
            shown |= self._work_off(made)
        return shown

    def _work_off(self, made: Made) -> dict[str, str | None]:
        if made.output:
            return made.output
        good, bad = [], []
        for place, one in enumerate(self.lines(made.file)):
            line = self.line(one["body"], place)
            if line is not None:
                whole = {"id": f"r{place}", "custom_id": one["custom_id"], **line}
                fine = line.get("response") and line["response"]["status_code"] == 200
                (good if fine else bad).append(json.dumps(whole).encode())
        for name, lines in (("output_file_id", good), ("error_file_id", bad)):
            made.output[name] = f"{made.id}-{name}" if lines else None
            self.files[f"{made.id}-{name}"] = b"\n".join(reversed(lines)) + b"\n"
        return made.output


def part_of(data: bytes, content_type: str, name: str) -> bytes:
    """One field of a form."""
    boundary = content_type.partition("boundary=")[2].encode()
    for part in data.split(b"--" + boundary):
        head, _, body = part.partition(b"\r\n\r\n")
        if f'name="{name}"'.encode() in head:
            return body.removesuffix(b"\r\n")
    raise AssertionError(f"the form has no {name}")


# -- what its tests share


class Clock:
    """Time that passes only when somebody sleeps. at: (second, what then happens)."""

    def __init__(self) -> None:
        self.now = 0.0
        self.at: list[tuple[float, Callable[[], object]]] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        while self.at and self.at[0][0] <= self.now:
            self.at.pop(0)[1]()


@pytest.fixture
def server() -> Iterator[BatchServer]:
    server = BatchServer(lambda body: f"It says {body['messages'][0]['content']}", formats="honour")
    yield server
    server.shutdown()
    server.server_close()


def backend(server: BatchServer, folder: Path | None, clock: Clock | None = None, **options: Any) -> OpenAIBatch:
    clock = clock or Clock()
    keys = {server.url: KEY}
    return OpenAIBatch(
        f"small@{server.url}", keys, folder, clock=clock, sleep=clock.sleep, deadline=5.0, first_wait=0.01, **options
    )


def asked(number: int = NUMBER) -> list[Request]:
    return [Request(f"question {place}") for place in range(number)]


def texts(replies: list[Reply | Failed]) -> list[str]:
    """What was said; the ordinary way's prose around it (see Server.formats) is left out."""
    found = [reply.text if isinstance(reply, Reply) else reply.reason for reply in replies]
    return [says.group() if (says := re.search(r"It says .*", entry)) else entry for entry in found]


def said(number: int = NUMBER) -> list[str]:
    return [f"It says question {place}" for place in range(number)]
