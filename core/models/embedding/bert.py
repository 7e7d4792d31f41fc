"""BERT's encoder (Devlin et al., NAACL 2019, arXiv 1810.04805) in PyTorch's own functions: what the embedder runs on.

The same numbers as `transformers.BertModel`, bit for bit (test_bert.py compares them), without importing it: that
brings torchvision, SciPy, SymPy and Triton along, and with them 240 MB. The weights stay in their file, mapped into
memory, so that of 47 MB of word vectors only those are read that a text asks for. No pooler, no dropout, no training.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, dtype

_TABLES = "embeddings."
_WORDS, _KINDS, _PLACES = (f"{_TABLES}{name}_embeddings.weight" for name in ("word", "token_type", "position"))


class Bert:
    """A BERT encoder of any size, with the weights and config.json of a Hugging Face checkpoint."""

    def __init__(self, weights: Mapping[str, Tensor], config: Mapping[str, float]) -> None:
        self._weights = weights
        self._config = config
        self._heads, self._layers = int(config["num_attention_heads"]), int(config["num_hidden_layers"])

    @classmethod
    def load(cls, folder: Path) -> Bert:
        """The encoder in `folder`: config.json and model.safetensors."""
        from safetensors.torch import load_file

        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return cls(load_file(folder / "model.safetensors"), config)

    def to(self, kind: dtype) -> Bert:
        """The same encoder calculating in another number format; the tables of vectors stay shared."""
        weights = {name: w if name.startswith(_TABLES) else w.to(kind) for name, w in self._weights.items()}
        return Bert(weights, self._config)

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token ids (n, length) to hidden states (n, length, size). mask: (n, length), True where there is a token."""
        from torch.nn import functional

        weights = self._weights
        kind = weights["encoder.layer.0.output.dense.weight"].dtype
        words = functional.embedding(ids, weights[_WORDS]).to(kind)
        hidden = words + weights[_KINDS][0].to(kind) + weights[_PLACES][: ids.shape[1]].to(kind)
        hidden = self._norm(hidden, "embeddings.LayerNorm")
        for number in range(self._layers):
            layer = f"encoder.layer.{number}"
            query, key, value = (
                self._linear(hidden, f"{layer}.attention.self.{part}").view(*ids.shape, self._heads, -1).transpose(1, 2)
                for part in ("query", "key", "value")
            )
            seen = functional.scaled_dot_product_attention(query, key, value, mask[:, None, None])
            seen = self._linear(seen.transpose(1, 2).flatten(2), f"{layer}.attention.output.dense")
            hidden = self._norm(seen + hidden, f"{layer}.attention.output.LayerNorm")
            inner = functional.gelu(self._linear(hidden, f"{layer}.intermediate.dense"))
            inner = self._linear(inner, f"{layer}.output.dense")
            hidden = self._norm(inner + hidden, f"{layer}.output.LayerNorm")
        return hidden

    def _linear(self, values: Tensor, name: str) -> Tensor:
        from torch.nn import functional

        return functional.linear(values, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, values: Tensor, name: str) -> Tensor:
        from torch.nn import functional

        weight, bias = (self._weights[f"{name}.{part}"].to(values.dtype) for part in ("weight", "bias"))
        return functional.layer_norm(values, weight.shape, weight, bias, self._config["layer_norm_eps"])
