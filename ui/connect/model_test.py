"""The test of a model: one drawn picture and one sentence, what comes back, how fast, and what the model can do."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from PIL import Image, ImageDraw

from core.domain import Failed
from core.errors import BadInput
from core.models import registry
from core.models.chat.backend import Backend, Can, Reply, Request
from core.models.model_spec import ModelSpec
from core.models.openai.server import OpenAIChat
from core.models.registry import How
from ui import text
from ui.components.notices import guarded
from ui.components.safe import safe_md
from ui.session import model_choice

_SECONDS = 60.0
_TOKENS = 200
_SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string", "maxLength": 40}},
    "required": ["colour"],
    "additionalProperties": False,
}


def test(vision: str, language: str) -> None:
    """Ask the chosen models of both roles; the built-in engine needs no test."""
    if not model_choice.is_chat(vision) and not model_choice.is_chat(language):
        st.caption(text.CONNECT_TEST_BUILTIN)
    if model_choice.is_chat(vision):
        with _picture() as picture:
            _ask("vision", vision, Request(text.CONNECT_TEST_IMAGE, picture, max_tokens=_TOKENS))
    if model_choice.is_chat(language):
        _ask("text", language, Request(text.CONNECT_TEST_TEXT, max_tokens=_TOKENS))


@contextmanager
def _picture() -> Iterator[Path]:
    """A red circle on white, drawn for the test: none of the person's images is sent."""
    with tempfile.TemporaryDirectory() as folder:
        drawing = Image.new("RGB", (224, 224), "white")
        ImageDraw.Draw(drawing).ellipse((42, 42, 182, 182), fill=(215, 30, 30))
        path = Path(folder) / "circle.jpg"
        drawing.save(path, quality=90)
        yield path


def _ask(role: str, spec: str, request: Request) -> None:
    what = text.CONNECT_ASKED_IMAGE if role == "vision" else text.CONNECT_ASKED_TEXT
    with guarded():
        with st.spinner(text.CONNECT_TESTING, show_time=True):
            backend = _backend(role, spec)
            began = time.monotonic()  # loading is not part of the answer
            (reply,) = backend.reply([request])
            took = text.replied(time.monotonic() - began, model_choice.name(spec))
            able = "" if isinstance(reply, Failed) else "; ".join(_able(role, backend))
        if isinstance(reply, Failed):
            st.error(safe_md(reply.reason, 300), title=what, icon=":material/error:")
        else:
            said = safe_md(reply.text, 300) or text.CONNECT_EMPTY_REPLY
            lines = [said, f":small[{safe_md(took)}]", f":small[{text.CONNECT_CAN}: {safe_md(able)}]"]
            st.success("  \n".join(lines), title=what, icon=":material/check_circle:")


def _backend(role: str, spec: str) -> Backend:
    """The chat model behind a role. Raises FacetryError where it cannot be had."""
    if model_choice.server_of(spec):
        return OpenAIChat(ModelSpec.parse(spec).address, model_choice.keys(), deadline=_SECONDS)
    how = How(model_choice.keys())
    model = registry.vision_model(spec, how) if role == "vision" else registry.text_model(spec, how)
    backend: Backend | None = getattr(model, "_backend", None)
    if backend is None:
        raise BadInput(text.CONNECT_TEST_BUILTIN)
    return backend


def _able(role: str, backend: Backend) -> list[str]:
    """What the model can do, found out by one more question where that shows it."""
    if role == "vision":
        return [text.CAN_SEE]
    asked = Request(text.CONNECT_TEST_SCHEMA, schema=_SCHEMA, max_tokens=_TOKENS, probabilities=True)
    (reply,) = backend.reply([asked])
    can: Can = backend.can
    follows = isinstance(reply, Reply) and _in_form(reply.text)
    form = text.CAN_HOLD if can.schema and follows else text.CAN_HINT if follows else text.CAN_IGNORE
    tells = isinstance(reply, Reply) and bool(reply.tokens)
    return [form, text.CAN_SURE if tells else text.CAN_UNSURE]


def _in_form(said: str) -> bool:
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get("colour"), str)
