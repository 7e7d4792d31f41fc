"""The prompts of a run: each can be read as it will be sent, rewritten, and put back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core import prompts
from core.domain import Cluster, Corpus, Description, Failed, ImageInput, RunSettings
from core.errors import BadInput
from core.models.chat.backend import Can, Reply, Request
from core.models.chat.text import ChatText
from core.models.chat.vision import ChatVision
from core.prompts import Form
from ui import text
from ui.components.safe import safe_md
from ui.session import run_options
from ui.session.run_options import get, key, put


def exact_words(settings: RunSettings) -> None:
    """A message of the run to look at and change, and below it what will be sent."""
    forms = run_options.forms(settings)
    form: Form = st.selectbox(
        text.WORDS, forms, format_func=text.WORDS_OF.__getitem__, key="more-form", persist_state="session"
    )
    edited = dict(get("edited"))
    field = key(f"prompt-{form}")
    st.session_state[field] = edited.get(form, prompts.newest(form).text)
    st.text_area(
        text.WORDS_TEMPLATE, key=field, height=280, help=text.WORDS_TEMPLATE_HELP, on_change=_rewrite, args=(form,),
    )  # fmt: skip
    if form in edited:
        st.button(
            text.WORDS_RESET, icon=":material/restart_alt:", key="reset-prompt", on_click=_back, args=(form,),
        )  # fmt: skip
    try:
        sent = preview(form, settings)
    except BadInput as error:
        st.caption(f":red[:material/error: {safe_md(str(error))}]")
        return
    st.caption(text.WORDS_PREVIEW)
    st.code(sent, language=None, wrap_lines=True, height=320)


def _rewrite(form: Form) -> None:
    said = str(st.session_state.get(key(f"prompt-{form}")) or "")
    rest = {name: text_now for name, text_now in get("edited").items() if name != form}
    put("edited", rest if said in ("", prompts.newest(form).text) else {**rest, form: said})


def _back(form: Form) -> None:
    put("edited", {name: text_now for name, text_now in get("edited").items() if name != form})


class _Ear:
    """A model that answers nothing and remembers what it was asked: what it hears is what is sent."""

    id = "preview"
    can = Can(vision=True)

    def __init__(self) -> None:
        self.heard: list[str] = []

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        self.heard += [request.text for request in requests]
        return [Failed("") for _ in requests]


def preview(form: Form, settings: RunSettings) -> str:
    """The text of a message as it will be sent, with stand-ins for what is not known yet. Raises BadInput."""
    # A mistake in another prompt is not one in this.
    edited = tuple(entry for entry in settings.wording.edited if entry[0] == form)
    wording, asking = replace(settings.wording, edited=edited), settings.asking
    criterion = settings.criterion or text.STAND_IN_CRITERION
    ear = _Ear()
    if prompts.step_of(form) == "describe":
        ChatVision(ear, wording, asking).describe([ImageInput(None)], criterion)
        return ear.heard[0]
    model = ChatText(ear, wording, replace(asking, samples=1))
    said = [Description(text.stand_in(asking.items, "descriptions"))]
    clusters = [Cluster("c1", text.STAND_IN_GROUP)]
    if form == "label":
        model.label(Corpus(["i"], said), criterion)
    elif form == "name":
        model.name(Corpus(["i"], said, [text.STAND_IN_LABELS]), criterion, settings.k, settings.names)
    elif form == "assign":
        model.assign(Corpus(["i"], said, [""]), criterion, clusters)
    else:
        model.assign(Corpus(["i"], [Description("")], [text.stand_in(asking.items, "labels")]), criterion, clusters)
    return ear.heard[0].replace(f"{text.STAND_IN_LABELS} (1)", text.STAND_IN_LABELS)
