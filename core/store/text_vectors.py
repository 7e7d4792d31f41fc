"""Vectors of texts, as evidence under the embedder's id and the text's hash: each distinct text is embedded once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.store.database import Database, insert_rows

_SPACE = "text"
_TABLE = "evidence"


class TextVectors:
    """Rows of table evidence that speak of texts and of no item. Damage loses none of what was paid for with them:
    they can be computed again, so finished steps do not copy them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, embedder: str, texts: Sequence[str]) -> dict[str, NDArray[np.float16]]:
        """Text -> its vector (d,), for the texts that `embedder` has embedded before."""
        by_id = {_id(text): text for text in texts}
        columns = self._db.read_columns(
            f"SELECT item_id, vector FROM {_TABLE} WHERE model = ? AND space = '{_SPACE}' "
            "AND item_id IN (SELECT unnest(?::VARCHAR[]))",
            [embedder, list(by_id)],
        )
        return {
            by_id[item]: np.frombuffer(blob, dtype=np.float16)
            for item, blob in zip(columns["item_id"], columns["vector"], strict=True)
        }

    def keep(self, embedder: str, vectors: Mapping[str, NDArray[np.float16]]) -> None:
        """Keep what `embedder` made of texts."""
        rows = [(embedder, _id(text), _SPACE, vector.tobytes()) for text, vector in vectors.items()]
        if rows:
            with self._db.write(_TABLE) as cursor:
                insert_rows(cursor, _TABLE, rows)


def _id(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
