"""What a person decides about a run's clusters and images, as data.

The model's proposal is never changed: the clusters shown are the proposal with the edits applied in order
(`core.results.edited`), so every edit can be undone and a re-run keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from core.domain import Cluster


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a cluster another name. Asks nothing."""

    cluster_id: str
    name: str
    kind: Literal["rename"] = "rename"


@dataclass(frozen=True, slots=True)
class Redefine:
    """Give a cluster another one-line meaning. Re-asks its members and its neighbours."""

    cluster_id: str
    meaning: str
    kind: Literal["redefine"] = "redefine"


@dataclass(frozen=True, slots=True)
class Merge:
    """Put one cluster into another. Remaps its members, asks nothing."""

    cluster_id: str
    into: str
    kind: Literal["merge"] = "merge"


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a cluster. Re-asks its members."""

    cluster_id: str
    kind: Literal["delete"] = "delete"


@dataclass(frozen=True, slots=True)
class Add:
    """Add a cluster by its name. Re-asks the Unassigned and the images that it now lies nearest to."""

    cluster_id: str
    name: str
    meaning: str = ""
    kind: Literal["add"] = "add"


@dataclass(frozen=True, slots=True)
class Part:
    """A cluster that comes out of another: its new id and name, and which images of the other it takes.

    Attributes:
        labels: the images with these labels.
        items: these images; what a person had put elsewhere stays there.
        inside: before images are sorted, how many of each label it takes, as `Cluster.inside` counts them.
    """

    cluster_id: str
    name: str
    labels: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    inside: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Split:
    """Take parts out of a cluster; what no part takes stays in it. Remaps its members, asks nothing."""

    cluster_id: str
    parts: tuple[Part, ...]
    kind: Literal["split"] = "split"


@dataclass(frozen=True, slots=True)
class MoveLabels:
    """Put the images with these labels from one cluster into another. Asks nothing.

    What a person had put into a cluster image by image stays there.
    """

    cluster_id: str
    labels: tuple[str, ...]
    into: str
    kind: Literal["move labels"] = "move labels"


@dataclass(frozen=True, slots=True)
class Pin:
    """Let a cluster stay when names are suggested again, or not any more. Asks nothing."""

    cluster_id: str
    pinned: bool = True
    kind: Literal["pin"] = "pin"


@dataclass(frozen=True, slots=True)
class Propose:
    """Take another proposal in place of the clusters as they stand, such as one that was suggested again.

    Clusters that stay keep their id. Re-asks the members of those that go, and the Unassigned.
    """

    clusters: tuple[Cluster, ...]
    kind: Literal["propose"] = "propose"


@dataclass(frozen=True, slots=True)
class Move:
    """Put images into a cluster by hand, or into Unassigned (None). Always wins over a model.

    An image that is put where it is already has been confirmed.
    """

    items: tuple[str, ...]
    cluster_id: str | None
    kind: Literal["move"] = "move"


@dataclass(frozen=True, slots=True)
class Learn:
    """Put images where a classifier that learnt from a person's examples puts them; never one that a person moved.

    Attributes:
        clusters: for each of the items its cluster, "" for Unassigned.
        confidences: for each of the items how sure the classifier is, 0 to 1.
    """

    items: tuple[str, ...]
    clusters: tuple[str, ...]
    confidences: tuple[float, ...]
    kind: Literal["learn"] = "learn"


@dataclass(frozen=True, slots=True)
class Match:
    """Say which cluster counts as a label's own in the scores; None lets the best matching decide. Asks nothing.

    Attributes:
        column: the labels it is about, as `RunSettings.truth` has them.
    """

    column: str
    label: str
    cluster_id: str | None
    kind: Literal["match"] = "match"


@dataclass(frozen=True, slots=True)
class Relabel:
    """Correct the given label of an image, or confirm it; what was given stays as it is. Asks nothing.

    Attributes:
        column: the labels it is about, as `RunSettings.truth` has them.
        given: the label that it has there.
        label: the label that a person says it should have; the given one confirms it.
    """

    column: str
    item: str
    given: str
    label: str
    kind: Literal["relabel"] = "relabel"


Single = Annotated[
    Rename | Redefine | Merge | Delete | Add | Split | MoveLabels | Pin | Propose | Move | Learn | Match | Relabel,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class Several:
    """Edits that are one act of a person: all of them are made, or none, and one undo takes back all."""

    edits: Annotated[tuple[Single, ...], Field(min_length=1)]
    kind: Literal["several"] = "several"


Edit = (
    Rename
    | Redefine
    | Merge
    | Delete
    | Add
    | Split
    | MoveLabels
    | Pin
    | Propose
    | Move
    | Learn
    | Match
    | Relabel
    | Several
)
EDIT: TypeAdapter[Edit] = TypeAdapter(Annotated[Edit, Field(discriminator="kind")])


def each(edit: Edit) -> Iterator[Edit]:
    """The edit itself, or the edits that are one act, in their order."""
    if isinstance(edit, Several):
        yield from edit.edits
    else:
        yield edit


def meet(edit: Edit, others: Sequence[Edit]) -> Edit | None:
    """The first of these edits that is about the same clusters or items as `edit`, so that one hides the other."""
    own = _touched(edit)
    return next((other for other in others if _EVERYTHING in (own | (its := _touched(other))) or own & its), None)


_EVERYTHING = "*"


def _touched(edit: Edit) -> set[str]:
    """The ids of the clusters and items that an edit is about."""
    match edit:
        case Several():
            return set().union(*map(_touched, edit.edits))
        case Propose():
            return {_EVERYTHING}
        case Move():
            return {*edit.items, *([edit.cluster_id] if edit.cluster_id else [])}
        case Learn():
            return {*edit.items, *edit.clusters} - {""}
        case Match():
            return {f"label {edit.label}", *([edit.cluster_id] if edit.cluster_id else [])}
        case Relabel():
            return {f"label of {edit.item}"}
        case Merge() | MoveLabels():
            return {edit.cluster_id, edit.into}
        case Split():
            return {edit.cluster_id, *(item for part in edit.parts for item in part.items)}
        case _:
            return {edit.cluster_id}
