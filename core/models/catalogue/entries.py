"""The models that can be had at a button, as catalogue.toml lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from core.errors import BadInput

HUB = "https://huggingface.co"
Role = Literal["vision", "text"]


@dataclass(frozen=True, slots=True)
class File:
    """One file of weights. size: in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One model; see catalogue.toml.

    Attributes:
        id: what it is called on the command line, and its folder.
        kind: who runs it, as in a model's spec.
        memory_gb: what it takes at work, on a graphics card where it wants one.
        speed, source: what others measured and where that stands; "" for neither.
    """

    id: str
    name: str
    good_at: str
    kind: str
    roles: tuple[Role, ...]
    repository: str
    revision: str
    licence: str
    memory_gb: float
    files: tuple[File, ...]
    graphics_card: bool = False
    speed: str = ""
    source: str = ""

    @property
    def size(self) -> int:
        """Bytes of its weights; the small files beside them are a few megabytes at most."""
        return sum(file.size for file in self.files)

    @property
    def page(self) -> str:
        """Where a person reads about it, and gives consent where that is asked for."""
        return f"{HUB}/{self.repository}"

    @property
    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """From `as_dict`, or from TOML with its id."""
        files = tuple(File(**file) for file in told["files"])
        return cls(**{**told, "roles": tuple(told["roles"]), "files": files})


@cache
def entries() -> Mapping[str, Entry]:
    """All models of the catalogue by their ids, in its order."""
    told = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))
    return {name: Entry.of({"id": name, **entry}) for name, entry in told.items()}


def entry(name: str) -> Entry:
    """The model of this id. Raises BadInput."""
    if name not in entries():
        raise BadInput(f"There is no model “{name}” in the catalogue. Choose one of: {', '.join(entries())}.")
    return entries()[name]
