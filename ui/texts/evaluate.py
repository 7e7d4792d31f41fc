"""Texts of the page Evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.evaluate.metrics import chance_verdict
from ui.language import _, tr
from ui.texts.common import count, images, percent

EVALUATE_EMPTY: Final = "Scores compare the finished groups with your labels. First the images have to be sorted."
NO_LABELS_TITLE: Final = "No labels to compare with yet"
NO_LABELS: Final = (
    "If you already know where some of these images belong, Facetry can tell how well its groups match. "
    "Say where your labels are; they are used for scores only, never to group."
)
LABELS_FROM_NOTE: Final = {
    "folder": "Each image's label is the name of the folder it lies in, for example roses/1.jpg.",
    "filename": "Each image's label stands in its file name after a number, for example 12_rose.jpg.",
    "table": "One column names the images and another holds the labels; the first line names the columns.",
}
COMPARING: Final = "Comparing with your labels"
LABELS_USE: Final = "Compare"
LABELS_CHANGE: Final = "Compare with other labels"
CONFUSION: Final = "Where the images of each label went"
CONFUSION_NOTE: Final = "A row is one of your labels, a column one of the groups. Click a field to see its images."
CONFUSION_CUT: Final = "Only the {count} most frequent are shown."
CONFUSION_LABEL: Final = "Your label"
CONFUSION_GROUP: Final = "Group"
CONFUSION_IMAGES: Final = "Images"
CONFUSION_SHARE: Final = "Share of the label"
NO_GROUP: Final = "No group"
PER_CLASS: Final = "Label by label"
PER_CLASS_GROUP: Final = "Its group"
PER_CLASS_GROUP_HELP: Final = "The group that this label is paired with; each label gets at most one group."
RECALL: Final = "Found"
RECALL_HELP: Final = "Called recall: the share of this label's images that are in its group."
PRECISION: Final = "Correct"
PRECISION_HELP: Final = "Called precision: the share of the group's images that have this label."
WHICH_LABELS: Final = "Labels that the scores compare with"
LABELS_AS: Final = {"given": "As given", "corrected": "As corrected"}
MATCHED_BY_HAND: Final = "Some labels are paired with groups by hand."
FIELD_ON_BROWSE: Final = "Open on Browse"
ALL_SCORES: Final = "All scores"
ALL_SCORES_NOTE: Final = "1 is perfect. Images without a group count as one more group that belongs to no label."
SCORE: Final = "Score"
SCORE_VALUE: Final = "All images"
SCORE_BETWEEN: Final = "95 % interval"
SCORE_ASSIGNED: Final = "Only images in groups"
SCORE_NAMES: Final = {
    "acc": "Accuracy (ACC)",
    "purity": "Purity: each group counts for its commonest label (many to one)",
    "nmi": "Normalized mutual information (NMI)",
    "ami": "Adjusted mutual information (AMI)",
    "ari": "Adjusted Rand index (ARI)",
    "fmi": "Fowlkes-Mallows index (FMI)",
    "homogeneity": "Homogeneity: groups hold one label",
    "completeness": "Completeness: labels lie in one group",
    "v_measure": "V-measure",
    "name_acc": "Name accuracy",
}
PER_GROUP: Final = "Group by group"
PER_GROUP_LABEL: Final = "Its label"
PER_GROUP_COMMONEST: Final = "Commonest label"
PER_GROUP_SHARE: Final = "Share of it"
MATCHING: Final = "Pair labels with groups by hand"
MATCHING_NOTE: Final = "Each label is paired with the group that gives the most agreement, unless you choose another."
MATCHING_LABEL: Final = "Label"
MATCHING_AUTO: Final = "The best pairing decides"
WITHOUT: Final = "Without labels"
WITHOUT_NOTE: Final = (
    "These say how compact and how far apart the groups are in what was measured, not whether they are what you meant."
)
WITHOUT_START: Final = "Measure"
WITHOUT_NONE: Final = "Nothing was measured on these images that could be compared."
WITHOUT_LITTLE: Final = (
    "With a silhouette this near to 0, these numbers say little: you may have asked for another view."
)
WITHOUT_SPACES: Final = {"subject": "By what the images show", "description": "By what was said of them"}
SILHOUETTE: Final = "Silhouette"
SILHOUETTE_HELP: Final = "From −1 to 1: above 0.5 the groups are well apart, near 0 they touch."
CALINSKI: Final = "Calinski-Harabasz"
CALINSKI_HELP: Final = "The larger, the more compact and apart; compares only groupings of the same images."
DAVIES: Final = "Davies-Bouldin"
DAVIES_HELP: Final = "The smaller, the more compact and apart."
BALANCE: Final = "Balance"
BALANCE_HELP: Final = "1 where all groups are of one size, near 0 where one holds almost everything."
WITHOUT_COST: Final = "Compares up to 10,000 of the images with each other, which takes some seconds."
CALINSKI_SAYS: Final = (
    "Calinski-Harabasz has no scale: it only tells which of two groupings of the same images is more compact."
)
NONE_LOOK_ALIKE: Final = (
    "No two groups look alike: fewer than a quarter of the images of any two lie nearer to the other."
)
STABILITY: Final = "Do the groups stay?"
STABILITY_HELP: Final = (
    "The adjusted Rand index (ARI) says how far two groupings agree: 1 is the same, 0 is what chance gives. A grouping "
    "that stays need not be right, but one that does not is hardly to be trusted."
)
NOT_REPEATED: Final = (
    "Nothing to compare with yet: run the same criterion again with another model, another wording or another number. "
    "What was answered before is not asked again, so that the same settings would only give the same answers."
)
DIFFERS: Final = {
    "models": "with other models",
    "wording": "asked in other words",
    "number": "into another number of groups",
    "again": "asked again",
}
DOUBTS_EMPTY: Final = "Your labels are compared with what the images show. First the images have to be sorted."
DOUBTS_NONE: Final = "No label looks wrong, or you have checked all that did."
DOUBTS_KEEP: Final = "Keep “{label}”"
DOUBTS_TAKE: Final = "Take “{label}”"
DOUBTS_OTHER: Final = "Another label"
DOUBTS_SKIP: Final = "Skip"
DOUBTS_WORKING: Final = "Looking for labels that do not fit their images"
SPELLING_TAKE: Final = "All of it is “{label}”"
SPELLING_DIFFERENT: Final = "These are different labels"
DOUBTS_CSV: Final = "Corrected labels (CSV)"
DOUBTS_CSV_HELP: Final = "Each image with the label you gave, the one that counts now, and who decided."
F1_HELP: Final = "Found and correct in one number (their harmonic mean)."


def matches(scores: Mapping[str, Any], column: str = "") -> str:
    """column: the labels' name where they are about something else than the groups."""
    verb = _("Agrees with your labels “{column}”").format(column=column) if column else _("Matches your labels")
    return _(
        "{verb} for {percent} of {images}, where always saying the commonest label gives {percent2}{chance_verdict}."
    ).format(
        verb=verb,
        percent=percent(scores["acc"]),
        images=images(scores["n"]),
        percent2=percent(scores["chance"]),
        chance_verdict=chance_verdict(scores),
    )


def other_labels(column: str, criterion: str) -> str:
    return _(
        "“{column}” may be about something else than “{criterion}”: the scores say how far the two agree, not what is "
        "right."
    ).format(column=column, criterion=criterion)


def labelled_some(labelled: int, number: int) -> str:
    return _("{labelled:,} of {images} have a label; the scores are about these.").format(
        labelled=labelled, images=images(number)
    )


def kinds_and_groups(kinds: int, groups: int) -> str:
    return _("Your labels have {count}; there {verb} {count2}.").format(
        count=count(kinds, "kind"), verb=_("is") if groups == 1 else _("are"), count2=count(groups, "group")
    )


def in_field(number: int, label: str, group: str) -> str:
    return _("{images} with your label “{label}” in “{group}”").format(images=images(number), label=label, group=group)


def confused(number: int, of: int, label: str, group: str) -> str:
    """The commonest confusion."""
    return _("Most often confused: {number:,} of {images} with your label “{label}” are in “{group}”.").format(
        number=number, images=images(of), label=label, group=group
    )


def between(low: float, high: float) -> str:
    """A 95 % interval."""
    return _("{low:.3f} to {high:.3f}").format(low=low, high=high)


def covered(assigned: int, number: int) -> str:
    return _("{percent} of the images with a label are in a group ({assigned:,} of {number:,}).").format(
        percent=percent(assigned / number), assigned=assigned, number=number
    )


def sampled(number: int) -> str:
    return _("Measured on {images}.").format(images=images(number))


def silhouette_says(value: float) -> str:
    if value >= 0.5:
        return _("Silhouette: the groups are well apart in this view.")
    if value >= 0.25:
        return _("Silhouette: the groups can be told apart in this view, but overlap at their edges.")
    if value >= 0:
        return _("Silhouette: the groups run into each other in this view.")
    return _("Silhouette: most images lie nearer to another group than to their own in this view.")


def davies_says(value: float) -> str:
    if value < 1:
        return _("Davies-Bouldin: even the two groups most alike are further apart than they are wide.")
    return _("Davies-Bouldin: for a group on average, the one most alike overlaps it.")


def balance_says(value: float) -> str:
    if value >= 0.9:
        return _("Balance: the groups are of about the same size.")
    if value >= 0.6:
        return _("Balance: some groups are much larger than others.")
    return _("Balance: few groups hold nearly all images.")


def look_alike(one: str, other: str, share: float) -> str:
    return _("“{one}” and “{other}” look alike: {percent} of their images lie nearer to the other group.").format(
        one=one, other=other, percent=percent(share)
    )


def stays_by_sample(share: float) -> str:
    return _("{percent} of the images stay in their group when the sample changes that groups are formed of.").format(
        percent=percent(share)
    )


def agreement_said(run: str, differs: str, ari: float, number: int) -> str:
    """How far another run, which differs so, agrees."""
    if ari >= 0.8:
        verdict = _("nearly the same groups")
    elif ari >= 0.5:
        verdict = _("much the same groups")
    else:
        verdict = _("other groups")
    return _("{differs} (“{run}”): {verdict}. ARI {ari:.2f} over {images}.").format(
        differs=_capital(tr(DIFFERS)[differs]), run=run, verdict=verdict, ari=ari, images=images(number)
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def doubts_left(left: int, looked_at: int, checked: int) -> str:
    return _("{labels} of {images} look wrong and are not checked yet; {checked:,} checked.").format(
        labels=count(left, "label"), images=images(looked_at), checked=checked
    )


def given_both(given: str, other: str, group: str) -> str:
    """An image that was given two labels. group: where it is, "" for no group."""
    said = _("This image was given two labels: “{given}”, which counts, and “{other}”.").format(
        given=given, other=other
    )
    return said + (" " + _("It is in the group “{group}”.").format(group=group) if group else "")


def label_of(label: str, number: int) -> str:
    return _("“{label}” ({images})").format(label=label, images=images(number))


def spelled_otherwise(label: str, others: str) -> str:
    return _("Labels that differ only in spelling: {others} beside “{label}”. Do they mean the same?").format(
        others=others, label=label
    )


def doubtful(given: str, likely: str, confidence: float, group: str) -> str:
    """Why a label is in doubt. group: where the image is, "" for no group."""
    said = _("Labelled “{given}” ({percent} likely); the image looks like “{likely}”.").format(
        given=given, percent=percent(confidence), likely=likely
    )
    return said + (" " + _("It is in the group “{group}”.").format(group=group) if group else "")
