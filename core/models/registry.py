"""The kinds of models, imported only when one is chosen: a model library costs seconds to import."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

from core.errors import BadInput, ModelUnavailable
from core.models.base import TextModel, VisionModel

if TYPE_CHECKING:
    from core.models.backend import Backend

Keys = Mapping[str, str]
NO_KEYS: Keys = MappingProxyType({})


def _builtin_vision(model: str, keys: Keys) -> VisionModel:
    from core.models.builtin.vision import BuiltinVision

    return BuiltinVision()


def _builtin_text(model: str, keys: Keys) -> TextModel:
    from core.models.builtin.text import BuiltinText

    return BuiltinText()


def _openai_vision(model: str, keys: Keys) -> VisionModel:
    from core.models.chat import ChatVision
    from core.models.openai_chat import OpenAIChat

    return ChatVision(OpenAIChat(model, keys))


def _openai_text(model: str, keys: Keys) -> TextModel:
    from core.models.chat import ChatText
    from core.models.openai_chat import OpenAIChat

    return ChatText(OpenAIChat(model, keys))


@lru_cache(maxsize=1)
def _llama(path: str) -> Backend:
    """One GGUF model is kept loaded: loading takes seconds and memory."""
    from core.models.llama_chat import LlamaChat

    return LlamaChat(path)


def _llama_text(model: str, keys: Keys) -> TextModel:
    from core.models.chat import ChatText

    return ChatText(_llama(model))


_loading = threading.Lock()
_alive: WeakValueDictionary[str, Backend] = WeakValueDictionary()
_kept: list[Backend] = []
"""The Hugging Face checkpoint used last: loading takes seconds. Others live as long as a run holds them."""


def _transformers(model: str) -> Backend:
    """A Hugging Face checkpoint, loaded once where it is chosen for both roles or by two pages at a time."""
    from core.models.hf_chat import TransformersChat

    with _loading:
        found = _alive.get(model)
        if found is None:
            _kept.clear()  # before the next is held against the free memory
            gc.collect()
            found = _alive[model] = TransformersChat(model)
        _kept[:] = [found]
        return found


def _transformers_vision(model: str, keys: Keys) -> VisionModel:
    from core.models.chat import ChatVision

    backend = _transformers(model)
    if not backend.can.vision:
        raise ModelUnavailable(f"“{model}” cannot see images. Choose it as the text model, and another to describe.")
    return ChatVision(backend)


def _transformers_text(model: str, keys: Keys) -> TextModel:
    from core.models.chat import ChatText

    return ChatText(_transformers(model))


_M = TypeVar("_M")
VISION: Mapping[str, Callable[[str, Keys], VisionModel]] = {
    "builtin": _builtin_vision,
    "openai": _openai_vision,
    "transformers": _transformers_vision,
}
TEXT: Mapping[str, Callable[[str, Keys], TextModel]] = {
    "builtin": _builtin_text,
    "openai": _openai_text,
    "llama_cpp": _llama_text,
    "transformers": _transformers_text,
}


def vision_model(spec: str, keys: Keys = NO_KEYS) -> VisionModel:
    """The vision model of `KIND[:MODEL]`. keys: server -> key given for this session, never stored.

    Raises BadInput for an unknown kind, ModelUnavailable if it cannot load.
    """
    kind, _, model = spec.partition(":")
    return _pick(VISION, kind, "vision")(model, keys)


def text_model(spec: str, keys: Keys = NO_KEYS) -> TextModel:
    """The text model of `KIND[:MODEL]`. Raises as `vision_model`."""
    kind, _, model = spec.partition(":")
    return _pick(TEXT, kind, "text")(model, keys)


def _pick(kinds: Mapping[str, Callable[[str, Keys], _M]], kind: str, role: str) -> Callable[[str, Keys], _M]:
    if kind not in kinds:
        raise BadInput(f"There is no {role} model of kind “{kind}”. Choose one of: {', '.join(kinds)}.")
    return kinds[kind]
