"""Keeps llama.cpp from using AMX, which ends the whole process at the first batch (ggml-org/llama.cpp issue 20824).

llama.cpp lays weights out for AMX in "extra buffers"; without them it computes with AVX-512. A build without AMX, as
`start.py` makes it, needs none of this, but a person may have built the package in another way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CPUINFO = Path("/proc/cpuinfo")


def has_amx() -> bool:
    """Whether this processor has AMX, as Linux tells it."""
    try:
        return "amx_tile" in CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return False


@contextmanager
def extra_buffers_off(library: Any) -> Iterator[None]:
    """While the block runs, models load without extra buffers if the processor has AMX. On other processors extra
    buffers make models faster.

    library: the module `llama_cpp.llama_cpp`, whose default parameters `Llama` starts from. `Llama` has no argument for
    this. Not thread-safe.
    """
    if not has_amx():
        yield
        return
    defaults = library.llama_model_default_params

    def changed() -> Any:
        parameters = defaults()
        parameters.use_extra_bufts = False
        return parameters

    library.llama_model_default_params = changed
    try:
        yield
    finally:
        library.llama_model_default_params = defaults
