"""What tokens cost: a table that a person can correct, with the day each line is from. Local models cost nothing.

It does not fetch prices: they change without notice, and a wrong one must be seen and corrected by the person.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from core.errors import BadInput
from core.models.model_spec import ModelSpec, is_server_url

_FILE = Path(__file__).with_name("prices.json")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens of a model.

    Attributes:
        as_of: the day it was looked up.
        source: where.
    """

    model: str
    prompt: float
    completion: float
    as_of: str = ""
    source: str = ""

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """US dollars."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1_000_000


PRICES: TypeAdapter[tuple[Price, ...]] = TypeAdapter(tuple[Price, ...])
FREE = Price("on this computer or in this network", 0.0, 0.0)
PREFERENCE = "prices"
"""The preference that keeps a person's own table."""


@cache
def shipped() -> tuple[Price, ...]:
    """The table that comes with Facetry."""
    return PRICES.validate_json(_FILE.read_bytes())


def read(value: str) -> tuple[Price, ...]:
    """The table as a preference keeps it; the one that comes with Facetry for "". Raises BadInput."""
    if not value:
        return shipped()
    try:
        return PRICES.validate_json(value)
    except ValidationError:
        raise BadInput("The price table that was kept cannot be read. Put it back to how it came.") from None


def write(table: Sequence[Price]) -> str:
    """As `read` takes it. Raises BadInput for lines without a model and for prices below 0."""
    if any(not line.model.strip() for line in table):
        raise BadInput("Every line of the price table needs the name of a model.")
    if any(not (0 <= price < 1e6) for line in table for price in (line.prompt, line.completion)):
        raise BadInput("A price must be a number of US dollars for a million tokens, 0 or more.")
    return PRICES.dump_json(tuple(table)).decode()


def price_of(spec: str, table: Sequence[Price]) -> Price | None:
    """What the model of `KIND[:MODEL]` costs; None where the table does not say.

    A line holds for its model and for dated versions of it ("gpt-4o" for "gpt-4o-2024-08-06"), the longest name first;
    where there is none, the line of the model's name without its maker counts ("gpt-4o" for "openai/gpt-4o").
    A line can also name a model on this computer, for those who want to count its power.
    """
    model = ModelSpec.parse(spec)
    for name in (model.name, model.name.rpartition("/")[2]) if model.is_served else (model.name,):
        if named := [price for price in table if name == price.model or name.startswith(f"{price.model}-20")]:
            return max(named, key=lambda price: len(price.model))
    return FREE if not model.is_served or _is_near(model.url) else None


def _is_near(url: str) -> bool:
    """Whether a server is this computer or one in its network."""
    if not is_server_url(url):
        return False
    host = urlsplit(url).hostname or ""
    if host.endswith((".localhost", ".local", ".internal")) or ("." not in host and ":" not in host):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
