"""Texts are embedded once for all who share a keeper, and a kept vector is the same as a fresh one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.models.embedding import kept
from core.models.embedding.kept import UNKEPT, KeptVectors
from core.models.embedding.minilm import DIM, EMBEDDER_ID, embed
from core.store import Store

TEXTS = ["a red car in front of a bakery", "a dog", "a red car in front of a bakery", "", "a dog and a horse"]


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were really embedded, as they come."""
    asked: list[str] = []
    real = kept.compute

    def compute(texts: Sequence[str]) -> NDArray[np.float32]:
        asked.extend(texts)
        return real(texts)

    monkeypatch.setattr(kept, "compute", compute)
    return asked


def test_each_distinct_text_is_embedded_once_also_after_a_restart(tmp_path: Path, computed: list[str]) -> None:
    store = Store(tmp_path)
    first = KeptVectors(store.text_vectors)(TEXTS)
    store.close()
    assert sorted(computed) == sorted(set(TEXTS))
    store = Store(tmp_path)
    again = KeptVectors(store.text_vectors)([*reversed(TEXTS), "a new one"])
    store.close()
    assert computed[-1] == "a new one"
    assert len(computed) == len(set(TEXTS)) + 1
    np.testing.assert_array_equal(again[:-1], first[::-1], "what is kept is what was computed")


def test_they_are_what_the_embedder_gives_within_half_precision(tmp_path: Path) -> None:
    np.testing.assert_allclose(UNKEPT(TEXTS), embed(TEXTS), atol=1e-3)
    assert UNKEPT([]).shape == (0, DIM)


def test_vectors_of_another_embedder_do_not_count(tmp_path: Path, computed: list[str]) -> None:
    store = Store(tmp_path)
    store.text_vectors.keep("another/1", {"a dog": np.zeros(DIM, dtype=np.float16)})
    found = KeptVectors(store.text_vectors)(["a dog"])
    assert computed == ["a dog"]
    assert np.linalg.norm(found) > 0.99
    assert set(store.text_vectors.find(EMBEDDER_ID, ["a dog", "a cat"])) == {"a dog"}
    store.close()


def test_texts_with_a_lone_surrogate_are_kept_too(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.text_vectors.keep("one/1", {"\ud800": np.ones(DIM, dtype=np.float16)})
    assert list(store.text_vectors.find("one/1", ["\ud800"])) == ["\ud800"]
    store.close()
