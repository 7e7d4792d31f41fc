"""The kinds of models, imported only when one is chosen: a model library costs seconds to import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from core.errors import BadInput
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
def _llama(spec: str) -> Backend:
    """One GGUF model is kept loaded: loading takes seconds and memory."""
    from core.models.llama_chat import LlamaChat

    return LlamaChat(spec)


def _llama_vision(model: str, keys: Keys) -> VisionModel:
    from core.models.chat import ChatVision
    from core.models.llama_chat import seeing

    return ChatVision(seeing(_llama(model)))


def _llama_text(model: str, keys: Keys) -> TextModel:
    from core.models.chat import ChatText

    return ChatText(_llama(model))


_M = TypeVar("_M")
VISION: Mapping[str, Callable[[str, Keys], VisionModel]] = {
    "builtin": _builtin_vision,
    "openai": _openai_vision,
    "llama_cpp": _llama_vision,
}
TEXT: Mapping[str, Callable[[str, Keys], TextModel]] = {
    "builtin": _builtin_text,
    "openai": _openai_text,
    "llama_cpp": _llama_text,
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
