"""Texts of the page Compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.results.carry import Carried
from ui.language import _, digits
from ui.texts.common import images, quoted

REFINE: Final = "Refine, compare"
COMPARE: Final = "Compare"
COMPARE_HELP: Final = "Two runs on the same images: what changed, or one criterion crossed with another."
COMPARE_EMPTY: Final = "Two finished runs can be compared. First the images of this one have to be sorted."
COMPARE_ALONE_TITLE: Final = "There is nothing to compare with yet"
COMPARE_ALONE: Final = "Group these images once more: by other words, into more or fewer groups, or with another model."
COMPARE_GONE: Final = "The run to compare with does not exist (any more), or is on other images."
COMPARE_BEFORE: Final = "Before"
COMPARE_NOW: Final = "Now"
COMPARE_ROWS: Final = "Rows"
COMPARE_COLUMNS: Final = "Columns"
COMPARE_SWAP: Final = "Swap"
COMPARE_AT_WORK: Final = "One of these runs is at work; the numbers are those of now."
FLOW: Final = "Where the images of each group went"
FLOW_NOTE: Final = "A row is a group before, a column a group now. Click a field to see its images."
CROSSED: Final = "How the two criteria meet"
CROSSED_NOTE: Final = "A row is a group by {rows}, a column a group by {columns}. Click a field to see its images."
FLOW_SHARE: Final = "Share of the row"
STAYED_HELP: Final = (
    "An image stays where its group corresponds: the group now has the same name, or more than half of the images "
    "of both."
)
AGREEMENT_HELP: Final = (
    "How far the two group the same way; neither counts as right. ARI is about pairs of images: 0 is chance, 1 the "
    "same groups. NMI is how much the groups of one tell about those of the other: 0 is nothing, 1 is all."
)
SIDE_BY_SIDE: Final = "Side by side"
RENAMED: Final = "Renamed"
GONE_GROUPS: Final = "Groups that are gone"
NEW_GROUPS: Final = "Groups that are new"
CHANGED_IMAGES: Final = "Images that changed"
COMPARE_MATRIX_GET: Final = "Matrix (CSV)"
COMPARE_IMAGES_GET: Final = "Images (CSV)"
COMPARE_JSON_GET: Final = "All of it (JSON)"
NEW_VERSION: Final = "New version"
NEW_VERSION_HELP: Final = "Change the words, the number of groups, the models or the names, and see what it changes."
VERSION_NOTE: Final = (
    "Change what should be different. What was described and sorted before is used again where it still holds; what "
    "you moved by hand is moved again where the group still exists. Then both stand side by side."
)
VERSION_NAMES: Final = "Your names of today are kept: they stand under More choices."
VERSION_NAMES_ANEW: Final = "Find names anew"
VERSION_NO: Final = "Start a separate run"
COMPARE_PARENT: Final = "Compare with the version before"
COMPARE_NEWER: Final = "Compare with the newer version"
TO_VERSION: Final = "Go to this run"
TOGETHER: Final = "All runs on these images"
TOGETHER_HELP: Final = "The newest 20. Runs by several criteria are about different things: compare those that are not."
TOGETHER_TRUTH: Final = "Labels to score against"
TOGETHER_RUN: Final = "Run"
TOGETHER_COVERED: Final = "In a group"
INTERVALS_NOTE: Final = (
    "In brackets what each score would be with other images of the same kind, in 95 of 100 cases (bootstrap)."
)
SEEN_LABELS: Final = "These groups were formed with labels (LDA); their scores are no fair comparison."
AGREEMENT_MATRIX: Final = "How far they agree (ARI)"
AGREEMENT_MATRIX_HELP: Final = "0 is chance, 1 the same groups. Click a field to see two runs side by side."
AS_MANY_AS_THERE_ARE: Final = "as many as there are"
CONSENSUS: Final = "What several runs say together"
CONSENSUS_NOTE: Final = (
    "Choose runs, the one you trust most first: its groups count, and the groups of the others are matched to them. "
    "The result is a run of its own; the confidence is the share of runs that agree."
)
CONSENSUS_RUNS: Final = "Runs, the most trusted first"
CONSENSUS_DISPUTED: Final = "Where they disagree, trust"
CONSENSUS_VOTES: Final = "what most of them say"
CONSENSUS_HELP: Final = "Where as many runs say one as another, the one that was chosen first decides."
ZONES: Final = "Zones where they disagree"
ZONES_HELP: Final = "A zone is the images of which each run says the same. Say whom to trust where you know better."
ZONE_TRUST: Final = "Here trust"
ZONE_AS_ELSEWHERE: Final = "as elsewhere"
CONSENSUS_MAKE: Final = "Make this a run"
CONSENSUS_NAME: Final = "consensus"
BUNDLES: Final = {
    "bundle.parquet": "All runs (Parquet)",
    "bundle.json": "All runs (JSON)",
}
YES: Final = "yes"
NO: Final = "no"
FIGURES: Final = {
    "groups": "Groups",
    "unassigned": "Not sure",
    "failed": "Failed",
    "acc": "Accuracy (ACC)",
    "nmi": "NMI",
    "ari": "ARI",
    "requests": "Requests",
    "tokens": "Tokens",
    "cost": "Cost",
    "seconds": "Time",
}
"""Of the table: what is said of each run."""
SETTING: Final = {
    "criterion": "Group by",
    "k": "Groups asked for",
    "vision": "Describes",
    "text": "Labels and sorts",
    "records": "Descriptions from",
    "names": "Names given",
    "fallback": "Second model",
    "share": "Looked at by models",
    "wording.question": "Question",
    "wording.example": "Example",
    "wording.sizes": "Sizes",
    "wording.grain": "Broad or narrow",
    "wording.never": "What plays no part",
    "wording.language": "Language",
    "wording.edited": "Own prompts",
    "wording.questions": "Further questions",
    "asking.exact": "Reads every description",
    "asking.items": "Texts in a request",
    "asking.samples": "Asked so often",
    "asking.with_label": "Label with the description",
    "asking.also": "Further criteria in the same call",
}


def with_interval(score: float, interval: tuple[float, float] | None) -> str:
    """A score, with its 95 % interval where that is known."""
    if not interval:
        return f"{score:.3f}"
    return _("{score:.3f} ({low:.2f} to {high:.2f})").format(score=score, low=interval[0], high=interval[1])


def zone_says(run: str, group: str) -> str:
    """What a run says of a zone. group: "" for none."""
    return _("{run} says “{group}”").format(run=run, group=group) if group else _("{run} says none").format(run=run)


def zones_shown(shown: int, number: int) -> str:
    return _("The {shown} largest of {number:,}; the others are decided as said above.").format(
        shown=shown, number=number
    )


def disputed(number: int, total: int) -> str:
    return _("They disagree on {images} of {total:,}.").format(images=images(number), total=total)


def stayed(number: int, changed: int) -> str:
    """The first sentence on two versions."""
    if not changed:
        return _("All {images} are in the group that they were in before.").format(images=images(number))
    return _("{number:,} of {images} are where they were; {images2} changed.").format(
        number=number - changed, images=images(number), images2=images(changed)
    )


def crossed(rows: str, columns: str) -> str:
    """The first sentence on two criteria."""
    return _("{rows} crossed with {columns}.").format(rows=rows[:1].upper() + rows[1:], columns=columns)


def version_of(name: str) -> str:
    return _("A new version of “{name}”").format(name=name)


def cross_with(criterion: str) -> str:
    return _("Cross with {criterion}").format(criterion=criterion)


def only_in_one(before: int, now: int) -> str:
    """Images that one of the runs does not have."""
    parts = []
    if before:
        parts.append(_("{images} only in the first").format(images=images(before)))
    if now:
        parts.append(_("{images} only in the second").format(images=images(now)))
    return (
        _("{parts} {verb} left out here.").format(
            parts=_(" and ").join(parts), verb=_("is") if before + now == 1 else _("are")
        )
        if parts
        else ""
    )


def in_both(number: int, one: str, other: str) -> str:
    return _("{images} in “{one}” and in “{other}”").format(images=images(number), one=one, other=other)


def from_to(one: str, other: str) -> str:
    return f"{one} → {other}"


def went(elsewhere: Sequence[tuple[str, int]], *, now: bool) -> str:
    """Where the images of a group are in the other run."""
    said = ", ".join(_("{number:,} in “{name}”").format(number=number, name=name) for name, number in elsewhere)
    return f"{_('Now') if now else _('Before')}: {said}" if said else _("It holds no images.")


def carried(moves: Carried) -> str:
    """What became of the moves by hand of the run before."""
    parts = []
    if moved := moves.carried:
        parts.append(
            _("{images} that you had moved by hand {was} moved again.").format(
                images=images(moved), was=_("was") if moved == 1 else _("were")
            )
        )
    if moves.lost:
        named = ", ".join(f"{quoted(name)} ({digits(number)})" for name, number in moves.lost.items())
        parts.append(_("Not so what you had moved into groups that are no more: {named}.").format(named=named))
    if gone := moves.not_here:
        parts.append(
            _("{images} that you had moved {verb} not in this run.").format(
                images=images(gone), verb=_("is") if gone == 1 else _("are")
            )
        )
    return " ".join(parts)
