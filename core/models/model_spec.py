"""How a person names a model: `KIND[:MODEL]`, with `MODEL@URL` for kinds that a server runs."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlsplit

BUILTIN = "builtin"
OPENAI_BATCH = "openai-batch"
"""The kind whose answers take hours and come in batches, so that it should get all items together."""
SERVED = ("openai", OPENAI_BATCH)
"""Kinds that a server runs, so that requests leave this process."""
IN_MEMORY = ("llama_cpp", "transformers")
"""Kinds that take seconds to minutes to load, and much memory."""
DEFAULT_URL = "https://api.openai.com/v1"
_SERVER = re.compile(r"@(https?:)(.*)$", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"@((?:localhost|\d{1,3}(?:\.\d{1,3}){3}|[\w.-]+(?=:\d))(?::\d+)?(?:/\S*)?)$", re.IGNORECASE)
"""A server on this computer or in its network, as people name it."""
_FUNCTION = re.compile(
    r"(?:(?<![:/])/+(?:chat/completions|completions|chat|models|responses|embeddings|api/(?:chat|generate|tags)))?/*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model by its kind and its address: a name, a name at a server (`MODEL@URL`), a file or a folder; or ""."""

    kind: str
    address: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `KIND[:MODEL]`; any text has this form, and "" is no model."""
        kind, _, address = text.partition(":")
        return cls(kind, address)

    def __str__(self) -> str:
        return f"{self.kind}:{self.address}" if self.address else self.kind

    @property
    def is_served(self) -> bool:
        """Whether a server answers, so that what is asked leaves this process."""
        return self.kind in SERVED

    @property
    def name(self) -> str:
        """The model without its server."""
        return split_address(self.address)[0] if self.is_served else self.address

    @property
    def url(self) -> str:
        """The server's base URL; "" for kinds without a server."""
        return split_address(self.address)[1] if self.is_served else ""

    def of_kind(self, kind: str) -> Self:
        """The same model as another kind."""
        return replace(self, kind=kind)


def is_server_url(url: str) -> bool:
    """Whether this is the address of a server: http or https, a host, and a port that is a number if there is one."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def split_address(address: str) -> tuple[str, str]:
    """`MODEL[@URL]` -> model and base URL; without a URL, OPENAI_BASE_URL or OpenAI's own."""
    model, url = address, os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL
    if found := _SERVER.search(address):
        model, url = address[: found.start()], found[1].lower() + found[2]
    elif found := _HOST.search(address):
        model, url = address[: found.start()], f"http://{found[1]}"
    return model, base_url(url)


def base_url(url: str) -> str:
    """The address of a server itself, where that of one of its functions may have been copied."""
    return _FUNCTION.sub("", url.strip())
