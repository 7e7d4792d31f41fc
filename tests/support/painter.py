"""A chat model that sees colours, in process: it describes by them, labels with them, names them and assigns to
them."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from fakes import COLOURS
from PIL import Image
from recorded import counted_labels, lists_in, name_of_group, number_of

from core.domain import Failed, Step
from core.models import registry
from core.models.chat.backend import Backend, Can, Reply, Request
from core.models.chat.text import ChatText
from core.models.chat.vision import ChatVision

if TYPE_CHECKING:
    import pytest  # not in a process that is started for a model (fragile.py)

PROMPT_TOKENS, ANSWER_TOKENS = 100, 10


def step_of(request: Request) -> Step:
    """What a request is for."""
    if request.image is not None:
        return "describe"
    if '"groups"' in request.text:
        return "name"
    lists = lists_in(request.text)
    return "assign" if len(lists) > 1 and lists[0][0].mark == "A" else "label"


class Painter:
    """history: what was asked. fail: says of which requests there is no answer, and why. unsure: labels that do not
    tell.

    Every description is followed by a number of its own, so that no two are alike.
    """

    can = Can(vision=True, concurrency=2)

    def __init__(self, name: str = "painter") -> None:
        self.id = f"{name}/1"
        self.history: list[Request] = []
        self.fail: Callable[[Request], Failed | None] = lambda _: None
        self.unsure: set[str] = set()
        self.silly = False
        self._lock = threading.Lock()

    def asked(self, step: Step) -> int:
        """How many requests were for a step."""
        return sum(step_of(asked) == step for asked in self.history)

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Reply | Failed:
        with self._lock:
            self.history.append(request)
        if failed := self.fail(request):
            return failed
        return Reply(self._answer(request), PROMPT_TOKENS, ANSWER_TOKENS)

    def _answer(self, request: Request) -> str:
        step = step_of(request)
        if step == "describe":
            return self._describe(request)
        if step == "name" and self.silly:
            return "The sky is blue."
        if step == "name":
            labels = [counted_label for counted_label in counted_labels(request.text) if counted_label in COLOURS]
            groups = [
                {"name": label, "meaning": f"It is {label}", "labels": [number_of(label, request.text)]}
                for label in labels
            ]
            return json.dumps({"groups": groups})
        if not lists_in(request.text):  # a question of no step, as the test on Connect asks
            return "Green."
        *groups, items = lists_in(request.text)
        seen = [next((name for name in COLOURS if name in item.text), "unclear") for item in items]
        if step == "label":
            return json.dumps({item.mark: colour for item, colour in zip(items, seen, strict=True)})
        marks = {name_of_group(group.text): group.mark for group in groups[0]}
        answers = {}
        for item, colour in zip(items, seen, strict=True):
            if '"?"' in request.text:  # labels alone
                answers[item.mark] = "?" if item.text in self.unsure else marks.get(colour, "0")
            else:
                answers[item.mark] = {"group": marks.get(colour, "0"), "quote": f"A {colour} picture"}
        return json.dumps(answers)

    def _describe(self, request: Request) -> str:
        assert request.image is not None
        with Image.open(request.image) as picture:
            pixels = np.asarray(picture.convert("RGB"), dtype=np.float32)
        mean = pixels.mean(axis=(0, 1))
        colour = min(COLOURS, key=lambda name: float(np.abs(mean - COLOURS[name]).sum()))
        text = f"A {colour} picture, number {zlib.crc32(pixels.tobytes())}."
        if "Label: " in request.text:
            return f"{text}\nLabel: {colour}"
        if request.schema is not None:
            return json.dumps({key: f"{text} ({key})" for key in request.schema["properties"]})
        return text


def install(monkeypatch: pytest.MonkeyPatch, *painters: Backend) -> None:
    """Offer painters as models beside those there are, each under the first part of its id."""
    vision, text = dict(registry.VISION), dict(registry.TEXT)
    for painter in painters:
        kind = painter.id.partition("/")[0]
        vision[kind] = lambda _, how, one=painter: ChatVision(one, how.wording, how.asking)
        text[kind] = lambda _, how, one=painter: ChatText(one, how.wording, how.asking)
    monkeypatch.setattr(registry, "VISION", vision)
    monkeypatch.setattr(registry, "TEXT", text)
