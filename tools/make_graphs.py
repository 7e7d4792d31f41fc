"""Makes the graphs of the built-in engine anew: python tools/make_graphs.py [FOLDER].

They hold no weights, only their names and shapes; `core/models/graphs/graph.py` puts the weights in. Written node by
node from the papers, so that neither PyTorch nor an exporter has a say in how they look. Needs the package onnx.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from onnx import ModelProto, TensorProto, helper

FOLDER = Path(__file__).parents[1] / "core" / "models" / "graphs"
FLOAT = TensorProto.FLOAT
OPSET, IR = 20, 10

STAGES = (
    (1, 3, 1, 1, 16), (3, 3, 2, 6, 24), (3, 5, 2, 6, 48), (4, 3, 2, 6, 88), (4, 5, 1, 6, 120), (5, 5, 2, 6, 208),
    (1, 3, 1, 6, 352),
)  # fmt: skip
"""EfficientNet-Lite2 (Tan & Le, ICML 2019): repeats, side of the depthwise kernel, stride, expansion, channels."""
SIDE, GRID, STEM, HEAD = 260, 9, 32, 1280

LAYERS, HEADS, SIZE, INNER = 6, 12, 384, 1536
"""MiniLM-L6 (Wang et al., NeurIPS 2020): a small BERT (Devlin et al., NAACL 2019)."""


class Builder:
    """Nodes in the order they are added. Each adds one output, by whose name the next one takes it."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.tensors: list[TensorProto] = []

    def constant(self, name: str, value: float | Sequence[int]) -> str:
        """A number, or a list of whole numbers."""
        if isinstance(value, float):
            self.tensors.append(helper.make_tensor(name, FLOAT, [], [value]))
        else:
            self.tensors.append(helper.make_tensor(name, TensorProto.INT64, [len(value)], value))
        return name

    def weight(self, name: str, *shape: int) -> str:
        """A tensor that is put in when the graph is loaded."""
        tensor = TensorProto(name=name, data_type=FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value="weights")
        self.tensors.append(tensor)
        return name

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """One operation of ONNX; the name of its output."""
        name = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def model(self, name: str, inputs: dict[str, tuple[int, list[Any]]], output: tuple[str, list[Any]]) -> ModelProto:
        """The graph. inputs: name -> kind of its numbers and shape."""
        given = [helper.make_tensor_value_info(key, kind, shape) for key, (kind, shape) in inputs.items()]
        made = [helper.make_tensor_value_info(output[0], FLOAT, output[1])]
        graph = helper.make_graph(self.nodes, name, given, made, self.tensors)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)


def efficientnet() -> ModelProto:
    """EfficientNet-Lite2 up to its last activations: RGB bytes (n, 260, 260, 3) to (n, 9, 9, 1280).

    Each batch normalisation is part of its convolution's weights (`network.py` folds them in).
    """
    build = Builder()
    low, high = build.constant("zero", 0.0), build.constant("six", 6.0)

    def convolve(
        x: str, name: str, shape: tuple[int, int], side: int = 1, stride: int = 1, groups: int = 1, clip: bool = True
    ) -> str:
        taken, given = shape
        weights = build.weight(f"{name}.weight", given, taken // groups, side, side)
        bias = build.weight(f"{name}.bias", given)
        x = build.add("Conv", x, weights, bias, auto_pad="SAME_UPPER", strides=[stride, stride], group=groups)
        return build.add("Clip", x, low, high) if clip else x

    # The Lite models were trained on (x - 127) / 128, not on ImageNet's usual mean and deviation.
    x = build.add("Transpose", build.add("Cast", "pixels", to=FLOAT), perm=[0, 3, 1, 2])
    x = build.add("Div", build.add("Sub", x, build.constant("mean", 127.0)), build.constant("deviation", 128.0))
    x = convolve(x, "_conv_stem", (3, STEM), side=3, stride=2)
    channels, number = STEM, 0
    for repeats, side, first_stride, expansion, out in STAGES:
        for stride in (first_stride, *[1] * (repeats - 1)):
            block, wide, before = f"_blocks.{number}", channels * expansion, x
            if expansion > 1:
                x = convolve(x, f"{block}._expand_conv", (channels, wide))
            x = convolve(x, f"{block}._depthwise_conv", (wide, wide), side, stride, groups=wide)
            x = convolve(x, f"{block}._project_conv", (wide, out), clip=False)
            if stride == 1 and channels == out:
                x = build.add("Add", x, before)
            channels, number = out, number + 1
    x = convolve(x, "_conv_head", (channels, HEAD))
    build.add("Transpose", x, output="cells", perm=[0, 2, 3, 1])
    return build.model(
        "efficientnet_lite2",
        {"pixels": (TensorProto.UINT8, ["n", SIDE, SIDE, 3])},
        ("cells", ["n", GRID, GRID, HEAD]),
    )


def minilm() -> ModelProto:
    """MiniLM-L6's encoder: summed embeddings (n, length, 384) and a mask (n, length), True where there is a token, to
    the mean over the tokens at length one, (n, 384)."""
    build = Builder()

    def linear(x: str, name: str, taken: int, given: int) -> str:
        product = build.add("MatMul", x, build.weight(f"{name}.weight", taken, given))
        return build.add("Add", product, build.weight(f"{name}.bias", given))

    def norm(x: str, name: str) -> str:
        weights = build.weight(f"{name}.weight", SIZE), build.weight(f"{name}.bias", SIZE)
        return build.add("LayerNormalization", x, *weights, axis=-1, epsilon=1e-12)

    apart, together = build.constant("apart", [0, 0, HEADS, SIZE // HEADS]), build.constant("together", [0, 0, SIZE])
    scale = build.constant("scale", (SIZE // HEADS) ** -0.5)
    unseen = build.add("Where", "mask", build.constant("nothing", 0.0), build.constant("never", -1e4))
    unseen = build.add("Unsqueeze", unseen, build.constant("middle", [1, 2]))
    x = norm("embeddings", "embeddings.LayerNorm")
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        query, key, value = (
            build.add("Reshape", linear(x, f"{layer}.attention.self.{part}", SIZE, SIZE), apart)
            for part in ("query", "key", "value")
        )
        query, key, value = (
            build.add("Transpose", part, perm=order)
            for part, order in ((query, [0, 2, 1, 3]), (key, [0, 2, 3, 1]), (value, [0, 2, 1, 3]))
        )
        likeness = build.add("Add", build.add("Mul", build.add("MatMul", query, key), scale), unseen)
        seen = build.add("MatMul", build.add("Softmax", likeness, axis=-1), value)
        seen = build.add("Reshape", build.add("Transpose", seen, perm=[0, 2, 1, 3]), together)
        seen = linear(seen, f"{layer}.attention.output.dense", SIZE, SIZE)
        x = norm(build.add("Add", seen, x), f"{layer}.attention.output.LayerNorm")
        inner = build.add("Gelu", linear(x, f"{layer}.intermediate.dense", SIZE, INNER))
        inner = linear(inner, f"{layer}.output.dense", INNER, SIZE)
        x = norm(build.add("Add", inner, x), f"{layer}.output.LayerNorm")
    weight = build.add("Unsqueeze", build.add("Cast", "mask", to=FLOAT), build.constant("last", [-1]))
    total = build.add("ReduceSum", build.add("Mul", x, weight), build.constant("tokens", [1]), keepdims=0)
    build.add("LpNormalization", total, output="vectors", axis=-1, p=2)  # the mean points where the sum does
    return build.model(
        "minilm_l6",
        {"embeddings": (FLOAT, ["n", "length", SIZE]), "mask": (TensorProto.BOOL, ["n", "length"])},
        ("vectors", ["n", SIZE]),
    )


def write(folder: Path) -> list[Path]:
    """Write both graphs into the folder; their paths."""
    paths = []
    for model in (efficientnet(), minilm()):
        path = folder / f"{model.graph.name}.onnx"
        path.write_bytes(model.SerializeToString(deterministic=True))
        paths.append(path)
    return paths


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
