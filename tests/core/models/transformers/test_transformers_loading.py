"""Loading Hugging Face checkpoints: what fits, what is missing or broken, and what the hub gives."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import tiny_checkpoints as tiny
from on_use import safetensors_torch as st
from on_use import torch
from PIL import Image
from tiny_checkpoints import texts, with_images, without_images

from core.errors import ModelUnavailable
from core.models import registry
from core.models.chat.backend import Reply, Request
from core.models.transformers import checkpoint_files as hf_files
from core.models.transformers import loading as hf_loading
from core.models.transformers.model import TransformersChat


def test_the_id_stays_between_loads_and_changes_with_the_weights(shelf: Path, tmp_path: Path) -> None:
    first = TransformersChat(str(shelf / "llama")).id
    copy = tmp_path / "llama"
    shutil.copytree(shelf / "llama", copy)
    assert TransformersChat(str(copy)).id == first, "the same model in another folder"
    weights = st.load_file(copy / "model.safetensors")
    weights["model.layers.1.mlp.up_proj.weight"] += 0.001
    st.save_file(weights, copy / "model.safetensors", {"format": "pt"})
    second = TransformersChat(str(copy)).id
    assert second != first
    (copy / "chat_template.jinja").write_text(tiny.CHAT + " ", encoding="utf-8")
    assert TransformersChat(str(copy)).id not in {first, second}


def test_what_is_done_while_loading_is_told_and_the_console_stays_quiet(
    shelf: Path, pictures: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    model = TransformersChat(str(shelf / "qwen"), said.append)
    model.reply([*with_images(pictures)[:3], *without_images(2)])
    assert said[0] == "Looking at the model’s files."
    assert said[1].startswith("Loading about ")
    assert said[-1].startswith("Ready after ")
    assert (model.device, model.dtype) == ("cpu", "float32") or torch.cuda.is_available() or model.device == "mps"
    assert capfd.readouterr() == ("", "")


def test_what_is_missing_or_broken_is_said(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sentence(spec: str | Path) -> str:
        with pytest.raises(ModelUnavailable) as caught:
            TransformersChat(str(spec))
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "There is no folder “/nowhere/model”" in sentence("/nowhere/model")
    assert "transformers:OWNER/NAME" in sentence("")
    (tmp_path / "empty").mkdir()
    assert "no config.json" in sentence(tmp_path / "empty")

    def copy(name: str, of: str = "llama") -> Path:
        return Path(shutil.copytree(shelf / of, tmp_path / name))

    folder = copy("no-weights")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "has no model.safetensors" in sentence(folder)
    folder = copy("half")
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-1000])
    assert "model.safetensors of this model is damaged" in sentence(folder)
    folder = copy("noise")
    (folder / "model.safetensors").write_bytes(b"not a model at all")
    assert "model.safetensors of this model is damaged" in sentence(folder)
    folder = copy("shards")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    assert "model-00002-of-00002.safetensors of this model is missing" in sentence(folder)
    folder = copy("a-part")
    weights = st.load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    st.save_file(weights, folder / "model.safetensors", {"format": "pt"})
    assert "lacks 1 of its weights" in sentence(folder)
    folder = copy("other-shape")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 48}), encoding="utf-8")
    assert "cannot be loaded" in sentence(folder) or "lacks" in sentence(folder)
    folder = copy("no-tokenizer")
    (folder / "tokenizer.json").unlink()
    assert "tokenizer" in sentence(folder)
    folder = copy("bad-tokenizer")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    assert "tokenizer" in sentence(folder)
    folder = copy("bad-template")
    (folder / "chat_template.jinja").write_text("{{ raise_exception('no') }}", encoding="utf-8")
    assert "chat template" in sentence(folder)
    folder = copy("unknown")
    (folder / "config.json").write_text('{"model_type": "novelty"}', encoding="utf-8")
    assert "does not know" in sentence(folder)
    folder = copy("own-code")
    own = {"model_type": "novelty", "auto_map": {"AutoConfig": "code.NoveltyConfig"}}
    (folder / "config.json").write_text(json.dumps(own), encoding="utf-8")
    (folder / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    assert "which Facetry never runs" in sentence(folder)
    assert not (tmp_path / "ran").exists()
    folder = copy("no-talker")
    (folder / "config.json").write_text('{"model_type": "vit"}', encoding="utf-8")
    assert "neither answers in words" in sentence(folder)
    monkeypatch.setitem(sys.modules, "transformers", None)
    assert "python3 start.py install" in sentence(shelf / "llama")


def test_what_is_missing_or_broken_is_said_by_a_process_of_its_own_too(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"^There is no folder “/nowhere/model”\. Give a folder or a name"):
        registry.text_model("transformers:/nowhere/model")
    (tmp_path / "unknown").mkdir()
    (tmp_path / "unknown" / "config.json").write_text('{"model_type": "novelty"}', encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=r"^“unknown” is of a kind that this version of transformers does not"):
        registry.text_model(f"transformers:{tmp_path / 'unknown'}")


def test_a_package_that_a_processor_needs_is_named(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.models.smolvlm import processing_smolvlm

    monkeypatch.setattr(processing_smolvlm, "num2words", None)
    with pytest.raises(ModelUnavailable, match=r"pip install num2words$"):
        TransformersChat(str(shelf / "smolvlm"))


def test_memory_is_stated_before_anything_is_loaded(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = hf_files.count_stored(shelf / "llama")
    numbers = sum(weight.numel() for weight in st.load_file(shelf / "llama" / "model.safetensors").values())
    assert counts == {"F32": numbers}
    assert hf_files.needed_bytes(counts, "float32") == int(numbers * 4 * 1.2)
    assert hf_files.needed_bytes({"BF16": 7_000_000_000}, "bfloat16") == 16_800_000_000
    assert hf_files.needed_bytes({"I8": 1000, "F16": 10}, "float32") == int(1040 * 1.2)
    free = hf_files.free_bytes("cpu")
    assert free is None or 10_000_000 < free < 10**14
    monkeypatch.setattr(hf_loading, "count_stored", lambda folder: {"F32": 3_000_000_000})
    monkeypatch.setattr(hf_loading, "free_bytes", lambda device: 6_000_000_000)
    monkeypatch.setattr(hf_loading, "_model", lambda *_: pytest.fail("it was loaded"))
    with pytest.raises(ModelUnavailable, match=r"needs about 14 GB of memory; 6\.0 GB are free\. Choose a smaller"):
        TransformersChat(str(shelf / "llama"))


def test_the_number_format_is_chosen_by_checkpoint_and_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, fits in (("is_available", True), ("is_bf16_supported", False)):
        monkeypatch.setattr(torch.cuda, name, lambda fits=fits: fits)
    choose = hf_loading._dtype
    assert hf_loading._device() == "cuda"
    assert choose("cuda", {"BF16": 9, "F32": 1}) == choose("cuda", {"F32": 9}) == "float16"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert choose("cuda", {"BF16": 9}) == choose("cuda", {"F32": 9}) == "bfloat16"
    assert choose("cuda", {"F16": 9}) == "float16"
    assert choose("mps", {"F16": 9}) == "float16"
    assert choose("mps", {"F32": 9}) == choose("cpu", {"F32": 9}) == choose("cpu", {"F16": 9}) == "float32"
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert choose("cpu", {"BF16": 9}) == "float32"
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert choose("cpu", {"BF16": 9}) == "bfloat16"
    monkeypatch.setattr(hf_loading, "all_memory", lambda: 30_000_000_000)
    assert choose("cpu", {"F16": 7_000_000_000}) == "bfloat16", "28 GB of 30 leave no room to work"


def test_a_checkpoint_in_16_bits_works_too(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = Path(shutil.copytree(shelf / "llava", tmp_path / "llava"))
    weights = {name: weight.bfloat16() for name, weight in st.load_file(copy / "model.safetensors").items()}
    st.save_file(weights, copy / "model.safetensors", {"format": "pt"})
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    model = TransformersChat(str(copy))
    assert model.dtype == "bfloat16"
    assert ":bfloat16:" in model.id
    Image.new("RGB", (50, 40), "blue").save(tmp_path / "a.jpg")
    assert isinstance(model.reply([Request("?", tmp_path / "a.jpg", max_tokens=4)])[0], Reply)


# --- the hub, as far as it can be had without one: what was fetched before -------------------------------------------


@pytest.fixture
def cache(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A hub cache that holds facetry/tiny in one revision, as fetching it would leave it. Returns its commit."""
    import huggingface_hub.constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    home = tmp_path / "hub" / "models--facetry--tiny"
    shutil.copytree(shelf / "llama", home / "snapshots" / commit)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit, encoding="utf-8")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return commit


def test_a_hub_model_is_pinned_to_its_commit(cache: str) -> None:
    first = TransformersChat("facetry/tiny")
    assert first.id.startswith(f"transformers:facetry/tiny@{cache}:float32")
    assert TransformersChat(f"facetry/tiny@{cache}").id == first.id
    assert texts(first.reply(without_images(1)))


def test_a_hub_model_that_cannot_be_had_is_said(cache: str) -> None:
    with pytest.raises(ModelUnavailable, match=r"the hub cannot be reached.*hf download facetry/other"):
        TransformersChat("facetry/other")
    with pytest.raises(ModelUnavailable, match=r"“facetry/tiny” .*the hub cannot be reached"):
        TransformersChat("facetry/tiny@v9")


def test_a_hub_model_without_safetensors_is_refused(cache: str, tmp_path: Path) -> None:
    folder = tmp_path / "hub" / "models--facetry--tiny" / "snapshots" / cache
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match=r"no model\.safetensors"):
        TransformersChat("facetry/tiny")


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("GatedRepoError", "accept its terms"),
        ("RepositoryNotFoundError", "There is no model “a/b” on the hub"),
        ("RevisionNotFoundError", "no revision “v1”"),
        ("RemoteEntryNotFoundError", "holds no model"),
        ("ConnectTimeout", "cannot be reached"),
    ],
)
def test_what_the_hub_says_becomes_a_sentence(cause: str, words: str) -> None:
    error = OSError("see https://huggingface.co/...")
    error.__cause__ = type(cause, (Exception,), {})()
    assert words in hf_loading._hub_sentence("a/b", "v1", error)
