"""What it costs that a local model answers from a process of its own: python benchmarks/model_process.py [ROUNDS].

First what the pipe alone takes, with a model that answers at once. Then real small models in this process and in one of
their own, in turns, median and fastest call. At last the memory of both processes before, while and after a model is
chosen. Needs requirements-dev.txt.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))

import numpy as np
from PIL import Image

from core.domain import Failed
from core.models import registry
from core.models.chat.backend import Backend, Can, Reply, Request, Token
from core.models.registry import LOCAL
from core.models.worker.model import WorkerChat

WORDS = "A woman in a red coat plays the violin on a stage. "
TOKEN = Token("1", {str(number): 1 / 20 for number in range(20)})


class AtOnce:
    """A model that answers at once: with as many tokens and their candidates as it may, where they are asked for."""

    def __init__(self, spec: str, say: Callable[[str], None]) -> None:
        self.id, self.can = f"at-once/{spec}", Can(vision=True, batch=8)

    def reply(self, requests: Sequence[Request]) -> list[Reply | Failed]:
        return [Reply(WORDS, tokens=(TOKEN,) * request.max_tokens * request.probabilities) for request in requests]


def milliseconds(model: Backend, requests: Sequence[Request], calls: int) -> list[float]:
    taken = []
    for _ in range(calls):
        began = time.perf_counter()
        model.reply(requests)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def pipe() -> None:
    model = WorkerChat(f"{Path(__file__).stem}:AtOnce", "", lambda _: None)
    print("the pipe alone, ms a call: median, slowest of 500")
    for name, requests in (
        ("one text of 100 characters", [Request(WORDS * 2)]),
        ("one text of 20,000 characters", [Request(WORDS * 400)]),
        ("eight images", [Request(WORDS * 20, Path("/images/view/a.jpg"))] * 8),
        ("one answer of 60 tokens with 20 candidates each", [Request(WORDS, max_tokens=60, probabilities=True)]),
    ):
        taken = milliseconds(model, requests, 500)
        print(f"  {name}: {statistics.median(taken):.2f}, {max(taken):.2f}", flush=True)


def models(folder: Path, rounds: int) -> None:
    from gguf_models import smollm2
    from tiny_checkpoints import build_all

    from core.models.llama_cpp.model import LlamaChat
    from core.models.transformers.model import TransformersChat

    shelf, picture = build_all(folder / "checkpoints"), folder / "a.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (768, 768, 3), dtype=np.uint8)
    Image.fromarray(noise).save(picture)
    choice = {"type": "integer", "enum": [0, 1, 2]}
    cases: list[tuple[str, str, str, list[Request]]] = [
        ("SmolLM2, 16 tokens of text", "llama_cpp", str(smollm2()), [Request(WORDS * 10, max_tokens=16)]),
        ("SmolLM2, a choice", "llama_cpp", str(smollm2()), [Request(WORDS, schema=choice, probabilities=True)]),
        ("SmolVLM of chance, 8 images", "transformers", str(shelf / "smolvlm"), [Request("?", picture, None, 5)] * 8),
        ("Llama of chance, 8 texts", "transformers", str(shelf / "llama"), [Request(WORDS, max_tokens=20)] * 8),
    ]
    print("model: here and in its own process, ms a call (fastest)")
    for name, kind, spec, requests in cases:
        here: Backend = LlamaChat(spec) if kind == "llama_cpp" else TransformersChat(spec)
        there = WorkerChat(LOCAL[kind], spec, lambda _: None)
        taken: dict[Backend, list[float]] = {here: [], there: []}
        for _ in range(rounds):
            for model, times in taken.items():
                time.sleep(0.2)  # threads of the other one go on spinning for a moment
                times += milliseconds(model, requests, 6)[1:]
        one, other = taken.values()
        ratio = statistics.median(other) / statistics.median(one) - 1
        print(
            f"  {name}: {statistics.median(one):.1f} ({min(one):.1f}) and {statistics.median(other):.1f} "
            f"({min(other):.1f}), {ratio:+.1%} ({min(other) / min(one) - 1:+.1%})",
            flush=True,
        )


def memory() -> None:
    from gguf_models import smollm2

    spec = f"llama_cpp:{smollm2()}"
    print(f"memory in MB, this process: before {_megabytes('self'):.0f}", end="", flush=True)
    model = registry.text_model(spec)
    pid = model._backend._worker._process.pid  # type: ignore[attr-defined]
    print(f", with a model {_megabytes('self'):.0f} and {_megabytes(pid):.0f} in its own", end="", flush=True)
    del model
    registry.give_back("builtin")
    left = "nothing" if not Path(f"/proc/{pid}").exists() else "a process"
    print(f", after another was chosen {_megabytes('self'):.0f} and {left}")


def _megabytes(pid: int | str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


if __name__ == "__main__":
    memory()
    pipe()
    with tempfile.TemporaryDirectory() as place:
        models(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else 5)
