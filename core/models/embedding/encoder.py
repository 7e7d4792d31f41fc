"""MiniLM-L6 (Wang et al., NeurIPS 2020), a small BERT (Devlin et al., NAACL 2019), with the weights of its package.

The tables of vectors stay in their file, mapped into memory: of 47 MB of word vectors only those are read that a text
asks for. No pooler, no dropout, no training.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.models.graphs.graph import Graph

_TABLES = "embeddings.{}_embeddings.weight"
_LAYERS = ("embeddings.LayerNorm.", "encoder.layer.")
"""How the names of the weights begin that the graph takes."""


class Encoder:
    """Token ids in, one unit vector a text out."""

    def __init__(self, file: Path) -> None:
        """file: `model.safetensors` of a checkpoint of this size. Raises ModelUnavailable as `Graph`."""
        weights = map_weights(file)
        self._words, self._places = (weights[_TABLES.format(name)] for name in ("word", "position"))
        self._kind = weights[_TABLES.format("token_type")][0]
        # Checkpoints hold the matrices of their layers the other way round.
        self._graph = Graph("minilm_l6", {name: w.T for name, w in weights.items() if name.startswith(_LAYERS)})

    def __call__(self, ids: NDArray[np.int64], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Token ids (n, length) to unit vectors (n, 384), the mean over the tokens. mask: (n, length), True where there
        is a token."""
        return self._graph(embeddings=self._words[ids] + self._kind + self._places[: ids.shape[1]], mask=mask)


def map_weights(file: Path) -> dict[str, NDArray[np.float32]]:
    """Name -> tensor of all that are float32 in a safetensors file, mapped into memory, read-only.

    Its own library copies each of them. A file begins with the length of a JSON object that says where each one lies.
    """
    whole = np.memmap(file, mode="r")
    start = 8 + int.from_bytes(whole[:8].tobytes(), "little")
    tensors: dict[str, Any] = json.loads(whole[8:start].tobytes())
    return {
        name: whole[slice(*(start + place for place in tensor["data_offsets"]))].view("<f4").reshape(tensor["shape"])
        for name, tensor in tensors.items()
        if tensor.get("dtype") == "F32"
    }
