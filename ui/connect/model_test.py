"""The test of a model: one drawn picture and one sentence, what comes back, how fast, and what the model can do."""

from __future__ import annotations

import json

import streamlit as st

from core.domain import Failed
from core.models import try_model
from core.models.chat.backend import Backend, Can, Reply, Request
from core.models.registry import How
from ui import text
from ui.components.notices import guarded
from ui.components.safe import safe_md
from ui.session import model_choice

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
    for role, spec in (("vision", vision), ("text", language)):
        if model_choice.is_chat(spec):
            _ask(role, spec)


def _ask(role: str, spec: str) -> None:
    what = text.CONNECT_ASKED_IMAGE if role == "vision" else text.CONNECT_ASKED_TEXT
    with guarded():
        with st.spinner(text.CONNECT_TESTING, show_time=True):
            backend = try_model.backend_of(role, spec, How(model_choice.keys()))
            answer = try_model.first_answer(role, backend)
            reply, took = answer.reply, text.replied(answer.seconds, model_choice.name(spec))
            able = "" if isinstance(reply, Failed) else "; ".join(_able(role, backend))
        if isinstance(reply, Failed):
            st.error(safe_md(reply.reason, 300), title=what, icon=":material/error:")
        else:
            said = safe_md(reply.text, 300) or text.CONNECT_EMPTY_REPLY
            lines = [said, f":small[{safe_md(took)}]", f":small[{text.CONNECT_CAN}: {safe_md(able)}]"]
            st.success("  \n".join(lines), title=what, icon=":material/check_circle:")


def _able(role: str, backend: Backend) -> list[str]:
    """What the model can do, found out by one more question where that shows it."""
    if role == "vision":
        return [text.CAN_SEE]
    asked = Request(text.CONNECT_TEST_SCHEMA, schema=_SCHEMA, max_tokens=try_model.TOKENS, probabilities=True)
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
