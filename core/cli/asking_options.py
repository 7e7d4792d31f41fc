"""What the options of `run` say of how models are asked."""

from __future__ import annotations

import argparse
from dataclasses import replace

from core import prompts
from core.domain import Asking, RunSettings, Wording, same_name
from core.errors import BadInput
from core.prompts import presets
from core.typed_path import typed_path

_NONE = "none"


def asking(options: argparse.Namespace) -> Asking:
    """How sparingly and how surely to ask."""
    also = tuple(criterion for criterion in _listed(options.also) if not same_name(criterion, options.criterion))
    return Asking(options.exact, options.items, options.samples, options.with_label, also)


def wording(options: argparse.Namespace) -> Wording:
    """What the person said that prompts are to say. Raises BadInput."""
    return Wording(
        question=options.question,
        example=_example(options.example),
        sizes=options.sizes,
        grain=options.grain,
        never=options.never,
        language=options.language,
        edited=tuple(_prompt(prompt) for prompt in options.prompt),
    )


def with_presets(settings: RunSettings, name: str, kept: str) -> RunSettings:
    """The settings with what a preset says where the person said nothing, also for the further criteria.

    name: of the preset; "" for the one that fits the criterion, "none" for none. kept: the presets, as the workspace
    keeps them. Raises BadInput.
    """
    table = presets.read(kept)
    if same_name(name, _NONE):
        chosen = None
    else:
        chosen = presets.named(name, table) if name else presets.fitting(settings.criterion, table)
    wording = presets.with_preset(settings.wording, chosen)
    return replace(settings, wording=replace(wording, questions=presets.questions(settings.asking.also, table)))


def _example(option: str) -> tuple[str, str]:
    description, arrow, label = (part.strip() for part in option.partition("=>"))
    if option and not (description and arrow and label):
        raise BadInput('--example needs DESCRIPTION=>LABEL, for example "A dark blue estate car is parked.=>blue"')
    return description, label


def _prompt(option: str) -> tuple[str, str]:
    form, equals, file = option.partition("=")
    if not equals:
        raise BadInput("--prompt needs FORM=FILE, for example label=my-label-prompt.txt")
    try:
        return prompts.form_of(form.strip()), typed_path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"The prompt file {file} cannot be read as text.") from None


def _listed(option: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in option.split(",") if word.strip())
