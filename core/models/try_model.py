"""A first question to a chat model, of either role: whether it answers, what, and how fast."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from core.domain import Failed
from core.errors import BadInput
from core.models import registry
from core.models.chat.backend import Backend, Reply, Request
from core.models.model_spec import ModelSpec
from core.models.registry import How

TOKENS = 200
"""The longest answer to such a question."""
ABOUT_IMAGE = "What is in this picture? Answer in one short sentence."
ABOUT_TEXT = "What colour is fresh grass? Answer in one word."
NAMED = {"vision": ("red", "circle", "round", "dot", "ball", "disc", "disk"), "text": ("green",)}
"""Role -> words of which a right answer has one."""
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. seconds: how long it took, without loading. right: whether it names what was shown or asked."""

    reply: Reply | Failed
    seconds: float
    right: bool


def first_answer(role: str, backend: Backend) -> Answer:
    """Show the drawn picture ("vision"), or ask for a word ("text"). Raises FacetryError."""
    if role == "vision":
        with _picture() as picture:
            return _asked(role, backend, Request(ABOUT_IMAGE, picture, max_tokens=TOKENS))
    return _asked(role, backend, Request(ABOUT_TEXT, max_tokens=TOKENS))


def _asked(role: str, backend: Backend, request: Request) -> Answer:
    began = time.monotonic()
    (reply,) = backend.reply([request])
    seconds = time.monotonic() - began
    words = set() if isinstance(reply, Failed) else {*re.findall(r"\w+", reply.text.lower())}
    return Answer(reply, seconds, not words.isdisjoint(NAMED[role]))


def backend_of(role: str, spec: str, how: How) -> Backend:
    """The chat model behind a role. Raises FacetryError where it cannot be had."""
    found = ModelSpec.parse(spec)
    if found.is_served:
        from core.models.openai.server import OpenAIChat

        return OpenAIChat(found.address, how.keys, deadline=_SECONDS)
    model = registry.vision_model(spec, how) if role == "vision" else registry.text_model(spec, how)
    backend: Backend | None = getattr(model, "_backend", None)
    if backend is None:
        raise BadInput("The built-in engine needs no test.")
    return backend


@contextmanager
def _picture() -> Iterator[Path]:
    """A red circle on white, drawn for this: none of the person's images is sent."""
    with tempfile.TemporaryDirectory() as folder:
        drawing = Image.new("RGB", (224, 224), "white")
        ImageDraw.Draw(drawing).ellipse((42, 42, 182, 182), fill=(215, 30, 30))
        path = Path(folder) / "circle.jpg"
        drawing.save(path, quality=90)
        yield path
