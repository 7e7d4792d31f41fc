"""The sentence embedder: meaning, shape, order, and independence of what else is in a batch."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from core.models.embedding.minilm import DIM, embed


def test_unit_vectors_in_the_order_given() -> None:
    vectors = embed(["a dog", "a longer sentence about the sea and a small boat", "a dog", ""])
    assert vectors.shape == (4, DIM)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(vectors[0], vectors[2])


def test_nothing_gives_no_rows() -> None:
    assert embed([]).shape == (0, DIM)


def test_near_in_meaning_is_near_in_space() -> None:
    car, automobile, violin = embed(["car", "automobile", "violin"])
    assert car @ automobile > 0.7
    assert car @ violin < 0.4


def test_sentences_from_the_documentation_of_sentence_transformers() -> None:
    a, b, c = embed(["A man is eating food.", "A man is eating a piece of bread.", "A monkey is playing drums."])
    assert float(a @ b) > 0.7
    assert abs(float(a @ c)) < 0.2


def test_a_text_gets_the_same_vector_in_any_batch() -> None:
    text = "The image features a large brown dog that is standing in a grassy field beside a wooden fence near a house."
    alone = embed([text])[0]
    others = [f"{text} It is number {i} of many, and it looks quite content where it is today." for i in range(70)]
    np.testing.assert_allclose(embed([*others, text])[-1], alone, atol=2e-3)  # a few thousandths where bfloat16 is used


def test_long_texts_are_cut_not_refused() -> None:
    assert embed(["word " * 2000]).shape == (1, DIM)


def test_a_caller_may_write_into_its_rows() -> None:
    embed(["short text"])[:] = 0.0
    assert np.linalg.norm(embed(["short text"])) > 0.99


def test_threads_get_the_same_answer() -> None:
    results: list[NDArray[np.float32]] = []
    threads = [
        threading.Thread(target=lambda: results.append(embed(["one", "two", "three of them"]))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])
