"""Whether a model fits on this computer, asked before anything is fetched."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

from core.errors import BadInput
from core.models.catalogue.entries import Entry
from core.models.catalogue.shelf import Place
from core.models.llama_cpp.gguf_file import free_memory
from core.models.parts import is_here, part_of
from core.models.transformers.checkpoint_files import all_memory, gigabytes

_SPARE = 500_000_000
"""Bytes that stay free on the disk: a database at work needs some."""


def free_disk(folder: Path) -> int:
    """Free bytes of the disk that a folder lies on, or will."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def check(place: Place) -> None:
    """Raise BadInput where the disk or the memory of this computer is too small, with what is missing."""
    check_disk(place)
    need, there = int(place.entry.memory_gb * 1e9), all_memory()
    if there is not None and need > there:
        raise BadInput(
            f"{place.entry.name} needs about {gigabytes(need)} of memory; this computer has {gigabytes(there)}. Choose "
            "a smaller model."
        )


def check_disk(place: Place) -> None:
    """Raise BadInput where the disk has no room for what is still to come, the kind's own packages included."""
    part = 0 if is_here(place.entry.kind) else int(part_of(place.entry.kind).disk_gb * 1e9)
    need = place.total() - place.here() + part + _SPARE
    free = free_disk(place.root)
    if need > free:
        raise BadInput(
            f"{place.entry.name} needs {gigabytes(need)} of the disk; {gigabytes(free)} are free. Make room for "
            f"{gigabytes(need - free)} more, then try again."
        )


def is_tight(entry: Entry) -> bool:
    """Whether other programs leave less memory free than the model takes."""
    free = free_memory()
    return free is not None and entry.memory_gb * 1e9 > free


def has_graphics_card() -> bool:
    """Whether there seems to be a graphics card that PyTorch works on, found without loading it for seconds."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
