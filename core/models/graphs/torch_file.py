"""Reads the weights that PyTorch saved before its version 1.6, without PyTorch: a `.pth` file that is no ZIP file.

The file is a row of pickles, then the numbers. A pickle can name any function to be called; here it may name four, and
none of them does more than keep what it is given. Everything else is refused, as with `torch.load(weights_only=True)`.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_HEADERS = 3
"""Pickles before the tensors: a magic number, the version of the format, the sizes of numbers."""
_KINDS = {"FloatStorage": "<f4", "LongStorage": "<i8"}


def _tensor(storage: str, offset: int, shape: Sequence[int], strides: Sequence[int], *_: Any) -> tuple[Any, ...]:
    return storage, offset, shape, strides


class _Reader(pickle.Unpickler):
    """Reads one pickle. `storages`: key -> kind of its numbers and how many, of the storages that it named."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, tuple[str, int]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _KINDS:
            return _KINDS[name]
        raise pickle.UnpicklingError(f"{module}.{name} has no place among weights")

    def persistent_load(self, pid: Any) -> str:
        _, kind, key, _, count, _ = pid
        self.storages[key] = (kind, count)
        return str(key)


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """Name -> tensor of a saved state dict. Raises pickle.UnpicklingError for a file that holds anything else."""
    with path.open("rb") as file:
        for _ in range(_HEADERS):
            _Reader(file).load()
        reader = _Reader(file)
        tensors = reader.load()
        numbers = {}
        for key in _Reader(file).load():
            kind, count = reader.storages[key]
            if int.from_bytes(file.read(8), "little") != count:
                raise pickle.UnpicklingError("the numbers do not belong to these tensors")
            numbers[key] = np.frombuffer(file.read(count * np.dtype(kind).itemsize), kind)
    return {name: _view(numbers[storage], *where) for name, (storage, *where) in tensors.items()}


def _view(numbers: NDArray[Any], offset: int, shape: Sequence[int], strides: Sequence[int]) -> NDArray[Any]:
    """A tensor in its storage. NumPy raises ValueError where it would reach beyond."""
    size = numbers.itemsize
    return np.ndarray(shape, numbers.dtype, numbers, offset * size, [stride * size for stride in strides])
