"""A server on this computer that speaks the OpenAI protocol over real HTTP and can misbehave on request.

Chat completions with text and images, the list of models, `response_format` (honoured, ignored or refused), candidates
of tokens, a time for each request and each token of the answer, and any fault, for so many requests or for those that a
function picks. What it says is a fixed text or comes from a function of the request, such as recorded.py, which answers
from recorded GPT-4 answers.
"""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Body = dict[str, Any]
Answer = Callable[["Handler", Body], None]


def completion(text: str | None, *, finish: str = "stop", refusal: str | None = None) -> Body:
    """The body of a chat completion."""
    message = {"role": "assistant", "content": text, "refusal": refusal}
    usage = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


def tokens_in(text: str) -> int:
    """About how many tokens a text is."""
    return max(1, len(text) // 4)


def text_of(body: Body) -> str:
    """All text of a request."""
    parts = []
    for message in body["messages"]:
        content = message["content"]
        parts += (
            [content] if isinstance(content, str) else [part["text"] for part in content if part.get("type") == "text"]
        )
    return "\n\n".join(parts)


def has_image(body: Body) -> bool:
    return any(
        isinstance(message["content"], list) and "image_url" in json.dumps(message["content"])
        for message in body["messages"]
    )


def schema_of(body: Body) -> Mapping[str, Any] | None:
    """The JSON Schema that the answer is asked to follow."""
    wanted = body.get("response_format") or {}
    found: Mapping[str, Any] | None = wanted.get("schema") or (wanted.get("json_schema") or {}).get("schema")
    return found


@dataclass
class Fault:
    """An answer to give instead of the usual one. when: to which requests. times: how often, None for always."""

    answer: Answer
    when: Callable[[Body], bool] = lambda _: True
    times: int | None = None


class Handler(BaseHTTPRequestHandler):
    """Takes the next planned answer, or a fault that fits, or says what the server always says."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: together they would wait for 40 ms
    server: Server

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.send(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in ("small", "large")]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            answer = self.server.next_answer(body)
            asked = {"path": self.path, "key": self.headers.get("Authorization"), "body": body}
            asked |= {"answered": answer is None, "sent": math.inf}
            self.server.history.append(asked)
            self.server.running += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.running)
        try:
            (answer or Handler.answer)(self, body)
            asked["sent"] = time.monotonic()
        finally:
            with self.server.lock:
                self.server.running -= 1

    def answer(self, body: Body) -> None:
        """The usual answer, in its time."""
        server = self.server
        if "response_format" in body and server.formats == "refuse":
            self.send(400, {"error": {"message": "Unknown parameter: 'response_format'.", "code": None, "type": None}})
            return
        if body.get("logprobs") and server.logprobs == "refuse":
            self.send(400, {"error": {"message": "logprobs are not supported.", "code": None, "type": None}})
            return
        says = server.says if isinstance(server.says, str) else server.says(body)
        if server.formats != "honour" and says.startswith(("{", "[")):
            says = f"Of course! Here is what you asked for:\n```json\n{says}\n```\nI hope this helps."
        cut = tokens_in(says) > (most := body.get("max_tokens") or body.get("max_completion_tokens") or math.inf)
        if cut:
            says = says[: int(most) * 4]
        reply = completion(says, finish="length" if cut else "stop")
        if not isinstance(server.says, str):
            used = {"prompt_tokens": tokens_in(text_of(body)), "completion_tokens": tokens_in(says)}
            reply["usage"] = used | {"total_tokens": sum(used.values())}
        if body.get("logprobs") and server.logprobs == "honour":
            reply["choices"][0]["logprobs"] = {"content": _candidates(says, int(body.get("top_logprobs") or 0))}
        time.sleep(server.seconds + server.seconds_a_token * reply["usage"]["completion_tokens"])
        self.send(200, reply)

    def send(self, status: int, body: object, **headers: str) -> None:
        """Send JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _candidates(text: str, number: int) -> list[Body]:
    """Each token with its probability, 0.9, and others that share the rest."""
    found = []
    for token in re.findall(r"\w+|\W", text):
        others = [
            str(digit) if token.isdigit() else f"{token}{digit}" for digit in range(number) if str(digit) != token
        ]
        rest = 0.1 / max(1, len(others))
        top = [(token, 0.9), *((other, rest) for other in others)][:number]
        entry = [{"token": name, "logprob": math.log(share), "bytes": None} for name, share in top]
        found.append({"token": token, "logprob": math.log(0.9), "bytes": None, "top_logprobs": entry})
    return found


class Server(ThreadingHTTPServer):
    """plan: answers to give first, in order. faults: see Fault. says: the text of every other answer, or what makes it
    from the request. seconds, seconds_a_token: how long an answer takes. formats, logprobs: what becomes of
    `response_format` (JSON comes with prose around it unless that is honoured) and of `logprobs`.

    history: what was asked, whether it was answered as usual, and when the answer was sent. most_at_once: requests
    under way at the same time.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self,
        says: str | Callable[[Body], str] = "A red car.",
        *,
        seconds: float = 0.0,
        seconds_a_token: float = 0.0,
        formats: Literal["honour", "ignore", "refuse"] = "honour",
        logprobs: Literal["honour", "ignore", "refuse"] = "ignore",
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan: list[Answer] = []
        self.faults: list[Fault] = []
        self.says = says
        self.seconds, self.seconds_a_token = seconds, seconds_a_token
        self.formats, self.logprobs = formats, logprobs
        self.history: list[dict[str, Any]] = []
        self.running = self.most_at_once = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def next_answer(self, body: Body) -> Answer | None:
        """The planned answer or fault for this request, None for the usual answer."""
        if self.plan:
            return self.plan.pop(0)
        for fault in self.faults:
            if fault.times != 0 and fault.when(body):
                if fault.times is not None:
                    fault.times -= 1
                return fault.answer
        return None

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news here."""
