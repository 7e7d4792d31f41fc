"""What a model says that sees colours, over the OpenAI protocol: it describes by them, labels with them, names them and
assigns to them."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from typing import Literal

import numpy as np
import recorded
from fakes import COLOURS
from openai_server import Body, has_image, schema_of, text_of
from PIL import Image

from core.domain import Step


def step_asked(body: Body) -> Step | Literal["check"]:
    """What a request is for; "check" is the short question whether a server is there at all."""
    text, schema = text_of(body), schema_of(body)
    if has_image(body):
        return "describe"
    lists = recorded.lists_in(text)
    if recorded.step_of(text, schema, lists) == "name":
        return "name"
    if not lists:
        return "check"
    return "assign" if _groups(lists) else "label"


def _groups(lists: list[list[recorded.Listed]]) -> list[recorded.Listed]:
    """The list of groups in a request, if there is one."""
    first = lists[0]
    names = [recorded.name_of_group(item.text).casefold() for item in first]
    return first if len(lists) > 1 and any(name in COLOURS for name in names) else []


def painter(body: Body) -> str:
    """A model that sees colours: it describes by them, labels with them, names them and assigns to them."""
    step, text, schema = step_asked(body), text_of(body), schema_of(body)
    if step == "check":
        return "yes"
    if step == "describe":
        (url,) = re.findall(r'"data:image/jpeg;base64,([^"]+)"', json.dumps(body))
        data = base64.b64decode(url)
        mean = np.asarray(Image.open(io.BytesIO(data)), dtype=float).mean(axis=(0, 1))
        colour = min(COLOURS, key=lambda name: float(np.abs(mean - COLOURS[name]).sum()))
        return f"A {colour} picture with the number {zlib.crc32(data)}."
    if step == "name":
        labels = recorded.counted_labels(text)
        groups = [
            {"name": colour, "meaning": "", "labels": [recorded.number_of(colour, text)] if colour in labels else []}
            for colour in COLOURS
        ]
        return json.dumps({"groups": groups})
    lists = recorded.lists_in(text)
    groups, items = _groups(lists), lists[-1]
    seen = [next((name for name in COLOURS if name in item.text), "unclear") for item in items]
    marks = {recorded.name_of_group(group.text).casefold(): group.mark for group in groups}
    answers: list[str | int] = list(seen)
    if groups:
        answers = [int(mark) if (mark := marks.get(answer, "0")).isdigit() else mark for answer in seen]
    return json.dumps(recorded.in_form([item.mark for item in items], answers, items, schema))
