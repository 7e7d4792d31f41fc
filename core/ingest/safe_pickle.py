"""Read numpy arrays out of a pickle without running anything that it says.

A pickle is a program: its GLOBAL and REDUCE instructions import and call whatever they name. Here only what a pickled
array is made of may be named, and each of these is built by our own function. Everything else, persistent ids and
extension codes included, is refused before it is looked up (the way that the Python documentation describes under
"Restricting Globals").
"""

from __future__ import annotations

import io
import itertools
import pickle
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from core.errors import BadInput

_REFUSED = (
    "This pickle holds more than numbers, and opening it could run a program. Save the array with numpy.save (.npy) "
    "instead."
)
_KINDS = "biufcUS"
"""Kinds of numbers and texts that an array may hold (`numpy.dtype.kind`): no objects, which are pickles again."""


def read_arrays(content: bytes) -> Any:
    """What a pickle holds: a numpy array, or a list, tuple or dict of arrays, numbers and texts.

    Raises BadInput for a pickle that names anything else, that is damaged, or that holds arrays of objects.
    """
    try:
        found = _ArraysOnly(io.BytesIO(content), encoding="latin1").load()
    except BadInput:
        raise
    except Exception:  # noqa: BLE001 - whatever a damaged or hostile pickle leads to
        raise BadInput("This pickle is damaged or was not written by numpy.") from None
    return _plain(found, 0, itertools.count(-len(content) - _REPEATED))


_Unpickler: Any = pickle._Unpickler
"""The one that is written in Python: a place in the memo costs it an entry, where the other takes memory for all places
before it, 64 GB at the bidding of nine bytes."""
_REPEATED = 1_000_000
"""Values that may be said more than once: lists that hold one list again and again are exponentially many."""


class _ArraysOnly(_Unpickler):  # type: ignore[misc]
    """An unpickler that knows what arrays are made of, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        found = _KNOWN.get((module, name))
        if found is None:
            _refuse()
        return found

    def persistent_load(self, pid: Any) -> NoReturn:
        _refuse()

    def _load_bytearray(self) -> None:
        """Only as much as there is, whatever length is said."""
        self.append(bytearray(self.read(int.from_bytes(self.read(8), "little"))))

    dispatch = _Unpickler.dispatch | {pickle.BYTEARRAY8[0]: _load_bytearray}


def _refuse(*_: Any) -> NoReturn:
    raise BadInput(_REFUSED)


class _Array:
    """An array under construction: `numpy.ndarray` as a pickle builds it, from a shape, a type and bytes."""

    def __init__(self, *_: Any) -> None:
        self.array: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, fortran, content = state
        self.array = _array(content, kind, shape, "F" if fortran else "C")


class _Kind:
    """A numpy.dtype under construction: only plain numbers."""

    def __init__(self, name: str = "", *_: Any) -> None:
        self.name, self.order = str(name), "|"

    def __setstate__(self, state: Any) -> None:
        self.order = str(state[1])

    def dtype(self) -> np.dtype[Any]:
        kind = np.dtype(self.name)
        if kind.kind not in _KINDS or kind.fields:
            _refuse()
        return kind.newbyteorder(">") if self.order == ">" else kind


def _array(content: Any, kind: Any, shape: Any, order: str) -> np.ndarray:
    if isinstance(content, str):  # protocols 0 to 2
        content = content.encode("latin1")
    if not isinstance(kind, _Kind) or not isinstance(content, bytes | bytearray | pickle.PickleBuffer):
        _refuse()
    found = np.frombuffer(memoryview(content), kind.dtype())
    return found.reshape(tuple(int(side) for side in shape), order=order)  # type: ignore[call-overload,no-any-return]


def _from_buffer(content: Any, kind: Any, shape: Any, order: Any) -> _Array:
    """`numpy._core.numeric._frombuffer`, which protocol 5 names."""
    whole = _Array()
    whole.array = _array(content, kind, shape, "F" if order == "F" else "C")
    return whole


def _scalar(kind: Any, content: Any = b"") -> Any:
    return _array(content, kind, (), "C")[()]


def _encoded(content: Any, encoding: Any = "latin1") -> bytes:
    """`_codecs.encode`, by which protocols 0 to 2 write bytes."""
    if not isinstance(content, str) or encoding != "latin1":
        _refuse()
    return content.encode("latin1")


def _no_bytes(*given: Any) -> bytes:
    """`bytes` of protocols 0 to 2, which is called for empty bytes only."""
    return b"" if not given else _refuse()


_KNOWN: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Kind,
    ("_codecs", "encode"): _encoded,
    ("__builtin__", "bytes"): _no_bytes,
    ("builtins", "bytes"): _no_bytes,
}
for _home in ("numpy.core", "numpy._core"):
    _KNOWN[f"{_home}.multiarray", "_reconstruct"] = lambda *_: _Array()
    _KNOWN[f"{_home}.multiarray", "scalar"] = _scalar
    _KNOWN[f"{_home}.numeric", "_frombuffer"] = _from_buffer


def _plain(found: Any, depth: int, counted: Iterator[int]) -> Any:
    """The same with arrays in place of what builds them. counted: 0 once there are more values than a file can hold."""
    if depth > 4 or next(counted) >= 0:
        _refuse()
    match found:
        case _Array():
            return found.array if found.array is not None else _refuse()
        case dict():
            own = {str(key): _plain(value, depth + 1, counted) for key, value in found.items()}
            if len(own) < len(found):
                raise BadInput("This pickle has two entries of the same name. Give each its own.")
            return own
        case list() | tuple():
            return [_plain(value, depth + 1, counted) for value in found]
        case None | bool() | int() | float() | str() | np.generic():
            return found
        case _:
            _refuse()
