"""Pickles: arrays of every protocol come back as they were; whatever else a pickle may say is refused, never run."""

from __future__ import annotations

import contextlib
import io
import pickle
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import BadInput
from core.ingest.safe_pickle import read_arrays

ARRAYS = {
    "float32": np.arange(12, dtype=np.float32).reshape(3, 4),
    "float16": np.arange(6, dtype=np.float16).reshape(2, 3),
    "big-endian": np.arange(4, dtype=">f8"),
    "column by column": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "a part of another": np.arange(24).reshape(4, 6)[::2, 1:4],
    "whole numbers": np.arange(3, dtype=np.int64),
    "true or false": np.array([True, False]),
    "empty": np.zeros((0, 5)),
    "one number": np.array(3.5),
}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_come_back_as_they_were(name: str, protocol: int) -> None:
    found = read_arrays(pickle.dumps(ARRAYS[name], protocol=protocol))
    assert np.array_equal(found, ARRAYS[name])
    assert found.dtype == ARRAYS[name].dtype


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_in_lists_and_dicts_come_back(protocol: int) -> None:
    held = {"features": np.eye(3), "names": ["a.jpg", "b.jpg"], "n": 3, "scale": np.float32(2.0), "none": None}
    found = read_arrays(pickle.dumps(held, protocol=protocol))
    assert np.array_equal(found["features"], np.eye(3))
    assert (found["names"], found["n"], found["scale"], found["none"]) == (["a.jpg", "b.jpg"], 3, 2.0, None)


class Calls:
    """A pickle that calls a function when it is loaded."""

    def __init__(self, function: Any, *given: Any) -> None:
        self.told = (function, given)

    def __reduce__(self) -> Any:
        return self.told


class State:
    def __reduce__(self) -> Any:
        return (object.__new__, (Path,), {"x": 1})


def ran(place: Path) -> dict[str, bytes]:
    """Hostile pickles; each would write `place` if it were run."""
    write, code = (Path.touch, place), f"import pathlib; pathlib.Path({str(place)!r}).touch()"
    text = code.encode()
    return {
        "reduce": pickle.dumps(Calls(*write)),
        "reduce, protocol 0": pickle.dumps(Calls(*write), protocol=0),
        "reduce, protocol 1": pickle.dumps(Calls(*write), protocol=1),
        "reduce, protocol 5": pickle.dumps(Calls(*write), protocol=5),
        "exec": pickle.dumps(Calls(exec, code)),
        "eval": pickle.dumps(Calls(eval, f"__import__('pathlib').Path({str(place)!r}).touch()")),
        "global": b"cos\nsystem\n(S'touch " + str(place).encode() + b"'\ntR.",
        "global of builtins": b"c__builtin__\nexec\n(S'" + text.replace(b"'", b'"') + b"'\ntR.",
        "stack global": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x01x\x85R.",
        "inst": b"(S'touch " + str(place).encode() + b"'\nios\nsystem\n.",
        "obj": b"(cos\nsystem\nS'touch " + str(place).encode() + b"'\no.",
        "newobj": b"\x80\x02cos\nsystem\nS'x'\n\x85\x81.",
        "build": b"c__builtin__\nset\n)R(S'__setstate__'\ncos\nsystem\nd" + b"bS'x'\nb.",
        "persistent id": b"Pevil\n.",
        "binary persistent id": b"\x80\x04\x8c\x01x\x51.",
        "extension code": b"\x80\x02\x82\x01.",
        "nested": pickle.dumps({"a": [np.eye(2), {"b": (Calls(*write),)}]}),
        "in an array of objects": pickle.dumps(np.array([Calls(*write), 1], dtype=object)),
        "numpy's own loader": pickle.dumps(Calls(np.load, str(place))),
        "numpy's runner": b"cnumpy.testing._private.utils\nrunstring\n(S'" + text.replace(b"'", b'"') + b"'\n}tR.",
        "loads in loads": pickle.dumps(Calls(pickle.loads, pickle.dumps(Calls(*write)))),
        "a subclass of an array": pickle.dumps(np.ma.masked_array([1, 2], mask=[0, 1])),
        "attribute by dots": b"\x80\x04\x8c\x05numpy\x8c\x0emath.os.system\x93\x8c\x01x\x85R.",
        "codecs with another encoding": b"c_codecs\nencode\n(S'x'\nS'rot13'\ntR.",
        "state of a foreign class": pickle.dumps(State()),
        "cut off": pickle.dumps(np.eye(50))[:-40],
        "no pickle": b"PK\x03\x04 something else",
        "nothing": b"",
    }


@pytest.mark.parametrize("name", ran(Path("x")))
def test_a_hostile_or_damaged_pickle_is_refused_and_never_run(name: str, tmp_path: Path) -> None:
    place = tmp_path / "was run"
    with pytest.raises(BadInput, match=r"could run a program|damaged or was not written"):
        read_arrays(ran(place)[name])
    assert not place.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04]r\xff\xff\xff\xff.",  # a place in the memo
        b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x.",  # the length of a text
        b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"N.",  # the length of a frame
        b"(lp0\n" + b"".join(b"(lp%d\n%sa" % (n, b"g%d\na" % (n - 1) * 1000) for n in (1, 2, 3)) + b".",  # said again
    ],
)
def test_a_few_bytes_take_no_memory_or_time(content: bytes) -> None:
    tracemalloc.start()
    with contextlib.suppress(BadInput):
        read_arrays(content)
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()


def test_the_hostile_pickles_would_run(tmp_path: Path) -> None:
    place = tmp_path / "was run"
    for name in ("reduce", "exec", "global of builtins", "nested", "loads in loads"):
        pickle.Unpickler(io.BytesIO(ran(place)[name])).load()
        assert place.exists(), name
        place.unlink()
