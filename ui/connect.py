"""The parts of the Connect page: a server and its key, a model for each role, a test, and what is in use."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from PIL import Image, ImageDraw

from core.domain import Failed
from core.errors import FacetryError
from core.models.backend import Request
from core.models.openai_chat import OpenAIChat, has_key_in_environment
from ui import models, state, text
from ui.notices import act, guarded
from ui.safe import safe_md

_URL, _LISTED = "server-url", "server-models"
_TEST_SECONDS = 60.0


def server() -> str:
    """Ask for a server and its key; return its address, or "" while there is none that can be used."""
    st.session_state.setdefault(_URL, _last_used())
    st.subheader(text.CONNECT_SERVER, anchor=False)
    st.pills(
        text.CONNECT_KNOWN, list(text.CONNECT_SERVERS), key="known-server", on_change=_take_known,
        label_visibility="collapsed", wrap=True,
    )  # fmt: skip
    typed = st.text_input(
        text.CONNECT_URL,
        key=_URL,
        placeholder=text.CONNECT_SERVERS["Ollama"],
        help=text.CONNECT_URL_HELP,
        icon=":material/dns:",
        autocomplete="off",
        persist_state="session",
    )
    if not typed or not typed.strip():
        return ""
    try:
        url = models.server_address(typed)
    except FacetryError as error:
        st.caption(f":red[:material/error: {safe_md(str(error))}]")
        return ""
    _key(url)
    if st.button(text.CONNECT_LIST, icon=":material/list:", key="list-models"):
        with guarded(), st.spinner(text.CONNECT_TESTING, show_time=True):
            listed = OpenAIChat(f"any@{url}", models.keys()).models()
            st.session_state[_LISTED] = {**st.session_state.get(_LISTED, {}), url: listed}
    if url in st.session_state.get(_LISTED, {}):
        found = st.session_state[_LISTED][url]
        st.caption(f":green[:material/check:] {text.CONNECT_LISTED} {text.count(len(found), 'model')}.")
    return url


def _last_used() -> str:
    """The server that the newest run with one used, so that after a reload it need not be typed again."""
    for run in state.workspace().store.runs.recent():
        for spec in (run.settings.vision, run.settings.text):
            if url := models.server_of(spec):
                return url
    return ""


def _take_known() -> None:
    if known := st.session_state.get("known-server"):
        st.session_state[_URL] = text.CONNECT_SERVERS[known]
        st.session_state["known-server"] = None


def _key(url: str) -> None:
    field = f"server-key-{url}"

    def keep() -> None:
        models.remember_key(url, str(st.session_state.get(field) or ""))

    st.text_input(
        text.CONNECT_KEY,
        type="password",
        key=field,
        placeholder=text.CONNECT_KEY_HINT,
        help=text.CONNECT_KEY_HELP,
        icon=":material/key:",
        autocomplete="off",
        on_change=keep,
    )
    kept = models.keys()
    if url in kept:
        st.caption(f":material/check: {text.CONNECT_KEY_KEPT}")
        if models.sends_key_openly(url):
            st.caption(f":orange[:material/lock_open: {text.CONNECT_KEY_OPEN}]")
    elif has_key_in_environment(url):
        st.caption(f":material/check: {text.CONNECT_KEY_ENV}")


def roles(url: str) -> None:
    """Ask for a model for each role; test them and use them."""
    st.subheader(text.CONNECT_MODELS, anchor=False)
    listed = [models.spec(one, there) for there, names in st.session_state.get(_LISTED, {}).items() for one in names]
    vision = _role(text.CONNECT_VISION, text.CONNECT_VISION_HELP, "vision", models.choice().vision, listed, url)
    language = _role(text.CONNECT_TEXT, text.CONNECT_TEXT_HELP, "text", models.choice().text, listed, url)
    st.info(safe_md(models.leaves(vision, language)), title=text.CONNECT_LEAVES, icon=":material/shield:")
    with st.container(horizontal=True):
        st.button(
            text.CONNECT_USE, type="primary", icon=":material/check:", key="use-models", on_click=act,
            args=(_use, vision, language),
        )  # fmt: skip
        test = st.button(text.CONNECT_TEST, icon=":material/bolt:", key="test-models", help=text.CONNECT_TEST_HELP)
    if test:
        _test(vision, language)


def _role(label: str, tip: str, key: str, now: str, listed: Sequence[str], url: str) -> str:
    """One role's choice as a spec; a name that is not listed can be typed, as not every server lists its models."""
    options = list(dict.fromkeys([models.BUILTIN, now, *listed]))

    def shown(one: str) -> str:
        return models.name(one) if one in options else one  # a name just typed is no spec yet

    chosen = st.selectbox(
        label, options, index=options.index(now), format_func=shown, key=f"role-{key}", help=tip,
        accept_new_options=bool(url), persist_state="session",
    )  # fmt: skip
    if not chosen or chosen in options or not url:
        return chosen if chosen in options else now
    return models.spec(chosen, url)


def _use(vision: str, language: str) -> str:
    models.choose(vision, language)
    return text.CONNECT_USED


def _test(vision: str, language: str) -> None:
    """Send one drawn picture and one sentence to the chosen models, and show what comes back and how fast."""
    if not models.server_of(vision) and not models.server_of(language):
        st.caption(text.CONNECT_TEST_BUILTIN)
        return
    if models.server_of(vision):
        with tempfile.TemporaryDirectory() as folder:
            picture = Path(folder) / "circle.jpg"
            drawing = Image.new("RGB", (224, 224), "white")
            ImageDraw.Draw(drawing).ellipse((42, 42, 182, 182), fill=(215, 30, 30))
            drawing.save(picture, quality=90)
            _ask(vision, text.CONNECT_ASKED_IMAGE, Request(text.CONNECT_TEST_IMAGE, picture))
    if models.server_of(language):
        _ask(language, text.CONNECT_ASKED_TEXT, Request(text.CONNECT_TEST_TEXT))


def _ask(spec: str, what: str, request: Request) -> None:
    began = time.monotonic()
    with guarded():
        with st.spinner(text.CONNECT_TESTING, show_time=True):
            chat = OpenAIChat(spec.removeprefix("openai:"), models.keys(), deadline=_TEST_SECONDS)
            (reply,) = chat.reply([request])
        took = text.replied(time.monotonic() - began, models.name(spec))
        if isinstance(reply, Failed):
            st.error(safe_md(reply.reason, 300), title=what, icon=":material/error:")
        else:
            said = safe_md(reply.text, 300) or text.CONNECT_EMPTY_REPLY
            st.success(f"{said}  \n:small[{safe_md(took)}]", title=what, icon=":material/check_circle:")


def in_use() -> None:
    """What new runs will use, and the way back."""
    now = models.choice()
    with st.container(border=True, gap="small"):
        st.subheader(text.CONNECT_NOW, anchor=False)
        for label, spec in ((text.CONNECT_VISION, now.vision), (text.CONNECT_TEXT, now.text)):
            with st.container(gap=None):
                st.caption(label)
                st.markdown(safe_md(models.name(spec), 100))
        st.caption(f":material/shield: {safe_md(models.leaves(now.vision, now.text))}")
        if now != models.Choice():
            st.button(text.CONNECT_RESET, icon=":material/restart_alt:", key="reset-models", on_click=_reset)


def _reset() -> None:
    models.choose()
    st.session_state["role-vision"] = st.session_state["role-text"] = models.BUILTIN


def ollama() -> None:
    """The shortest way to a model of one's own."""
    with st.container(border=True, gap="small"):
        st.subheader(text.OLLAMA_TITLE, anchor=False)
        st.code(text.OLLAMA_LINES, language="bash", wrap_lines=True)
        st.caption(text.OLLAMA_NOTE)
