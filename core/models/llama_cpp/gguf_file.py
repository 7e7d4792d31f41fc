"""What a GGUF file says of itself, read without loading it: metadata, size, a fingerprint, the memory it will need.

It reads the header only. It does not read tensors, and byte order is little-endian, as in practically every file.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ModelUnavailable

CONTEXT = 8192
"""The longest context asked for, in tokens: fifty descriptions with their answers, at a bearable price in memory."""
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_CONTROL = 3
_SPLIT = re.compile(r"-00001-of-(\d{5})\.gguf$", re.IGNORECASE)
_BLOCK, _BLOCKS = 64 * 1024, 32


@dataclass(frozen=True, slots=True)
class Header:
    """The metadata of one file: key -> number, text or list of these. size: bytes of all its parts."""

    metadata: Mapping[str, Any]
    size: int
    fingerprint: str

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    @property
    def context(self) -> int:
        """Tokens of context: as many as the model was trained for, CONTEXT at most."""
        return min(int(self._of("context_length", CONTEXT)), CONTEXT) or CONTEXT

    @property
    def chat_template(self) -> str:
        """The Jinja template that turns messages into a prompt; empty for a base model."""
        return str(self.metadata.get("tokenizer.chat_template", ""))

    @property
    def control_tokens(self) -> tuple[str, ...]:
        """The texts of tokens that steer the model, such as the end of a turn."""
        kinds, texts = self.metadata.get("tokenizer.ggml.token_type"), self.metadata.get("tokenizer.ggml.tokens")
        if not isinstance(kinds, list) or not isinstance(texts, list):
            return ()
        return tuple(text for kind, text in zip(kinds, texts, strict=False) if kind == _CONTROL and len(text) > 2)

    @property
    def memory(self) -> int:
        """About how many bytes the loaded model takes: the weights, and keys and values of a full context."""
        heads = self._of("attention.head_count", 1)
        key = self._of("attention.key_length", 0) or self._of("embedding_length", 0) // max(_first(heads), 1)
        value = self._of("attention.value_length", 0) or key
        layers = int(self._of("block_count", 0))
        per_layer = self._of("attention.head_count_kv", heads)
        pairs = sum(per_layer) if isinstance(per_layer, list) else int(per_layer) * layers
        return self.size + 2 * self.context * pairs * int(key + value)  # 2 bytes a number (f16)

    def _of(self, key: str, default: Any) -> Any:
        return self.metadata.get(f"{self.architecture}.{key}", default)


def read(file: Path) -> Header:
    """The header of a GGUF file, or of the first of a split one. Raises ModelUnavailable where it is none."""
    parts = _parts(file)
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            metadata = _metadata(data)
    except (OSError, ValueError, struct.error, IndexError, OverflowError):
        raise ModelUnavailable(f"“{file.name}” cannot be loaded: it is no GGUF file. Download it again.") from None
    return Header(metadata, sum(part.stat().st_size for part in parts), _fingerprint(parts))


def free_memory() -> int | None:
    """Bytes that a program can still take on this computer, None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")  # all of it is the best we know
    except (AttributeError, OSError, ValueError):
        return None


def _parts(file: Path) -> list[Path]:
    parts = [file.with_name(name) for name in part_names(file.name)]
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        raise ModelUnavailable(f"“{file.name}” is one of {len(parts)} files; put {missing[0]} beside it.")
    return parts


def part_names(name: str) -> list[str]:
    """The names of all files that belong to a model whose first file is named so."""
    found = _SPLIT.search(name)
    if not found:
        return [name]
    return [f"{name[: found.start()]}-{place:05d}-of-{found[1]}.gguf" for place in range(1, int(found[1]) + 1)]


def _fingerprint(parts: list[Path]) -> str:
    """A hash over blocks spread evenly over the files, both ends among them: gigabytes are not read for a name.

    Two models of one size differ in nearly every block of weights, so that any of these tells them apart.
    """
    digest = hashlib.sha256()
    for part in parts:
        size = part.stat().st_size
        digest.update(str(size).encode())
        with part.open("rb") as file:
            for place in range(_BLOCKS):
                file.seek(max(size - _BLOCK, 0) * place // (_BLOCKS - 1))
                digest.update(file.read(_BLOCK))
    return digest.hexdigest()[:16]


def _metadata(data: mmap.mmap) -> dict[str, Any]:
    magic, version, _tensors, count = struct.unpack_from("<4sIQQ", data, 0)
    if magic != b"GGUF" or not 2 <= version <= 3:
        raise ValueError("no GGUF file of version 2 or 3")
    place, metadata = 24, {}
    for _ in range(count):
        key, place = _text(data, place)
        (kind,) = struct.unpack_from("<I", data, place)
        metadata[key], place = _value(data, place + 4, kind)
    return metadata


def _text(data: mmap.mmap, place: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<Q", data, place)
    end = place + 8 + length
    if end > len(data):
        raise ValueError("cut off")
    return data[place + 8 : end].decode("utf-8", errors="replace"), end


def _value(data: mmap.mmap, place: int, kind: int) -> tuple[Any, int]:
    if kind == _STRING:
        return _text(data, place)
    if kind != _ARRAY:
        form = f"<{_form(kind)}"
        return struct.unpack_from(form, data, place)[0], place + struct.calcsize(form)
    inner, length = struct.unpack_from("<IQ", data, place)
    place += 12
    if length > len(data):
        raise ValueError("cut off")
    if inner not in (_STRING, _ARRAY):
        form = f"<{length}{_form(inner)}"
        return list(struct.unpack_from(form, data, place)), place + struct.calcsize(form)
    values = []
    for _ in range(length):
        value, place = _value(data, place, inner)
        values.append(value)
    return values, place


def _form(kind: int) -> str:
    if kind not in _NUMBERS:
        raise ValueError("a type that GGUF does not have")
    return _NUMBERS[kind]


def _first(value: Any) -> int:
    return max(value) if isinstance(value, list) else int(value)
