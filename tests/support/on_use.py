"""Libraries that take seconds to import, imported when something of them is first used: not by every process that only
looks for tests."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class OnUse:
    """Stands for a module. It has no names with an underscore: pytest asks all that it finds for some of those."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(import_module(self._name), name)


datasets = OnUse("datasets")
efficientnet = OnUse("efficientnet_lite_pytorch")
safetensors_torch = OnUse("safetensors.torch")
torch = OnUse("torch")
transformers = OnUse("transformers")
