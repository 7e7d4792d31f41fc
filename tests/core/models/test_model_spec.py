"""How a person names a model, and what is no name of one."""

from __future__ import annotations

import pytest

from core.errors import ModelUnavailable
from core.models import registry
from core.models.model_spec import DEFAULT_URL, ModelSpec, is_server_url
from core.models.prices import price_of


@pytest.mark.parametrize(
    ("spec", "kind", "name", "url"),
    [
        ("builtin", "builtin", "", ""),
        ("openai:gpt-4o", "openai", "gpt-4o", DEFAULT_URL),
        ("openai:llava@http://localhost:11434/v1/", "openai", "llava", "http://localhost:11434/v1"),
        ("openai:llava@HTTP://10.0.0.5:1/v1", "openai", "llava", "http://10.0.0.5:1/v1"),  # a scheme has no case
        ("openai:llava@HttpS://host/V1", "openai", "llava", "https://host/V1"),
        ("openai:a@b:7b@http://[::1]:80/v1", "openai", "a@b:7b", "http://[::1]:80/v1"),
        ("openai:llava@http://host/v1/chat/completions/", "openai", "llava", "http://host/v1"),
        ("openai:llava@http://host/v1/models", "openai", "llava", "http://host/v1"),
        ("openai:llava@http://host:11434/api/chat", "openai", "llava", "http://host:11434"),
        ("openai:llava@http://models", "openai", "llava", "http://models"),
        ("openai:llava:7b@localhost:11434/v1", "openai", "llava:7b", "http://localhost:11434/v1"),
        ("openai:llava@10.0.0.5:8000", "openai", "llava", "http://10.0.0.5:8000"),
        ("openai:@cf/meta/llama", "openai", "@cf/meta/llama", DEFAULT_URL),
        (r"llama_cpp:C:\models\a.gguf", "llama_cpp", r"C:\models\a.gguf", ""),
    ],
)
def test_a_spec_is_taken_apart(spec: str, kind: str, name: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    parsed = ModelSpec.parse(spec)
    assert (parsed.kind, parsed.name, parsed.url) == (kind, name, url)


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://host:port/v1", "http://", "http://host:0/v1", "ftp://host/v1", ""]
)
def test_what_is_no_address_of_a_server_is_said(url: str) -> None:
    assert not is_server_url(url)
    if url.startswith("http"):
        with pytest.raises(ModelUnavailable, match=r"is no address of a server\. Write openai:MODEL@http"):
            registry.text_model(f"openai:small@{url}")
        assert price_of(f"openai:small@{url}", ()) is None


@pytest.mark.parametrize("url", ["http://localhost:11434/v1", "https://[::1]:8000/v1", "https://api.openai.com/v1"])
def test_an_address_of_a_server(url: str) -> None:
    assert is_server_url(url)
