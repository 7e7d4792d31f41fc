"""The kinds of models, imported only when one is chosen: a model library costs seconds to import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from core.domain import Asking, Wording
from core.errors import BadInput
from core.models.base import TextModel, VisionModel

if TYPE_CHECKING:
    from core.models.backend import Backend

Keys = Mapping[str, str]
NO_KEYS: Keys = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class How:
    """How a model is to be used. folder: the workspace, for what must outlive this process. keys: server -> key given
    for this session, never stored. wording, asking: see domain."""

    keys: Keys = field(default_factory=lambda: NO_KEYS)
    wording: Wording = field(default_factory=Wording)
    asking: Asking = field(default_factory=Asking)
    folder: Path | None = None


AS_IT_IS = How()
BUILTIN = "builtin"


def _builtin_vision(model: str, how: How) -> VisionModel:
    from core.models.builtin.vision import BuiltinVision

    return BuiltinVision()


def _builtin_text(model: str, how: How) -> TextModel:
    from core.models.builtin.text import BuiltinText

    return BuiltinText()


def _openai_vision(model: str, how: How) -> VisionModel:
    from core.models.chat_vision import ChatVision
    from core.models.openai_chat import OpenAIChat

    return ChatVision(OpenAIChat(model, how.keys), how.wording, how.asking)


def _openai_text(model: str, how: How) -> TextModel:
    from core.models.chat_text import ChatText
    from core.models.openai_chat import OpenAIChat

    return ChatText(OpenAIChat(model, how.keys), how.wording, how.asking)


@lru_cache(maxsize=1)
def _llama(path: str) -> Backend:
    """One GGUF model is kept loaded: loading takes seconds and memory."""
    from core.models.llama_chat import LlamaChat

    return LlamaChat(path)


def _llama_text(model: str, how: How) -> TextModel:
    from core.models.chat_text import ChatText

    return ChatText(_llama(model), how.wording, how.asking)


_M = TypeVar("_M")
VISION: Mapping[str, Callable[[str, How], VisionModel]] = {"builtin": _builtin_vision, "openai": _openai_vision}
TEXT: Mapping[str, Callable[[str, How], TextModel]] = {
    "builtin": _builtin_text,
    "openai": _openai_text,
    "llama_cpp": _llama_text,
}


def vision_model(spec: str, how: How = AS_IT_IS) -> VisionModel:
    """The vision model of `KIND[:MODEL]`.

    Raises BadInput for an unknown kind, ModelUnavailable if it cannot load.
    """
    kind, _, model = spec.partition(":")
    return _pick(VISION, kind, "vision")(model, how)


def text_model(spec: str, how: How = AS_IT_IS) -> TextModel:
    """The text model of `KIND[:MODEL]`. Raises as `vision_model`."""
    kind, _, model = spec.partition(":")
    return _pick(TEXT, kind, "text")(model, how)


def _pick(kinds: Mapping[str, Callable[[str, How], _M]], kind: str, role: str) -> Callable[[str, How], _M]:
    if kind not in kinds:
        raise BadInput(f"There is no {role} model of kind “{kind}”. Choose one of: {', '.join(kinds)}.")
    return kinds[kind]
