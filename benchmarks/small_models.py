"""How far the smallest language models get with steps 2a to 3: python benchmarks/small_models.py [IMAGES] [MODELS].

SmolLM2-135M-Instruct and Gemma-3-270M (a base model), in this process and behind llama-cpp-python's own server, label,
name and assign recorded descriptions of musical instruments. For each it prints the accuracy over all images
(Unassigned is never right), requests, seconds, replies that could not be read and images left Unassigned. Then the
price of batching: the accuracy of step 3 on SmolLM2 at 1, 10 and 50 descriptions a request. The models assign to the
seven names that a person would type, as names of their own are often of no use; whether step 2b gave seven is printed.
MODELS: some of smollm2,smollm2-server,gemma,gemma-server,items with commas between; all where none is named. Needs
requirements-dev.txt and the evaluation data beside the repository.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))

import gguf_models

from core.domain import Asking, Cluster, Corpus, Description, Failed
from core.evaluate.metrics import hungarian_accuracy
from core.models.chat.backend import Backend, Reply, Request
from core.models.chat.replies import read_json, read_numbered
from core.models.chat.text import ChatText
from core.models.llama_cpp.model import LlamaChat
from core.models.openai.server import OpenAIChat

DATA = Path(__file__).parents[1].parent / "shared" / "datasets" / "replay-ppmi"
ITEMS = 10
HEAD = "model, way               items    ACC  requests  seconds  unparsed  Unassigned  failed  own names"
ALL = ("smollm2", "smollm2-server", "gemma", "gemma-server", "items")
DEADLINE = 900.0
"""Seconds for one request: a server on two busy cores takes its time."""


class Counted:
    """A backend that counts its requests, the replies that cannot be read and the requests without a reply."""

    def __init__(self, backend: Backend) -> None:
        self.id, self.can, self._backend = backend.id, backend.can, backend
        self.requests = self.unparsed = self.failed = 0

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        replies = self._backend.reply(requests)
        for request, reply in zip(requests, replies, strict=True):
            self.requests += 1
            print(f"\r    {self.requests} requests ", end="", file=sys.stderr, flush=True)
            if isinstance(reply, Failed):
                self.failed += 1
                print(f"    no reply: {reply.reason}", flush=True)
            elif not self._read(request, reply):
                self.unparsed += 1
                print(f"    not read ({'cut' if reply.cut else 'whole'}): {reply.text[:300]!r}", flush=True)
        return replies

    def _read(self, request: Request, reply: Reply) -> bool:
        """Whether a reply is in the form that was asked for, with an answer for every number."""
        keys = list((request.schema or {}).get("properties", {}))
        if keys and all(key.isdecimal() for key in keys):
            return len(read_numbered(reply.text, len(keys))) == len(keys)
        return read_json(reply.text) is not None


def batches(corpus: Corpus, size: int) -> list[Corpus]:
    """The corpus in parts of so many items."""
    return [
        replace(
            corpus,
            ids=corpus.ids[start : start + size],
            descriptions=corpus.descriptions[start : start + size],
            labels=corpus.labels[start : start + size] if corpus.labels is not None else None,
        )
        for start in range(0, len(corpus), size)
    ]


def each(corpus: Corpus, size: int, step: Callable[[Corpus], Sequence[Any]]) -> list[Any]:
    return [answer for part in batches(corpus, size) for answer in step(part)]


def run(way: str, backend: Backend, corpus: Corpus, truth: list[str], names: list[str], criterion: str) -> None:
    """Steps 2a, 2b and 3; one line."""
    began = time.monotonic()
    counted = Counted(backend)
    model = ChatText(counted, asking=Asking(exact=True, items=ITEMS))
    labels = each(corpus, ITEMS, lambda part: model.label(part, criterion))
    unlabelled = sum(isinstance(label, Failed) for label in labels)
    labelled = replace(corpus, labels=["" if isinstance(label, Failed) else label for label in labels])
    own = model.name(labelled, criterion, len(names))
    print(
        f"    own names: {[cluster.name for cluster in own] if not isinstance(own, Failed) else own.reason}", flush=True
    )
    clusters = [Cluster(f"c{place}", name) for place, name in enumerate(names, start=1)]
    answers = each(labelled, ITEMS, lambda part: model.assign(part, criterion, clusters))
    line(way, ITEMS, counted, answers, truth, time.monotonic() - began, unlabelled, not isinstance(own, Failed))


def line(
    way: str, items: int, counted: Counted, answers: list[Any], truth: list[str], seconds: float, lost: int, named: bool
) -> None:
    placed = [None if isinstance(answer, Failed) else answer.cluster_id for answer in answers]
    failed = sum(isinstance(answer, Failed) for answer in answers) + lost
    print(
        f"{way:24s} {items:5d}  {hungarian_accuracy(truth, placed):.3f}  {counted.requests:8d}  {seconds:7.0f}"
        f"  {counted.unparsed:8d}  {placed.count(None):10d}  {failed:6d}  {'yes' if named else 'no'}",
        flush=True,
    )


def main(images: int, chosen: list[str]) -> None:
    rows = [json.loads(row) for row in (DATA / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [rows[place * len(rows) // images] for place in range(images)]
    about = json.loads((DATA / "about.json").read_text(encoding="utf-8"))
    corpus = Corpus([row["image"] for row in rows], [Description(row["description"]) for row in rows])
    truth = [row["truth"] for row in rows]
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as place:
        models = {"smollm2": gguf_models.smollm2(), "gemma": gguf_models.gemma(Path(place))}
        for name, file in models.items():
            if file is None:
                continue
            if name in chosen:
                backend: Backend = LlamaChat(str(file))
                run(f"{name}, in process", backend, corpus, truth, about["cluster_names"], about["criterion"])
            if f"{name}-server" not in chosen:
                continue
            with gguf_models.server(file, name, Path(place) / f"{name}.log", 8192) as url:
                backend = OpenAIChat(f"{name}@{url}", deadline=DEADLINE)
                run(f"{name}, server", backend, corpus, truth, about["cluster_names"], about["criterion"])
        if "items" in chosen and models["smollm2"] is not None:
            backend = LlamaChat(str(models["smollm2"]))
            clusters = [Cluster(f"c{number}", name) for number, name in enumerate(about["cluster_names"], start=1)]
            for items in (50, 10, 1):
                began, counted = time.monotonic(), Counted(backend)
                model = ChatText(counted, asking=Asking(exact=True, items=items))
                answers = each(corpus, items, partial(model.assign, criterion=about["criterion"], clusters=clusters))
                line("smollm2, step 3 alone", items, counted, answers, truth, time.monotonic() - began, 0, False)


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 200,
        sys.argv[2].split(",") if len(sys.argv) > 2 else list(ALL),
    )
