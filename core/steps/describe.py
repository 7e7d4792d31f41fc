"""Step 1: a vision model describes each image with the criterion in mind (IC|TC, section 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import TypeAdapter

from core.domain import Description, Failed, ImageInput
from core.engine.requests import Answer, Ask, Work, call_key
from core.models.roles import VisionModel

_DESCRIPTION: TypeAdapter[Description] = TypeAdapter(Description)


def work(model: VisionModel, criterion: str, items: Sequence[str]) -> list[Work]:
    """One request an image: the same image under the same criterion and model is the same request."""
    return [Work(item, _key(model, model.prompts.get("describe", ""), criterion, item)) for item in items]


def _key(model: VisionModel, prompt: str, criterion: str, item: str) -> str:
    return call_key(model=model.id, prompt=f"{prompt}\n{criterion}", content=item)


def ask(model: VisionModel, criterion: str, load: Callable[[Sequence[str]], Sequence[ImageInput]]) -> Ask:
    """load: item ids -> inputs, with the evidence that is known already."""

    def call(batch: Sequence[Work]) -> list[Answer | Failed]:
        inputs = load([item.item_id for item in batch])
        return [
            seen
            if isinstance(seen, Failed)
            else Answer(
                write(seen.description),
                seen.evidence,
                text=seen.description.text,
                asked=shown.evidence is None,
                also=tuple(
                    (_key(model, prompt, other, item.item_id), write(description))
                    for (other, prompt), description in seen.others.items()
                ),
            )
            for item, shown, seen in zip(batch, inputs, model.describe(inputs, criterion), strict=True)
        ]

    return call


def content(description: Description) -> str:
    """What a text model is given of an image, as it stands for it in call keys."""
    return f"{description.text}\nLabel: {description.label}" if description.label else description.text


def write(description: Description) -> str:
    return _DESCRIPTION.dump_json(description).decode()


def read(value: str) -> Description:
    return _DESCRIPTION.validate_json(value)
