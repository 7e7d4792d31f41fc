"""Step 2a: a short label in the criterion's terms is drawn from each description."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from core.domain import Corpus, Failed
from core.engine.requests import Answer, Ask, Work, key_of
from core.models.roles import Labelled, TextModel


def work(model: TextModel, criterion: str, contents: Mapping[str, str]) -> list[Work]:
    """contents: item id -> what the model is given of it (its text, or what identifies text and evidence together)."""
    prompt = f"{model.prompts.get('label', '')}\n{criterion}"
    key = key_of(model=model.id, prompt=prompt)
    return [Work(item, key(content)) for item, content in contents.items()]


def ask(model: TextModel, criterion: str, load: Callable[[Sequence[str]], Corpus]) -> Ask:
    """load: item ids -> their descriptions."""

    def call(batch: Sequence[Work]) -> list[Answer | Failed]:
        corpus = load([item.item_id for item in batch])
        known = model.known(corpus) if isinstance(model, Labelled) else [None] * len(corpus)
        return [
            label if isinstance(label, Failed) else Answer(json.dumps(label), text=label, asked=given is None)
            for label, given in zip(model.label(corpus, criterion), known, strict=True)
        ]

    return call


def read(value: str) -> str:
    return str(json.loads(value))
