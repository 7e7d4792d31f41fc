"""Step 1: a vision model describes each image with the criterion in mind (IC|TC, section 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import TypeAdapter

from core.domain import Description, Failed, ImageInput
from core.engine.requests import Answer, Ask, Work, key_of
from core.models.roles import VisionModel

_MISSING = Failed("The copy of this image was deleted, and its original cannot be read. Give the images again.")
_DESCRIPTION: TypeAdapter[Description] = TypeAdapter(Description)


def work(model: VisionModel, criterion: str, items: Sequence[str]) -> list[Work]:
    """One request an image: the same image under the same criterion and model is the same request."""
    key = _key(model, model.prompts.get("describe", ""), criterion)
    return [Work(item, key(item)) for item in items]


def _key(model: VisionModel, prompt: str, criterion: str) -> Callable[[str], str]:
    """Item id -> its call key."""
    return key_of(model=model.id, prompt=f"{prompt}\n{criterion}")


def ask(model: VisionModel, criterion: str, load: Callable[[Sequence[str]], Sequence[ImageInput]]) -> Ask:
    """load: item ids -> inputs, with the evidence that is known already."""

    def call(batch: Sequence[Work]) -> list[Answer | Failed]:
        inputs = load([item.item_id for item in batch])
        missing = [_is_missing(shown) for shown in inputs]
        there = [shown for shown, gone in zip(inputs, missing, strict=True) if not gone]
        described = iter(model.describe(there, criterion) if there else ())
        answers = [_MISSING if gone else next(described) for gone in missing]
        return [
            seen
            if isinstance(seen, Failed)
            else Answer(
                write(seen.description),
                seen.evidence,
                text=seen.description.text,
                asked=shown.evidence is None,
                also=tuple(
                    (_key(model, prompt, other)(item.item_id), write(description))
                    for (other, prompt), description in seen.others.items()
                ),
            )
            for item, shown, seen in zip(batch, inputs, answers, strict=True)
        ]

    return call


def _is_missing(shown: ImageInput) -> bool:
    """Whether our copy of an image was deleted; a model is not asked then, unless it knows its measurements."""
    return shown.path is not None and not shown.evidence and not (shown.path.is_file() and shown.path.stat().st_size)


def content(description: Description) -> str:
    """What a text model is given of an image, as it stands for it in call keys."""
    return f"{description.text}\nLabel: {description.label}" if description.label else description.text


def write(description: Description) -> str:
    return _DESCRIPTION.dump_json(description).decode()


def read(value: str) -> Description:
    return _DESCRIPTION.validate_json(value)
