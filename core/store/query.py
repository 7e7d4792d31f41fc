"""Which items of a run's placements are meant, and in which order, as conditions that combine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from core.store.flows import GROUP, Flow

Order = Literal["sure", "unsure", "given", "name"]


@dataclass(frozen=True, slots=True)
class Between:
    """Two clusters, and how far from the first to the second: 0 to 1 is the second's part of the two probabilities."""

    first: str
    second: str
    at: float = 0.5


@dataclass(frozen=True, slots=True)
class Query:
    """Which items of a run, and in which order; conditions that are not None (or False) combine.

    The last three are no columns of the table: `core.results.run_view.View` answers them (`core.results.ranks`).

    Attributes:
        words: all of these occur, whatever their case, somewhere in description, label or name, or in what was
            read in the image.
        cluster_id: "" means in no cluster.
        groups: any of these clusters, or states outside all clusters.
        labels: any of these.
        ids: any of these items.
        sources: placed by any of these (see `Placement.source`).
        confidence: from the one to the other, both included; an unknown confidence lies in no range.
        folder: below this folder, by the item's name.
        right: in the cluster that its ground truth is matched to, or in another or none; only items with ground truth.
        pairs: (ground truth, cluster id) that are matched; what `right` goes by.
        positions: any of these.
        after: those that came after the one at this position.
        flow: those in certain groups of another run.
        order: "sure" is what a person put there, then by falling confidence; "unsure" is the reverse of that;
            "given" is as the items came; "name" is by name.
        like: ordered by likeness to this item instead.
        between: those between these two clusters, those nearest to the place first.
        copies: those that look nearly the same as another, side by side.
    """

    words: tuple[str, ...] = ()
    state: str | None = None
    cluster_id: str | None = None
    truth: str | None = None
    reason: str | None = None
    groups: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    sources: tuple[str, ...] | None = None
    confidence: tuple[float, float] | None = None
    folder: str | None = None
    right: bool | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    positions: tuple[int, ...] | None = None
    after: int | None = None
    flow: Flow | None = None
    order: Order = "given"
    like: str | None = None
    between: Between | None = None
    copies: bool = False


SURENESS = "CASE source WHEN 'person' THEN 2 ELSE coalesce(confidence, 0) END"
_BEFORE: dict[Order, str] = {
    "sure": "(sureness, -position) > (own.sureness, -own.position)",
    "unsure": "(sureness, -position) < (own.sureness, -own.position)",
    "given": "position < own.position",
    "name": "(lower(name), position) < (lower(own.name), own.position)",
}


def order_by(order: Order, backwards: bool = False) -> str:
    """What ORDER BY takes."""
    down, up = ("ASC", "DESC") if backwards else ("DESC", "ASC")
    if order == "given":
        return f"position {up}"
    if order == "name":
        return f"lower(name) {up}, position {up}"
    if order == "unsure":
        down, up = up, down
    return f"{SURENESS} {down}, position {up}"


def before(order: Order) -> str:
    """A condition on `sureness`, `name` and `position` of rows that come before the row `own`."""
    return _BEFORE[order]


def where(run_id: str, query: Query) -> tuple[str, list[Any]]:
    """What WHERE takes, and its values."""
    parts = ["run_id = ?"]
    values: list[Any] = [run_id]

    def add(condition: str, *of_it: Any) -> None:
        parts.append(condition)
        values.extend(of_it)

    for column in ("state", "cluster_id", "truth", "reason"):
        if (wanted := getattr(query, column)) is not None:
            add(f"{column} = ?", wanted)
    several_of = (
        (GROUP.format("placement"), query.groups),
        ("label", query.labels),
        ("item_id", query.ids),
        ("source", query.sources),
    )
    for column, several in several_of:
        if several is not None:
            add(f"{column} IN (SELECT unnest(?::VARCHAR[]))", list(several))
    if query.positions is not None:
        add("position IN (SELECT unnest(?::INTEGER[]))", list(query.positions))
    if query.after is not None:
        add("position > ?", query.after)
    if query.flow:
        condition, asked = query.flow.where(run_id)
        add(condition, *asked)
    if query.confidence is not None:
        add("confidence BETWEEN ? AND ?", *query.confidence)
    if query.folder is not None:
        add("starts_with(name, ?)", f"{query.folder}/")
    if query.right is not None:
        matched = "concat(cluster_id, ' ', truth) IN (SELECT unnest(?::VARCHAR[]))"  # ids hold no space
        pairs = [f"{cluster} {truth}" for truth, cluster in query.pairs]
        add(f"truth <> '' AND {'' if query.right else 'NOT '}{matched}", pairs)
    for word in query.words:
        read = "item_id IN (SELECT item_id FROM reading WHERE contains(lower(words), lower(?)))"
        add(f"(contains(words, lower(?)) OR {read})", word, word)
    return " AND ".join(parts), values
