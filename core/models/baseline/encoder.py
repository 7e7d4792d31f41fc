"""A vision encoder from a local folder: CLIP, SigLIP, ViT, DINOv2 and others, by transformers or timm.

Only safetensors are read and only model code that these libraries ship is run, as for other checkpoints
(core/models/transformers/loading.py).
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core import threads
from core.domain import Vector
from core.errors import ModelUnavailable
from core.models.parts import next_step
from core.models.transformers.checkpoint_files import fingerprint
from core.typed_path import typed_path

Encode = Callable[[Sequence[Image.Image]], Vector]
"""Images -> (n, dimensions)."""


def contents(folder: str) -> str:
    """What stands for the checkpoint in a folder, by its contents. Raises ModelUnavailable."""
    place = typed_path(folder)
    if not (place / "config.json").is_file():
        raise ModelUnavailable(f"{folder} is no folder of a vision encoder: it has no file config.json.")
    return fingerprint(place)


def load(folder: str) -> Encode:
    """Load it. Raises ModelUnavailable with the next step."""
    place = typed_path(folder)
    contents(folder)
    try:
        said = json.loads((place / "config.json").read_text(encoding="utf-8"))
        import torch

        return _timm(place) if "architecture" in said else _transformers(place, torch)
    except ImportError:
        raise ModelUnavailable(f"A vision encoder needs PyTorch. {next_step('transformers')}") from None
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        first = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ModelUnavailable(f"The vision encoder in {folder} could not be loaded: {first}") from None


def _timm(place: Path) -> Encode:
    """A checkpoint of timm: its config.json names the architecture and how images are made ready."""
    import torch

    timm: Any = importlib.import_module("timm")
    model = timm.create_model(f"local-dir:{place}", pretrained=True, num_classes=0).eval()
    ready = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)

    @threads.limited
    def encode(images: Sequence[Image.Image]) -> Vector:
        with torch.inference_mode():
            return np.asarray(model(torch.stack([ready(image) for image in images])).float().numpy())

    return encode


def _transformers(place: Path, torch: Any) -> Encode:
    """A checkpoint of transformers. Of models of images and texts the image's embedding; of others what is pooled, or
    the first token."""
    transformers: Any = importlib.import_module("transformers")
    known = {"local_files_only": True, "trust_remote_code": False}
    processor = transformers.AutoImageProcessor.from_pretrained(place, **known)
    model = transformers.AutoModel.from_pretrained(place, use_safetensors=True, dtype=torch.float32, **known).eval()

    @threads.limited
    def encode(images: Sequence[Image.Image]) -> Vector:
        with torch.inference_mode():
            pixels = processor(images=list(images), return_tensors="pt")
            if hasattr(model, "get_image_features"):
                return _pooled(model.get_image_features(pixel_values=pixels["pixel_values"]))
            return _pooled(model(pixel_values=pixels["pixel_values"]))

    return encode


def _pooled(said: Any) -> Vector:
    if not hasattr(said, "last_hidden_state") and not hasattr(said, "pooler_output"):
        return np.asarray(said.float().numpy())
    pooled = getattr(said, "pooler_output", None)
    return np.asarray((said.last_hidden_state[:, 0] if pooled is None else pooled.flatten(1)).float().numpy())
