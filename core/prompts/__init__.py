"""Prompt files, one a step and version: `<step>.v<N>.txt`, filled in with string.Template.

A released file is never edited; a new version is added, and since the text is part of every call key, nothing that was
answered under the old one is mistaken for an answer to the new. A version that asks the same in another form keeps the
old one's key (`_ASKS_THE_SAME`): what was answered stays answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Literal, get_args

from core.domain import STEPS, Asking, Step, Wording
from core.errors import BadInput

_HERE = Path(__file__).parent
Form = Literal["describe", "describe_label", "describe_several", "label", "name", "assign", "assign_labels"]
"""What a message asks for. A step may have several forms; `step_of` says whose they are."""
FORMS: tuple[Form, ...] = get_args(Form)
Own = Literal["suggest", "name_alike", "name_formed"]
"""Messages that a person cannot rewrite."""
PLACEHOLDERS: Mapping[Form, tuple[str, ...]] = {
    "describe": ("criterion",),
    "describe_label": ("criterion",),
    "describe_several": ("criteria",),
    "label": ("criterion", "items"),
    "name": ("criterion", "k", "labels"),
    "assign": ("criterion", "clusters", "items"),
    "assign_labels": ("criterion", "clusters", "items"),
}
"""What a prompt must hold to do its work; it may hold more of what its newest file holds."""

_ASKS_THE_SAME = {"name.v3": "name.v2"}
"""Version -> the one before that asks for the same: only the form of the reply is another, which is transport."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's version ("label.v1"), its text with $placeholders, and what is filled in already."""

    version: str
    text: str
    filled: tuple[tuple[str, str], ...] = ()

    def render(self, **values: object) -> str:
        """The text with every placeholder filled. Raises KeyError when one is missing."""
        return re.sub(r"\n{3,}", "\n\n", Template(self.text).substitute(values, **dict(self.filled))).strip()

    def key(self) -> str:
        """What of it is part of a call key."""
        asked = _file(_ASKS_THE_SAME.get(self.version, "")) or self
        return "\n".join([asked.version, asked.text, *(value for _, value in self.filled)])


def form_of(name: str) -> Form:
    """The form of this name. Raises BadInput."""
    for form in FORMS:
        if form == name:
            return form
    raise BadInput(f"There is no prompt “{name}”. There are: {', '.join(FORMS)}.")


def step_of(form: Form) -> Step:
    """The step that a form belongs to."""
    return next(step for step in STEPS if form.startswith(step))


def used(asking: Asking) -> tuple[Form, ...]:
    """The forms that are sent where models are asked like this; how images are described comes first."""
    described: Form = "describe_label" if asking.with_label else "describe_several" if asking.also else "describe"
    rest: tuple[Form, ...] = (
        ("label", "name", "assign") if asking.exact else ("label", "name", "assign", "assign_labels")
    )
    return (described, *rest)


def versions(step: Step, wording: Wording, asking: Asking, *, counts: bool = False) -> tuple[str, ...]:
    """The versions of the prompts that a chat model is given for a step, such as "label.v2" or "label.edited". counts:
    whether it is to find out how many groups there are."""
    if counts and step == "name":
        return newest("name_alike").version, newest("name_formed").version
    return tuple(worded(form, wording).version for form in used(asking) if step_of(form) == step)


@cache
def newest(form: Form | Own) -> Prompt:
    """The newest version of a prompt, as it comes with Facetry."""
    return _versions(form)[-1]


@cache
def _versions(form: str) -> list[Prompt]:
    paths = sorted(_HERE.glob(f"{form}.v*.txt"), key=lambda path: int(path.stem.rsplit(".v", 1)[1]))
    return [Prompt(path.stem, path.read_text(encoding="utf-8")) for path in paths]


def _file(version: str) -> Prompt | None:
    """A version as it comes with Facetry; None for "" and for what a person rewrote."""
    form, _, _ = version.partition(".")
    return next((prompt for prompt in _versions(form_of(form)) if prompt.version == version), None) if version else None


def worded(form: Form | Own, wording: Wording) -> Prompt:
    """A prompt with everything filled in that holds for the whole run; the criterion and the items are still open.

    What a person rewrote takes the place of the file, under the version "edited". Raises BadInput when that cannot
    work.
    """
    rewritten = form if form in FORMS else None
    edited = dict(wording.edited).get(form)
    prompt = newest(form) if rewritten is None or edited is None else Prompt(f"{form}.edited", edited)
    if rewritten is not None and edited is not None:
        check(rewritten, edited)
    said = (
        ("question", wording.question),
        ("rules", "\n".join(_rules(form, wording))),
        ("example", _example(wording)),
    )
    wanted = Template(prompt.text).get_identifiers()
    return Prompt(prompt.version, prompt.text, tuple((name, value) for name, value in said if name in wanted))


def check(form: Form, text: str) -> None:
    """Raise BadInput with one sentence for a rewritten prompt that lacks, or has, a wrong placeholder."""
    template = Template(text)
    known = set(Template(newest(form).text).get_identifiers())
    before = {name for version in _versions(form) for name in Template(version.text).get_identifiers()}
    if not template.is_valid():
        raise BadInput("A $ in a prompt begins a placeholder such as $criterion. Write $$ for a dollar sign.")
    held = set(template.get_identifiers())
    if missing := [name for name in PLACEHOLDERS[form] if name not in held]:
        raise BadInput(f"The prompt for “{form}” must hold ${missing[0]}: that is where it is put in.")
    if unknown := sorted(held - before):  # a text that was rewritten from an earlier version still works
        listed = ", ".join(f"${name}" for name in sorted(known))
        raise BadInput(f"The prompt for “{form}” holds ${unknown[0]}, which is not known. Known are: {listed}.")


def _rules(form: Form | Own, wording: Wording) -> list[str]:
    """One sentence for each thing the person asked for that concerns this form."""
    rules = []
    if wording.never:
        rules.append(f"Do not consider or mention {wording.never}; it must play no part in your answer.")
    if form == "name" and wording.sizes == "even":
        rules.append("Let the groups hold about the same number of images each.")
    if form in ("name", "name_alike"):
        if wording.grain == "coarse":
            rules.append("Prefer broad groups that many labels fit into.")
        if wording.grain == "fine":
            rules.append(
                "Prefer narrow, exact groups; do not put things together that a careful person would keep apart."
            )
    if form == "name" and wording.again:
        rules.append(wording.again)
    if wording.language and form not in ("assign", "assign_labels", "name_alike"):
        written = "names and meanings" if form in ("name", "name_formed") else "labels" if form == "label" else "text"
        kept = {"label": "“unclear” as it is", "describe_label": "the words “Label:” and “unclear” as they are"}.get(
            form
        )
        rules.append(f"Write {written} in {wording.language}{f', but leave {kept}' if kept else ''}.")
    return rules


def _example(wording: Wording) -> str:
    description, label = wording.example
    return f"\nFor example, “{description}” gets the label “{label}”." if description and label else ""
