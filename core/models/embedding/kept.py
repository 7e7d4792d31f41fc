"""Vectors of texts that are computed once: whoever keeps them (a workspace's store) is asked first.

They are kept in half precision, as evidence is, and rounded to it at once, so that a vector is the same whether it was
just computed or kept; a cosine moves by less than 0.001. What is missing is computed shortest texts first, so that
little of a batch is padding, and handed to the keeper part by part, so that a stop loses little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.models.embedding.minilm import DIM, EMBEDDER_ID, compute

_AT_ONCE = 512


class Keeper(Protocol):
    """Keeps vectors of texts (see `core.store.text_vectors.TextVectors`)."""

    def find(self, embedder: str, texts: Sequence[str]) -> Mapping[str, NDArray[np.float16]]:
        """Text -> its vector, for the texts that are known."""
        ...

    def keep(self, embedder: str, vectors: Mapping[str, NDArray[np.float16]]) -> None: ...


class KeptVectors:
    """Embeds texts as `minilm.embed` does, each one once for all who share a keeper; None for no keeper."""

    def __init__(self, keeper: Keeper | None = None) -> None:
        self._keeper = keeper

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 384) float32 in the order given, of length 1 within half precision. Raises as `minilm.embed`, and what
        the keeper raises."""
        distinct = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        found = np.empty((len(distinct), DIM), dtype=np.float16)
        known = self._keeper.find(EMBEDDER_ID, list(distinct)) if self._keeper else {}
        for text, vector in known.items():
            found[distinct[text]] = vector
        missing = sorted((text for text in distinct if text not in known), key=len)
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            vectors = compute(part).astype(np.float16)
            found[[distinct[text] for text in part]] = vectors
            if self._keeper:
                self._keeper.keep(EMBEDDER_ID, dict(zip(part, vectors, strict=True)))
        return found[[distinct[text] for text in texts]].astype(np.float32)


UNKEPT = KeptVectors()
