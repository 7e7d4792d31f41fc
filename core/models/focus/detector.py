"""Finds things in images by their names, with a Hugging Face checkpoint: OWLv2 (Minderer et al., NeurIPS 2023, arXiv
2306.09683), Grounding DINO (Liu et al., ECCV 2024, arXiv 2303.05499) and their kin."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.ingest.focus import MOST, Box
from core.models.transformers.loading import load

_PHRASES = "grounding-dino", "mm-grounding-dino"
"""Kinds that read one text with a full stop after each thing; others are asked with a list of captions."""
_SAME = 0.5
"""Two places that share so much (intersection over union) are one thing, found twice."""


class Detector:
    """One detector in memory. Safe to call from several threads (calls take turns)."""

    def __init__(self, spec: str) -> None:
        """spec: a folder, or a name on the hub with an optional @REVISION. Raises ModelUnavailable."""
        loaded = load(spec, detects=True)
        self._model, self._processor, self._device = loaded.model, loaded.processor, loaded.device
        self._turn = threading.Lock()

    def find(self, path: Path, thing: str) -> list[Box]:
        """The places of a thing in an image (our copy), the surest first, at most MOST. Raises OSError where it cannot
        be opened."""
        import torch

        with Image.open(path) as image:
            pixels = image.convert("RGB")
        asks_in_phrases = self._model.config.model_type in _PHRASES
        words: Any = f"{thing.lower().rstrip('.')}." if asks_in_phrases else [[f"a photo of {thing}"]]
        with self._turn, torch.inference_mode():
            inputs = self._processor(images=pixels, text=words, return_tensors="pt").to(self._device, self._model.dtype)
            outputs = self._model(**inputs)
            told = {"input_ids": inputs["input_ids"]} if asks_in_phrases else {}
            [found] = self._processor.post_process_grounded_object_detection(
                outputs, target_sizes=[(pixels.height, pixels.width)], **told
            )
        boxes = found["boxes"].float().cpu().numpy() / np.array([pixels.width, pixels.height] * 2)
        return apart(boxes.clip(0.0, 1.0), found["scores"].float().cpu().numpy())


def apart(boxes: NDArray[np.floating[Any]], scores: NDArray[np.floating[Any]]) -> list[Box]:
    """The boxes that show different things, the surest first (non-maximum suppression). boxes: (n, 4) as shares; those
    without any width or height are left out. scores: (n,)."""
    kept: list[Box] = []
    for place in np.argsort(-scores, kind="stable"):
        left, top, right, bottom = (float(share) for share in boxes[place])
        box = (left, top, right, bottom)
        if right > left and bottom > top and all(_shared(box, other) < _SAME for other in kept):
            kept.append(box)
        if len(kept) == MOST:
            break
    return kept


def _shared(box: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((one[2] - one[0]) * (one[3] - one[1]) for one in (box, other))
    return width * height / (areas - width * height)
