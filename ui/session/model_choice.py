"""Which models the next run uses, kept in the workspace, and the keys of their servers, which are never stored."""

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
from core.models.baseline.recipe import BASELINE, FEATURES, Features, Recipe
from core.models.model_spec import OPENAI_BATCH, ModelSpec, base_url, is_server_url
from core.models.openai.client import may_hold_secret
from core.models.supplied import examples
from ui import text
from ui.language import digits
from ui.session import state

BUILTIN = "builtin"
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
    registry.give_back(vision, text_model)


def keys() -> Mapping[str, str]:
    """Server address -> key, as pipeline.start and jobs.start take them."""
    return {**secret_keys(), **typed_keys()}


def typed_keys() -> Mapping[str, str]:
    """Those of the keys that were typed in this session."""
    return dict(st.session_state.get(_KEYS, {}))


def secret_keys() -> Mapping[str, str]:
    """Those of the keys that Streamlit's secrets hold, as `"ADDRESS" = "KEY"` in the table `keys`; none without a
    file of secrets, or with one that cannot be read."""
    try:
        table = st.secrets.get("keys", {})
    except (OSError, ValueError):  # Streamlit's own error for no secrets is an OSError
        return {}
    entries = table.items() if isinstance(table, Mapping) else ()
    return {
        base_url(url): key.strip()
        for url, key in entries  # the file may be shared with other apps, whose keys go by other names
        if url.startswith(("http://", "https://")) and isinstance(key, str) and key.strip()
    }


def remember_key(url: str, key: str) -> None:
    """Keep a server's key for this session, or forget it when it is empty."""
    kept = {**st.session_state.get(_KEYS, {}), url: key.strip()}
    st.session_state[_KEYS] = {address: kept_key for address, kept_key in kept.items() if kept_key}


def server_address(typed: str) -> str:
    """A server's address as it is used in specs, from what a person typed. Raises BadInput."""
    url = base_url(typed)
    url = url if "://" in url else f"http://{url}"
    if not is_server_url(url) or any(character.isspace() for character in url):
        raise BadInput(text.CONNECT_BAD_URL)
    if may_hold_secret(address := urlsplit(url).geturl()):
        raise BadInput(text.CONNECT_PLAIN_URL)
    return address


def spec(model: str, url: str) -> str:
    """A model on a server, as RunSettings wants it."""
    return f"openai:{model.strip()}@{url}"


def server_of(spec: str) -> str:
    """The address of the server that a model runs on, or "" for the built-in engine and for records."""
    return ModelSpec.parse(spec).url


def name(spec: str) -> str:
    """What a model is called on a page, as plain text."""
    if kind(spec) in (FEATURES, BASELINE):
        chosen = Recipe.parse(spec) if kind(spec) == BASELINE else None
        return f"{chosen.method} ({chosen.said})" if chosen else Features.parse(spec).short
    if kind(spec) == examples.KIND:
        return text.YOUR_EXAMPLES
    if kind(spec) in text.LOCAL_KINDS:
        return f"{short_name(spec)} ({text.ON_THIS_COMPUTER})"
    if not (url := server_of(spec)):
        return text.BUILTIN
    return f"{model_of(spec)} ({_host(url)}{f', {text.IN_BATCHES}' if kind(spec) == OPENAI_BATCH else ''})"


def short_name(spec: str) -> str:
    """The same without where it runs, to tell two models apart."""
    if kind(spec) in (FEATURES, BASELINE):
        return name(spec)
    file, gguf, _ = model_of(spec).partition(".gguf+")  # a model with the file that lets it see
    return PurePath(f"{file}{gguf.rstrip('+')}").name or (text.BUILTIN if kind(spec) == BUILTIN else kind(spec))


def model_of(spec: str) -> str:
    """The model's own name, as the price table has it."""
    return ModelSpec.parse(spec).name


def can_wait(spec: str) -> bool:
    """Whether a model could be asked in batches: it runs on a server, and not on this computer, where none has them."""
    return kind(spec) == "openai" and _is_far(server_of(spec))


def in_batches(spec: str) -> str:
    """The same model asked in batches, where that can be; else as it is."""
    return str(ModelSpec.parse(spec).of_kind(OPENAI_BATCH)) if can_wait(spec) else spec


def is_chat(spec: str) -> bool:
    """Whether a model is told in words what to do: not the built-in engine, nor results from elsewhere."""
    return kind(spec) in registry.CHAT


def kind(spec: str) -> str:
    """The kind of a model: what its spec begins with."""
    return ModelSpec.parse(spec).kind


def listed() -> list[str]:
    """What servers listed in this session."""
    return [spec(model, there) for there, names in st.session_state.get(LISTED, {}).items() for model in names]


def local() -> list[str]:
    """Models without a server that were named in this session."""
    return list(st.session_state.get(_LOCAL, []))


def add_local(spec: str) -> None:
    """Offer a model without a server, for both roles as far as its kind can do them."""
    st.session_state[_LOCAL] = list(dict.fromkeys([*local(), spec]))


def known() -> list[str]:
    """Every model that could be chosen: those in use, those that servers listed in this session, and those of earlier
    runs; without the built-in engine."""
    now = choice()
    runs = [run.settings for run in state.workspace().store.runs.recent()]
    before = [spec for run in runs for spec in (run.vision, run.text, run.fallback)]
    able = (*registry.VISION, *registry.TEXT)
    return [
        spec
        for spec in dict.fromkeys([now.vision, now.text, *listed(), *local(), *before])
        if ":" in spec and is_chat(spec) and kind(spec) in able
    ]


def leaves(vision: str, text_model: str, fallback: str = "") -> str:
    """What leaves this computer with these models, as plain text. fallback: the second model, "" for none."""
    eyes = [vision, fallback] if is_chat(vision) else [vision]  # the second model is shown what the first one was
    far = {spec: _host(server_of(spec)) for spec in (vision, text_model, fallback) if _is_far(server_of(spec))}
    to_look, to_read, again = far.get(vision), far.get(text_model), far.get(fallback)
    said, side = [], digits(config().image_side)
    if to_look:
        said.append(text.LEAVES_IMAGES.format(host=to_look, side=side))
    if to_read not in (None, to_look):
        said.append(text.LEAVES_TEXT.format(host=to_read))
    if again not in (None, to_look) and fallback in eyes:
        said.append(text.LEAVES_AGAIN.format(host=again, side=side))
    elif again not in (None, to_look, to_read):
        said.append(text.LEAVES_TEXT_AGAIN.format(host=again))
    if not far:
        near = any(server_of(spec) for spec in (vision, text_model, fallback))
        return text.LEAVES_LOCAL if near else text.LEAVES_NOTHING
    if not any(spec in far for spec in eyes):
        said.append(text.LEAVES_NO_IMAGE_LOCAL if any(server_of(spec) for spec in eyes) else text.LEAVES_NO_IMAGE)
    return " ".join(said)


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
