"""Whole runs against a server with one quirk, and what the quirk costs: requests beyond a clean run's, and images lost.

A quirk holds for one step alone, for the rehearsal alone ("check"), or for all that is asked.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from colour_server import painter, step_asked
from error_shapes import SHAPES, WORDS
from fakes import COLOURS
from house import draw
from openai_server import Body, Fault, Handler, Server, completion, text_of, tokens_in
from shortcuts import decode_in_process

from core.config import Config
from core.domain import Asking, RunSettings
from core.errors import FacetryError
from core.ingest import source
from core.pipeline import runs
from core.results import run_view
from core.workspace import Workspace

EACH, CONTEXT = 3, 250
PLACES = ("all", "check", "describe", "label", "name", "assign")
Quirk = Callable[[Handler, Body], bool]
"""Answers a request in the server's odd way; False where it answers as usual."""


def _option(name: str, shape: str, place: int = 0) -> Quirk:
    """Requests with an option are refused. place: of the words for it."""
    status, body = SHAPES[shape](*WORDS[name][place])

    def act(handler: Handler, asked: Body) -> bool:
        if name in asked:
            handler.send(status, body.encode() if isinstance(body, str) else body)
        return name in asked

    return act


def _context(shape: str, place: int) -> Quirk:
    """Prompts beyond CONTEXT tokens are refused."""
    status, body = SHAPES[shape](*WORDS["too long"][place])

    def act(handler: Handler, asked: Body) -> bool:
        if is_long := tokens_in(text_of(asked)) > CONTEXT:
            handler.send(status, body.encode() if isinstance(body, str) else body)
        return is_long

    return act


def _only(formats: tuple[str, ...]) -> Quirk:
    """`response_format` is taken in these forms only."""

    def act(handler: Handler, asked: Body) -> bool:
        kind = (asked.get("response_format") or {}).get("type")
        if refused := kind is not None and kind not in formats:
            handler.send(400, {"detail": f"response_format of type {kind} is not supported"})
        return refused

    return act


def _in_parts(handler: Handler, asked: Body) -> bool:
    """Answers come in parts, the thoughts first."""
    body = completion(painter(asked))
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "1. green"}]}
    body["choices"][0]["message"]["content"] = [thought, {"type": "text", "text": painter(asked)}]
    handler.send(200, body)
    return True


def _as_thoughts(handler: Handler, asked: Body) -> bool:
    body = completion(None)
    body["choices"][0]["message"]["reasoning_content"] = painter(asked)
    handler.send(200, body)
    return True


def _as_stream(handler: Handler, asked: Body) -> bool:
    """Answers are streamed though nobody asked for that, with comments that keep the connection alive."""
    text = painter(asked)
    events = [
        {"choices": [{"index": 0, "delta": {"content": text[place : place + 7]}}]} for place in range(0, len(text), 7)
    ]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    content = ": ping\n\n" + "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    handler.send(200, content.encode(), Content_Type="text/event-stream")
    return True


def _packed(handler: Handler, asked: Body) -> bool:
    """Answers are compressed though nobody asked for that, and wrapped by a gateway."""
    content = json.dumps({"success": True, "errors": [], "result": completion(painter(asked))}).encode()
    handler.send(200, gzip.compress(content), Content_Encoding="gzip")
    return True


def _below_v1(handler: Handler, asked: Body) -> bool:
    if not handler.path.startswith("/v1/"):
        handler.send(404, {"detail": "Not Found"})
    return not handler.path.startswith("/v1/")


def _wordless(handler: Handler, asked: Body) -> bool:
    if "logprobs" in asked:
        handler.send(400, b"")
    return "logprobs" in asked


NONE: Quirk = lambda *_: False  # noqa: E731
ANSWERS: dict[str, Quirk] = {
    "answers in parts": _in_parts,
    "answers as thoughts": _as_thoughts,
    "answers as a stream": _as_stream,
    "answers packed": _packed,
}
"""Quirks that are answers all the same."""
REFUSALS: dict[str, Quirk] = {
    "logprobs (text)": _option("logprobs", "text"),
    "logprobs (list)": _option("logprobs", "list of mappings"),
    "logprobs (JSON in a text)": _option("logprobs", "JSON in a text"),
    "logprobs (status 200)": _option("logprobs", "status 200"),
    "logprobs (no words)": _wordless,
    "response_format (text)": _option("response_format", "text"),
    "response_format (detail)": _option("response_format", "detail", 1),
    "json_object only": _only(("json_object",)),
    "seed (detail list)": _option("seed", "detail as a list"),
    "max_tokens (mapping)": _option("max_tokens", "mapping"),
    "max_tokens (nested)": _option("max_tokens", "nested", 2),
    "temperature (Python)": _option("temperature", "Python in a text"),
    "temperature (page)": _option("temperature", "page"),
    "context (mapping)": _context("mapping", 0),
    "context (text)": _context("text", 1),
    "context (status 200)": _context("status 200, text", 2),
    "context (page, 413)": _context("page", 10),
    "address without /v1": _below_v1,
}


@dataclass(frozen=True)
class Cost:
    """What became of a run. asked: requests by step, "check" being the rehearsal. met: how many the quirk answered.
    lost: images in no group, or in the wrong one. ended: why it did, "" where all was done."""

    asked: Counter[str]
    met: int
    lost: int
    ended: str = ""


class Trials:
    """A workspace with pictures, over which each trial is a run with models of names of its own."""

    def __init__(self, folder: Path) -> None:
        self._workspace = Workspace(Config(folder / "workspace"))
        self._images, self._number = draw(folder / "images", EACH), 0

    def close(self) -> None:
        self._workspace.close()

    def run(self, quirk: Quirk, where: str = "all", *, samples: int = 1, typed: str = "/v1") -> Cost:
        """One run. where: of PLACES. typed: how the address ends that is given."""
        self._number += 1
        server, met = Server(painter, logprobs="honour"), 0

        def answer(handler: Handler, asked: Body) -> None:
            nonlocal met
            odd = where in ("all", step_asked(asked)) and quirk(handler, asked)
            met += odd
            if not odd:
                handler.answer(asked)

        server.faults = [Fault(answer)]
        model = f"openai:painter-{self._number}@{server.url.removesuffix('/v1')}{typed}"
        asking = Asking(samples=samples)
        settings = RunSettings("", "colour", len(COLOURS), vision=model, text=model, asking=asking)
        origin = source.find(str(self._images), "", self._workspace.config)
        run_id, ended = runs.start(self._workspace, origin, settings), ""
        try:
            runs.run(self._workspace, run_id, "assign")
        except FacetryError as error:
            ended = str(error)
        finally:
            server.shutdown()
            server.server_close()
        rows = run_view.rows(self._workspace.store, run_id)
        lost = [row for row in rows if row.cluster is None or not row.name.startswith(row.cluster.name)]
        return Cost(Counter(step_asked(each["body"]) for each in server.history), met, len(lost), ended)


def lessons(name: str, quirk: Quirk, tried: Trials, where: str = "all") -> Cost:
    """A run with one of REFUSALS or ANSWERS, as that comes about."""
    samples = 2 if name.startswith("seed") else 1
    return tried.run(quirk, where, samples=samples, typed="" if name.startswith("address") else "/v1")


@contextmanager
def trials(folder: Path) -> Iterator[Trials]:
    with pytest.MonkeyPatch.context() as patch:
        decode_in_process(patch)
        tried = Trials(folder)
        try:
            yield tried
        finally:
            tried.close()
