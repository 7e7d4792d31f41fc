"""The kinds of models, imported only when one is chosen: a model library costs seconds to import."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

from core.domain import Asking, Wording
from core.errors import BadInput, ModelUnavailable
from core.models.model_spec import BUILTIN, IN_MEMORY, OPENAI_BATCH, ModelSpec
from core.models.roles import TextModel, VisionModel
from core.models.worker.process import turn

if TYPE_CHECKING:
    from core.models.chat.backend import Backend
    from core.models.embedding.kept import Keeper
    from core.models.reading.kept import ReadingKeeper
    from core.models.worker.model import WorkerChat

Keys = Mapping[str, str]
NO_KEYS: Keys = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class How:
    """How a model is to be used.

    Attributes:
        keys: server -> key given for this session, never stored.
        wording, asking: see domain.
        folder: the workspace, for what must outlive this process.
        keeper: keeps the vectors of texts, so that each is embedded once; None for nobody.
        readings: keeps what was read in images, so that each is read once; None for nobody.
        say: told, in a sentence, what goes on while a model loads.
    """

    keys: Keys = field(default_factory=lambda: NO_KEYS)
    wording: Wording = field(default_factory=Wording)
    asking: Asking = field(default_factory=Asking)
    folder: Path | None = None
    say: Callable[[str], None] = lambda _: None
    keeper: Keeper | None = None
    readings: ReadingKeeper | None = None


AS_IT_IS = How()


# -- chat backends: each gets both roles through the prompts


def _openai(model: str, how: How) -> Backend:
    from core.models.openai.server import OpenAIChat

    return OpenAIChat(model, how.keys)


def _openai_batch(model: str, how: How) -> Backend:
    from core.models.openai.batch import OpenAIBatch

    return OpenAIBatch(model, how.keys, how.folder)


LOCAL = {
    "llama_cpp": "core.models.llama_cpp.model:LlamaChat",
    "transformers": "core.models.transformers.model:TransformersChat",
}
"""Kind -> what makes its backend, in a process of its own."""


def _local(kind: str) -> Callable[[str, How], Backend]:
    return lambda model, how: _loaded(kind, model, how)


CHAT: Mapping[str, Callable[[str, How], Backend]] = {
    "openai": _openai,
    OPENAI_BATCH: _openai_batch,
    **{kind: _local(kind) for kind in LOCAL},
}


def looking() -> VisionModel:
    """The built-in vision model that looks at all images, also where the criterion asks for what is written."""
    from core.models.builtin.vision_model import BuiltinVision

    return BuiltinVision(None)


_ANOTHER = "Use it for the text steps, and another to describe."
_SEES = {"llama_cpp": "A GGUF model sees only with its mmproj file: llama_cpp:MODEL.gguf+MMPROJ.gguf"}

_loading = threading.Lock()
_alive: WeakValueDictionary[str, WorkerChat] = WeakValueDictionary()
_kept: list[WorkerChat] = []
"""The local model used last: loading takes seconds. Others live as long as a run holds them."""


def _loaded(kind: str, model: str, how: How) -> Backend:
    """A local model in its process, loaded once where it is chosen for both roles or by two pages at a time."""
    from core.models.worker.model import WorkerChat

    spec = f"{kind}:{model}"
    with turn(_loading):
        found = _alive.get(spec)
        if found is None or found.outdated:
            _kept.clear()  # before the next one's size is compared with the free memory
            gc.collect()
            found = _alive[spec] = WorkerChat(LOCAL[kind], model, how.say)
        else:
            found.wake(how.say)
        _kept[:] = [found]
        return found


def give_back(*chosen: str) -> None:
    """Give the memory of the local model used last back, unless it is one of these, which are chosen now ("" for none).
    A run that holds it keeps it until its end."""
    if _loading.acquire(blocking=False):  # else another is being loaded, and this one has gone
        try:
            _kept[:] = [model for model in _kept if any(_alive.get(spec) is model for spec in chosen)]
        finally:
            _loading.release()


# -- roles


def _builtin_vision(model: str, how: How) -> VisionModel:
    from core.models.builtin.vision_model import BuiltinVision
    from core.models.reading.kept import KeptReadings

    return BuiltinVision(KeptReadings(how.readings))


def _builtin_text(model: str, how: How) -> TextModel:
    from core.models.builtin.text_model import BuiltinText
    from core.models.embedding.kept import KeptVectors

    return BuiltinText(KeptVectors(how.keeper))


def _vision_of(kind: str) -> Callable[[str, How], VisionModel]:
    def make(model: str, how: How) -> VisionModel:
        from core.models.chat.vision import ChatVision

        backend = CHAT[kind](model, how)
        if not backend.can.vision:
            raise ModelUnavailable(f"“{model}” cannot see images. {_SEES.get(kind, _ANOTHER)}")
        return ChatVision(backend, how.wording, how.asking)

    return make


def _text_of(kind: str) -> Callable[[str, How], TextModel]:
    def make(model: str, how: How) -> TextModel:
        from core.models.chat.text import ChatText

        return ChatText(CHAT[kind](model, how), how.wording, how.asking)

    return make


_M = TypeVar("_M")
VISION: Mapping[str, Callable[[str, How], VisionModel]] = {
    BUILTIN: _builtin_vision,
    **{kind: _vision_of(kind) for kind in CHAT},
}
TEXT: Mapping[str, Callable[[str, How], TextModel]] = {
    BUILTIN: _builtin_text,
    **{kind: _text_of(kind) for kind in CHAT},
}


def vision_model(spec: str, how: How = AS_IT_IS) -> VisionModel:
    """The vision model of `KIND[:MODEL]`.

    Raises BadInput for an unknown kind, ModelUnavailable if it cannot load.
    """
    chosen = ModelSpec.parse(spec)
    return _pick(VISION, chosen.kind, "vision")(chosen.address, how)


def text_model(spec: str, how: How = AS_IT_IS) -> TextModel:
    """The text model of `KIND[:MODEL]`. Raises as `vision_model`."""
    chosen = ModelSpec.parse(spec)
    return _pick(TEXT, chosen.kind, "text")(chosen.address, how)


def check(vision: str, text: str, fallback: str, how: How) -> None:
    """Raise as `vision_model` and `text_model` for models that are unavailable. Models that must be loaded into memory
    are not checked; the run loads them and shows it. Each is "" for none."""
    for spec, make in ((vision, vision_model), (text, text_model), (fallback, text_model)):
        kind = ModelSpec.parse(spec).kind
        if spec and kind not in IN_MEMORY:
            make(spec, how)
        elif spec:
            _pick(VISION if make is vision_model else TEXT, kind, "vision" if make is vision_model else "text")


def _pick(kinds: Mapping[str, Callable[[str, How], _M]], kind: str, role: str) -> Callable[[str, How], _M]:
    if kind not in kinds:
        raise BadInput(f"There is no {role} model of kind “{kind}”. Choose one of: {', '.join(kinds)}.")
    return kinds[kind]
