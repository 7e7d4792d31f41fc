"""The parts of the Connect page: a server and its key, a model for each role, a test, and what is in use."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import FacetryError
from core.models import registry
from core.models.openai.client import has_key_in_environment, is_key
from core.models.openai.server import OpenAIChat
from ui import text
from ui.components.notices import act, guarded
from ui.components.safe import safe_md
from ui.connect import catalogue, model_test, price_table
from ui.session import model_choice, run_data, run_options, state

_URL, _PATTERN, _SHOWN = "server-url", "server-pattern", "models-shown"


def server() -> str:
    """Ask for a server and its key; return its address, or "" while there is none that can be used."""
    st.session_state.setdefault(_URL, _last_used())
    st.header(text.CONNECT_SERVER, anchor=False)
    st.pills(
        text.CONNECT_KNOWN, list(text.CONNECT_SERVERS), key="known-server", on_change=_take_known,
        label_visibility="collapsed", wrap=True,
    )  # fmt: skip
    typed = st.text_input(
        text.CONNECT_URL,
        key=_URL,
        placeholder=st.session_state.get(_PATTERN) or text.CONNECT_SERVERS["Ollama"],
        help=text.CONNECT_URL_HELP,
        icon=":material/dns:",
        autocomplete="off",
        persist_state="session",
    )
    if not typed or not typed.strip():
        return ""
    try:
        url = model_choice.server_address(typed)
    except FacetryError as error:
        st.caption(f":red[:material/error: {safe_md(str(error))}]")
        return ""
    _key(url)
    if st.button(text.CONNECT_LIST, icon=":material/list:", key="list-models"):
        with guarded(), st.spinner(text.CONNECT_TESTING, show_time=True):
            listed = OpenAIChat(f"any@{url}", model_choice.keys()).models()
            st.session_state[model_choice.LISTED] = {**st.session_state.get(model_choice.LISTED, {}), url: listed}
    if url in st.session_state.get(model_choice.LISTED, {}):
        found = st.session_state[model_choice.LISTED][url]
        st.caption(f":green[:material/check:] {text.CONNECT_LISTED} {text.count(len(found), 'model')}.")
    return url


def _last_used() -> str:
    """The server that the newest run with one used, so that after a reload it need not be typed again."""
    for run in state.workspace().store.runs.recent():
        for spec in (run.settings.vision, run.settings.text):
            if url := model_choice.server_of(spec):
                return url
    return ""


def _take_known() -> None:
    if known := st.session_state.get("known-server"):
        address = text.CONNECT_SERVERS[known]
        pattern = "{" in address  # part of it is the person's own: shown in the empty field, to be typed over
        st.session_state[_URL] = "" if pattern else address
        st.session_state[_PATTERN] = address.replace("{", "").replace("}", "") if pattern else ""
        st.session_state["known-server"] = None


def _key(url: str) -> None:
    field = f"server-key-{url}"

    def keep() -> None:
        given = str(st.session_state.get(field) or "").strip()
        model_choice.remember_key(url, given if is_key(given) else "")

    typed = st.text_input(
        text.CONNECT_KEY,
        type="password",
        key=field,
        placeholder=text.CONNECT_KEY_HINT,
        help=text.CONNECT_KEY_HELP,
        icon=":material/key:",
        autocomplete="off",
        on_change=keep,
    )
    if not is_key(typed.strip()):
        st.caption(f":red[:material/error: {text.CONNECT_KEY_BAD}]")
    elif said := _key_from(url):
        st.caption(f":material/check: {said}")
        if model_choice.sends_key_openly(url):
            st.caption(f":orange[:material/lock_open: {text.CONNECT_KEY_OPEN}]")


def _key_from(url: str) -> str:
    """Where a server's key comes from, "" where there is none."""
    if url in model_choice.typed_keys():
        return text.CONNECT_KEY_KEPT
    if url in model_choice.secret_keys():
        return text.CONNECT_KEY_FILE
    return text.CONNECT_KEY_ENV if has_key_in_environment(url) else ""


def roles(url: str) -> None:
    """Ask for a model for each role; test them and use them once both are known."""
    st.header(text.CONNECT_MODELS, anchor=False)
    _show_choice()
    listed = [*model_choice.listed(), *model_choice.local(), *catalogue.got()]
    vision = _role(text.CONNECT_VISION, text.CONNECT_VISION_HELP, "vision", model_choice.choice().vision, listed, url)
    language = _role(text.CONNECT_TEXT, text.CONNECT_TEXT_HELP, "text", model_choice.choice().text, listed, url)
    known = bool(vision and language)
    if known:
        st.info(safe_md(_leaves(vision, language)), title=text.CONNECT_LEAVES, icon=":material/shield:")
    with st.container(horizontal=True):
        st.button(
            text.CONNECT_USE, type="primary", icon=":material/check:", key="use-models", on_click=act,
            args=(_use, vision, language), disabled=not known,
        )  # fmt: skip
        test = st.button(
            text.CONNECT_TEST, icon=":material/bolt:", key="test-models", help=text.CONNECT_TEST_HELP,
            disabled=not known,
        )  # fmt: skip
    if test:
        model_test.test(vision, language)


def _show_choice() -> None:
    """Let the fields show what is in use where that was chosen elsewhere: on a card, or in another window."""
    now = model_choice.choice()
    if st.session_state.get(_SHOWN) != now:
        st.session_state[_SHOWN] = now
        st.session_state["role-vision"], st.session_state["role-text"] = now.vision, now.text


def _role(label: str, tip: str, key: str, now: str, listed: Sequence[str], url: str) -> str:
    """One role's choice as a spec; a name that is not listed can be typed, as not every server lists its models.

    "" for a name alone while there is no server, which is said.
    """
    kinds = registry.VISION if key == "vision" else registry.TEXT
    fitting = [spec for spec in listed if model_choice.kind(spec) in kinds or model_choice.server_of(spec)]
    options = list(dict.fromkeys([model_choice.BUILTIN, now, *fitting]))

    def shown(spec: str) -> str:
        return model_choice.name(spec) if spec in options else spec  # a name just typed is no spec yet

    picked = st.selectbox(
        label, options, format_func=shown, key=f"role-{key}", help=tip,
        accept_new_options=True, persist_state="session",
    )  # fmt: skip
    chosen = (picked or now).strip()
    if chosen in options:
        return chosen
    if model_choice.kind(chosen) in kinds:  # typed in full: "transformers:FOLDER", "llama_cpp:FILE.gguf"
        return chosen
    if not url:
        st.caption(f":red[:material/error: {text.CONNECT_WHERE}]")
        return ""
    return model_choice.spec(chosen, url)


def _leaves(vision: str, language: str) -> str:
    """As `model_choice.leaves`, with the second model that was chosen for the images at hand."""
    dataset_id, _ = run_data.images_at_hand()
    chats = model_choice.is_chat(vision) or model_choice.is_chat(language)  # the built-in engine has no second model
    return model_choice.leaves(vision, language, run_options.second(dataset_id) if chats else "")


def _use(vision: str, language: str) -> str:
    model_choice.choose(vision, language)
    return text.CONNECT_USED


def in_use() -> None:
    """What new runs will use, and the way back."""
    now = model_choice.choice()
    with st.container(border=True, gap="small"):
        st.header(text.CONNECT_NOW, anchor=False)
        for label, spec in ((text.CONNECT_VISION, now.vision), (text.CONNECT_TEXT, now.text)):
            with st.container(gap=None):
                st.caption(label)
                st.markdown(safe_md(model_choice.name(spec), 100))
        st.caption(f":material/shield: {safe_md(_leaves(now.vision, now.text))}")
        with st.container(horizontal=True):
            if now != model_choice.Choice():
                st.button(text.CONNECT_RESET, icon=":material/restart_alt:", key="reset-models", on_click=_reset)
            if st.button(text.PRICES, icon=":material/payments:", key="prices"):
                price_table.dialog()


def _reset() -> None:
    model_choice.choose()


def ollama() -> None:
    """The shortest way to a model of one's own."""
    with st.container(border=True, gap="small"):
        st.header(text.OLLAMA_TITLE, anchor=False)
        st.code(text.OLLAMA_LINES, language=None, wrap_lines=True)
        st.caption(text.OLLAMA_NOTE)
