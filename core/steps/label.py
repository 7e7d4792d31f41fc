"""Step 2a: a short label in the criterion's terms is drawn from each description."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from core.domain import Corpus, Failed
from core.models.base import TextModel
from core.work import Answer, Ask, Work, call_key


def work(model: TextModel, criterion: str, contents: Mapping[str, str]) -> list[Work]:
    """contents: item id -> what the model is given of it (its text, or what identifies text and evidence together)."""
    prompt = f"{model.prompts.get('label', '')}\n{criterion}"
    return [Work(item, call_key(model=model.id, prompt=prompt, content=content)) for item, content in contents.items()]


def ask(model: TextModel, criterion: str, load: Callable[[Sequence[str]], Corpus]) -> Ask:
    """load: item ids -> their descriptions."""

    def call(batch: Sequence[Work]) -> list[Answer | Failed]:
        labels = model.label(load([item.item_id for item in batch]), criterion)
        return [label if isinstance(label, Failed) else Answer(json.dumps(label), text=label) for label in labels]

    return call


def read(value: str) -> str:
    return str(json.loads(value))
