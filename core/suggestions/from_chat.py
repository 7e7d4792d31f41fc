"""Suggestions of a chat model from what is known in words of a sample: one request, when a person asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.domain import Failed
from core.engine.requests import count_usage
from core.errors import FacetryError
from core.models import prices, registry
from core.models.chat import suggest as chat
from core.models.model_spec import ModelSpec
from core.models.registry import How
from core.store import Store
from core.suggestions.suggestion import Found, Group, Number, Suggestion

TEXTS = 60
"""Descriptions that are shown to the model."""


def suggestions(store: Store, spec: str, how: How, texts: Mapping[str, str], known: Sequence[str]) -> Found:
    """What a model suggests. texts: item id -> description; known: criteria that need not be proposed. Raises
    FacetryError where there is no usable answer."""
    model = ModelSpec.parse(spec)
    backend = registry.CHAT[model.kind](model.address, how)
    ids = list(texts)
    with count_usage() as usage:
        proposed = chat.propose(backend, [texts[item] for item in ids], known)
    if usage.ended:
        raise usage.ended
    if isinstance(proposed, Failed):
        raise FacetryError(f"No suggestions came. {proposed.reason}")
    price = price_of(store, spec)
    made = tuple(
        Suggestion(
            one.criterion,
            Number(len(one.groups), "chat"),
            tuple(Group(name, 0, tuple(ids[place] for place in places)) for name, places in one.groups),
            "chat",
        )
        for one in proposed
    )
    return Found(
        made,
        sampled=len(ids),
        model=model.name or spec,
        tokens=usage.prompt_tokens + usage.completion_tokens,
        cost=price.of(*usage.paid) if price else None,
    )


def expected(store: Store, spec: str, texts: Sequence[str]) -> tuple[float, float | None]:
    """About how many tokens that takes, and US dollars; None where the price is not known."""
    asked, answered = chat.tokens(texts)
    price = price_of(store, spec)
    return asked + answered, price.of(asked, answered) if price else None


def price_of(store: Store, spec: str) -> prices.Price | None:
    return prices.price_of(spec, prices.read(store.preferences.get(prices.PREFERENCE)))
