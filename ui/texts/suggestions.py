"""Texts of the suggestions on the page Group: criteria worth trying, and the number of groups with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.suggestions.suggestion import Number
from ui.language import _, tr
from ui.texts.common import count, percent

SUGGESTIONS: Final = "Worth trying with these images"
SUGGESTIONS_HELP: Final = (
    "Drawn from your labels, and from a sample that the built-in engine looks at on this computer."
)
SUGGESTIONS_NONE: Final = "Nothing stands out in the sample. Type what you want to group by."
SUGGESTIONS_LOOKING: Final = "Looking at a sample of the images for ideas"
SUGGESTIONS_FORMING: Final = "Trying out groups"
SUGGESTION_TAKE: Final = "Use this"
SUGGESTION_ADD: Final = "Add"
SUGGESTION_ADD_HELP: Final = "Group by this as well, in a run of its own, to be crossed with the others."
SUGGESTION_UNSEEN: Final = "The built-in engine cannot see this. Connect a vision-language model for it."
SUGGESTION_ASKED: Final = "A model's proposal, from descriptions of a sample."
TRY: Final = "Try"
GROUP_UNNAMED: Final = "no name yet"
_NAMED = 3


def try_one(criterion: str, names: Sequence[str]) -> str:
    """A shortcut: "colour (white, red, yellow …)"."""
    if not names:
        return criterion
    more = " …" if len(names) > _NAMED else ""
    return f"{criterion} ({', '.join(names[:_NAMED])}{more})"


def suggestion_title(criterion: str, k: int) -> str:
    return f"{criterion} · {count(k, 'group')}"


def reason(number: Number) -> str:
    """Why this number of groups; "" for none."""
    share = percent(number.share or 0.0)
    column = _("The column {column} has").format(column=number.column)
    said = {
        "labels": f"{tr(_UNNAMED).get(number.column, column)} {count(number.k, 'label')}.",
        "evidence": _("So many stand out in the sample: {share} stay in their group when the sample changes.").format(
            share=share
        ),
        "unclear": _(
            "No number stands out in the sample: with this one {share} stay in their group when it changes."
        ).format(share=share),
        "chat": _("The model proposed so many."),
        "typed": _("The criterion says so."),
    }
    return said.get(number.reason, "")


_UNNAMED = {
    "folder": "The folders of the images are",
    "filename": "The names of the files hold",
    "record": "The labels that came along are",
}


def suggested(number: Number) -> str:
    """Beside the number of groups: what is suggested, and why."""
    return _("Suggested: {k}. {reason}").format(k=number.k, reason=reason(number))


def group_of_sample(name: str, share: float) -> str:
    """What a group would be called, and its part of the sample where that is known."""
    return f"{name or tr(GROUP_UNNAMED)} · {percent(share)}" if share else name or tr(GROUP_UNNAMED)


def more_groups(number: int) -> str:
    return _("and {count}").format(count=count(number, "more", "more"))


def ask_for_ideas(model: str) -> str:
    return _("Ask {model} for more ideas").format(model=model)


def ideas_cost(tokens: str, cost: str) -> str:
    return _("One request about a sample in words, {tokens}{more}.").format(
        tokens=tokens, more=f", {cost}" if cost else ""
    )


def ideas_came(number: int, model: str, tokens: str, cost: str) -> str:
    return _("{count} of {model}: {tokens}{more}.").format(
        count=count(number, "idea"), model=model, tokens=tokens, more=f", {cost}" if cost else ""
    )
