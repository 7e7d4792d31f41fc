"""Reads a checkpoint's files without loading the model: contents, fingerprint, and the memory it needs.

Only safetensors count as weights. The older formats are pickles, which can run code.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

from core.errors import ModelUnavailable

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
SMALL_FILES = (".json", ".jinja", ".txt", ".model")
"""Endings of the small files that decide on a reply, beside the weights: configuration, tokenizer, chat template."""
_SAMPLE = 4096
"""Bytes read from the middle of each tensor, to notice other weights of the same size without reading all of them."""
_ROOM = 1.2
"""What a model takes when it works, as a multiple of its weights."""
FLOATS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_BYTES = {"I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2}


def fingerprint(folder: Path) -> str:
    """16 hexadecimal digits that stand for a checkpoint's contents, wherever it lies.

    Small files are read whole; of the weights the list of tensors and a piece of each, so that 14 GB cost no minutes.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in SMALL_FILES and path.is_file():
            digest.update(f"{path.name}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    for path in weight_files(folder):
        header, begin = _header(path)
        digest.update(json.dumps(header, sort_keys=True).encode())
        with path.open("rb") as file:
            for _, tensor in sorted(_tensors(header)):
                first, last = tensor["data_offsets"]
                file.seek(begin + max(first, (first + last - _SAMPLE) // 2))
                digest.update(file.read(min(_SAMPLE, last - first)))
    return digest.hexdigest()[:16]


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that make up the model. Raises ModelUnavailable where there are none, or one is missing."""
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if not (folder / INDEX).is_file():
        raise ModelUnavailable(no_safetensors(folder.name))
    try:
        names = set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ModelUnavailable(_damaged(INDEX)) from None
    for name in sorted(names):
        if not (folder / name).is_file():
            raise ModelUnavailable(f"The file {name} of this model is missing. Download the model again.")
    return [folder / name for name in sorted(names)]


def count_stored(folder: Path) -> Counter[str]:
    """How many numbers the weights in a folder hold, by their format as safetensors names it (F32, BF16, I8 ...).

    Only the heads of the files are read. Raises ModelUnavailable as `weight_files`.
    """
    counts: Counter[str] = Counter()
    for path in weight_files(folder):
        for _, tensor in _tensors(_header(path)[0]):
            counts[tensor["dtype"]] += prod(tensor["shape"])
    return counts


def needed_bytes(weights: Mapping[str, int], dtype: str) -> int:
    """Bytes a model takes when it works in `dtype`: its weights, and room for what it calculates."""
    size = 4 if dtype == "float32" else 2
    total = sum(count * (size if kind in FLOATS else _BYTES.get(kind, 1)) for kind, count in weights.items())
    return int(total * _ROOM)


def free_bytes(device: str) -> int | None:
    """Free memory of a device ("cuda", "mps", "cpu") in bytes; None where the system does not tell."""
    import torch

    if device == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    if device == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory())
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return None
    try:  # a container may be given less than the computer has
        limit, used = (int(Path(f"/sys/fs/cgroup/memory.{name}").read_text("ascii")) for name in ("max", "current"))
    except (OSError, ValueError):
        return free
    return min(free, max(0, limit - used))


def all_memory() -> int | None:
    """The computer's main memory in bytes, or None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """The list of tensors at the head of a safetensors file, and where their bytes begin. Raises ModelUnavailable."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length <= min(100_000_000, path.stat().st_size - 8):  # the format's own limit
                raise ValueError
            header = json.loads(file.read(length))
        ends = [tensor["data_offsets"][1] for _, tensor in _tensors(header)]
        if not ends or 8 + length + max(ends) > path.stat().st_size:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise ModelUnavailable(_damaged(path.name)) from None
    return header, 8 + length


def _tensors(header: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, tensor) for name, tensor in header.items() if name != "__metadata__")


def _damaged(name: str) -> str:
    return f"The file {name} of this model is damaged or was not fetched whole. Download the model again."


def no_safetensors(name: str) -> str:
    return (
        f"“{name}” has no model.safetensors, and weights in other formats can run code of strangers. "
        "Choose a copy with safetensors files."
    )


def gigabytes(count: int) -> str:
    size = count / 1e9
    return f"{size:.0f} GB" if size >= 10 else f"{size:.1f} GB" if size >= 0.1 else f"{max(1, round(size * 1e3))} MB"
