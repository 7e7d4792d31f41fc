"""The graphs lie here as the program makes them, with weights from outside alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from core.models.graphs.graph import Graph
from tools import make_graphs


@pytest.mark.parametrize("number", [0, 1], ids=["efficientnet", "minilm"])
def test_graphs_are_what_the_program_writes(number: int, tmp_path: Path) -> None:
    fresh = make_graphs.write(tmp_path)[number]
    kept = make_graphs.FOLDER / fresh.name
    assert kept.read_bytes() == fresh.read_bytes()
    assert kept.stat().st_size < 50_000


def test_a_graph_keeps_no_weights_of_its_own() -> None:
    for path in make_graphs.FOLDER.glob("*.onnx"):
        tensors = onnx.load(path, load_external_data=False).graph.initializer
        inside = [tensor for tensor in tensors if tensor.data_location != onnx.TensorProto.EXTERNAL]
        assert sum(np.prod(tensor.dims, dtype=int) for tensor in inside) < 50
        assert len(inside) < len(tensors) / 5


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(Exception, match="dimensions do not match"):
        Graph("efficientnet_lite2", {"_conv_stem.weight": np.zeros((1, 2), np.float32)})
