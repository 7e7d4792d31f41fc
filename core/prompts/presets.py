"""Presets: for a kind of criterion, the question that step 1 asks and the example that step 2a sees.

The kinds are those of the paper (IC|TC, section 4: object, action, location, mood, instrument), some for vehicles,
and a few that people ask for often. A person can change them and add own ones; a run keeps the wording it began with.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from core.domain import Wording, folded, same_name
from core.errors import BadInput

PREFERENCE = "presets"
"""The preference of the workspace that keeps a person's presets."""
_FILE = Path(__file__).with_name("presets.json")


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of criterion. words: criteria, in lower case, that it is chosen for by itself."""

    name: str
    words: tuple[str, ...] = ()
    question: str = ""
    description: str = ""
    label: str = ""


PRESETS: TypeAdapter[tuple[Preset, ...]] = TypeAdapter(tuple[Preset, ...])


@cache
def shipped() -> tuple[Preset, ...]:
    """The presets that come with Facetry."""
    return PRESETS.validate_json(_FILE.read_bytes())


def read(value: str) -> tuple[Preset, ...]:
    """Presets as a person's preference keeps them; those that come with Facetry for "". Raises BadInput."""
    if not value:
        return shipped()
    try:
        return PRESETS.validate_json(value)
    except ValidationError:
        raise BadInput("The presets that were kept cannot be read. Put them back to how they came.") from None


def write(presets: Sequence[Preset]) -> str:
    """As `read` takes it. Raises BadInput for presets without a name or of the same name."""
    names = [folded(preset.name) for preset in presets]
    if "" in names or len(set(names)) < len(names):
        raise BadInput("Every preset needs a name of its own.")
    return json.dumps(PRESETS.dump_python(tuple(presets), mode="json"), ensure_ascii=False)


def fitting(criterion: str, presets: Sequence[Preset]) -> Preset | None:
    """The preset for a criterion: one of its words, or its name, is the criterion; None where none is."""
    said = folded(criterion).removeprefix("the ").removesuffix("?").strip()
    for preset in presets:
        if said in map(folded, (preset.name, *preset.words)):
            return preset
    return None


def named(name: str, presets: Sequence[Preset]) -> Preset:
    """The preset of this name. Raises BadInput."""
    for preset in presets:
        if same_name(preset.name, name):
            return preset
    raise BadInput(f"There is no preset “{name}”. There are: {', '.join(preset.name for preset in presets)}.")


def questions(criteria: Sequence[str], presets: Sequence[Preset]) -> tuple[tuple[str, str], ...]:
    """(criterion, question) for those criteria that a preset fits: what a run of each by itself would ask."""
    found = ((criterion, fitting(criterion, presets)) for criterion in criteria)
    return tuple((criterion, preset.question) for criterion, preset in found if preset and preset.question)


def with_preset(wording: Wording, preset: Preset | None) -> Wording:
    """The wording with what the preset says, where the person has said nothing."""
    if preset is None:
        return wording
    example = wording.example if any(wording.example) else (preset.description, preset.label)
    return replace(wording, question=wording.question or preset.question, example=example)
