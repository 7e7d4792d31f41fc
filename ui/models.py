"""Which models the next run uses, kept in the workspace, and the keys of their servers, kept in this session only."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import urlsplit

import streamlit as st

from core.config import config
from core.errors import BadInput
from core.models import registry
from core.models.openai.server import split_spec
from ui import state, text

BUILTIN = "builtin"
_KIND = "openai:"
_KEYS, _LOCAL = "model-keys", "local-models"
LISTED = "server-models"
"""Where a session keeps server -> the models it listed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The two roles of a run, as RunSettings.vision and RunSettings.text want them."""

    vision: str = BUILTIN
    text: str = BUILTIN


def choice() -> Choice:
    """What the person chose last; the built-in engine for both until then."""
    kept = state.workspace().store.preferences
    return Choice(kept.get("vision", BUILTIN), kept.get("text", BUILTIN))


def choose(vision: str = BUILTIN, text_model: str = BUILTIN) -> None:
    """Use these models for new runs."""
    kept = state.workspace().store.preferences
    kept.set("vision", vision)
    kept.set("text", text_model)


def keys() -> Mapping[str, str]:
    """Server address -> key, as pipeline.start and jobs.start take them."""
    return dict(st.session_state.get(_KEYS, {}))


def remember_key(url: str, key: str) -> None:
    """Keep a server's key for this session, or forget it when it is empty."""
    kept = {**st.session_state.get(_KEYS, {}), url: key.strip()}
    st.session_state[_KEYS] = {address: one for address, one in kept.items() if one}


def server_address(typed: str) -> str:
    """A server's address as it is used in specs, from what a person typed. Raises BadInput."""
    url = typed.strip().rstrip("/").removesuffix("/chat/completions").removesuffix("/models")
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:  # a port that is no number
        usable = False
    if not usable or any(one.isspace() for one in url):
        raise BadInput(text.CONNECT_BAD_URL)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadInput(text.CONNECT_PLAIN_URL)
    return parts.geturl()


def spec(model: str, url: str) -> str:
    """A model on a server, as RunSettings wants it."""
    return f"{_KIND}{model.strip()}@{url}"


def server_of(spec: str) -> str:
    """The address of the server that a model runs on, or "" for the built-in engine and for records."""
    return split_spec(spec.removeprefix(_KIND))[1] if spec.startswith(_KIND) else ""


def name(spec: str) -> str:
    """What a model is called on a page, as plain text."""
    if kind(spec) in text.LOCAL_KINDS:
        return f"{PurePath(spec.partition(':')[2]).name} ({text.ON_THIS_COMPUTER})"
    if not spec.startswith(_KIND):
        return text.BUILTIN
    model, url = split_spec(spec.removeprefix(_KIND))
    return f"{model} ({_host(url)})"


def model_of(spec: str) -> str:
    """The model's own name, as the price table has it."""
    return split_spec(spec.removeprefix(_KIND))[0] if spec.startswith(_KIND) else spec.partition(":")[2]


def is_chat(spec: str) -> bool:
    """Whether a model is told in words what to do: not the built-in engine, nor results from elsewhere."""
    return kind(spec) in registry.CHAT


def kind(spec: str) -> str:
    """The kind of a model: what its spec begins with."""
    return spec.partition(":")[0]


def listed() -> list[str]:
    """What servers listed in this session."""
    return [spec(one, there) for there, names in st.session_state.get(LISTED, {}).items() for one in names]


def local() -> list[str]:
    """Models without a server that were named in this session."""
    return list(st.session_state.get(_LOCAL, []))


def add_local(one: str) -> None:
    """Offer a model without a server, for both roles as far as its kind can do them."""
    st.session_state[_LOCAL] = list(dict.fromkeys([*local(), one]))


def known() -> list[str]:
    """Every model that could be chosen: those in use, those that servers listed in this session, and those of earlier
    runs; without the built-in engine."""
    now = choice()
    runs = [run.settings for run in state.workspace().store.runs.recent()]
    before = [one for run in runs for one in (run.vision, run.text, run.fallback)]
    able = (*registry.VISION, *registry.TEXT)
    return [
        one
        for one in dict.fromkeys([now.vision, now.text, *listed(), *local(), *before])
        if ":" in one and is_chat(one) and kind(one) in able
    ]


def leaves(vision: str, text_model: str) -> str:
    """One line, plain text, on what leaves this computer with these two models."""
    far = {role: _host(url) for role, url in (("v", server_of(vision)), ("t", server_of(text_model))) if _is_far(url)}
    if "v" in far and far.get("t", far["v"]) == far["v"]:
        return _images_go(far["v"])
    if "v" in far:
        return f"{_images_go(far['v'])} {text.LEAVES_TEXT.format(host=far['t'])}"
    if "t" in far:
        return f"{text.LEAVES_TEXT.format(host=far['t'])} {text.LEAVES_NO_IMAGE}"
    return text.LEAVES_LOCAL if server_of(vision) or server_of(text_model) else text.LEAVES_NOTHING


def _images_go(host: str) -> str:
    return text.LEAVES_IMAGES.format(host=host, side=f"{config().image_side:,}")


def sends_key_openly(url: str) -> bool:
    """Whether a key for this server would cross a network unencrypted."""
    return url.startswith("http://") and _is_far(url)


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _is_far(url: str) -> bool:
    """Whether a server is another computer."""
    host = urlsplit(url).hostname if url else None
    if not host or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True
