"""Tiny checkpoints of the architectures that the catalogue's models have are loaded and describe a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_checkpoints as tiny
from on_use import torch  # noqa: F401  # so that this file is run where PyTorch is loaded
from tiny_checkpoints import texts, with_images, without_images

from core.models.catalogue.entries import entries
from core.models.transformers.model import TransformersChat

# What config.json of each repository names as its architecture; those of `tiny.SEEING` are tried with the backend.
BUILT: dict[str, Callable[[Path], Path]] = {
    "smolvlm-256m": tiny.idefics3,
    "qwen3-vl-4b": tiny.qwen3,
    "blip2-opt-2_7b": tiny.blip2,
    "qwen2_5-vl-7b": tiny.qwen,
}


def test_every_checkpoint_of_the_catalogue_has_a_tiny_one() -> None:
    assert set(BUILT) == {entry.id for entry in entries().values() if entry.kind == "transformers"}


@pytest.mark.parametrize("name", [name for name, build in BUILT.items() if build not in tiny.SEEING.values()])
def test_one_of_its_architecture_sees_and_plays_its_roles(name: str, tmp_path: Path, pictures: list[Path]) -> None:
    model = TransformersChat(str(BUILT[name](tmp_path / name)))
    seen = texts(model.reply(with_images(pictures[3:6])))
    assert all(seen)
    assert len(set(seen)) == 3, "an answer depends on the picture"
    if "text" in entries()[name].roles:
        assert all(texts(model.reply(without_images(2))))
