"""The options of `run` that say how models are asked; every one of them is optional."""

from __future__ import annotations

import argparse
from dataclasses import replace

from core import prompts
from core.domain import Asking, RunSettings, Wording, same_name
from core.errors import BadInput
from core.prompts import presets
from core.typed_path import typed_path

_NONE = "none"


def add(run: argparse.ArgumentParser) -> None:
    group = run.add_argument_group("how chat models are asked")
    group.add_argument("--exact", action="store_true", help="read every description, not each distinct label")
    group.add_argument("--items", type=int, default=Asking().items, metavar="N", help="texts in one request, at most")
    group.add_argument("--samples", type=int, default=1, metavar="N", help="ask N times; confidence is the agreement")
    group.add_argument("--with-label", action="store_true", help="ask for the label with the description")
    group.add_argument("--also", default="", metavar="A,B", help="describe for these criteria too, in the same call")
    group.add_argument("--question", default="", metavar="TEXT", help="what to ask of each image (default: a preset's)")
    group.add_argument(
        "--example", default="", metavar="DESCRIPTION=>LABEL", help="a label done well (default: a preset's)"
    )
    group.add_argument(
        "--preset",
        default="",
        metavar="NAME",
        help="preset for question and example; none for none (default: the one that fits the criterion)",
    )
    group.add_argument("--sizes", choices=("data", "even"), default="data", help="even: groups of similar size")
    group.add_argument("--grain", choices=("coarse", "fine"), default="", help="broad or narrow groups")
    group.add_argument("--never", default="", metavar="TEXT", help="what must play no part, e.g. gender")
    group.add_argument("--language", default="", metavar="TEXT", help="of descriptions, labels and names")
    group.add_argument(
        "--prompt",
        action="append",
        default=[],
        metavar="FORM=FILE",
        help=f"own prompt; forms: {', '.join(prompts.FORMS)}",
    )
    group.add_argument("--fallback", default="", metavar="KIND:MODEL", help="asked where the first model fails")
    group.add_argument("--cap", type=float, default=0.0, metavar="DOLLARS", help="stop when the run has cost so much")
    group.add_argument(
        "--share", type=float, default=1.0, metavar="X", help="models look at this share (0 to 1); the rest follows"
    )
    group.add_argument("--estimate", action="store_true", help="say what the run would take, and do not begin it")


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
