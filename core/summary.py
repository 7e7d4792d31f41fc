"""What the page to send to somebody says of a run: settings, counts, scores, and each group with examples."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from core import results
from core.domain import ItemRow
from core.export.page import Example, Page, Section
from core.results import Row, State
from core.selection import ALL, REST, Only
from core.store.runs import RunRow
from core.workspace import Workspace

MOST_EXAMPLES = 240
"""Pictures in the whole file; with 256 px thumbnails of about 10 KB that is some 3 MB."""
MOST_BYTES = 12 * 1024**2
"""Bytes of pictures in the whole file before encoding, should thumbnails be larger: a mail may still carry it."""
_EXAMPLES, _SAID, _REASONS = 12, 8, 20
_COUNTS: Mapping[State, str] = {
    "assigned": "in groups",
    "unassigned": "in no group",
    "failed": "failed",
    "pending": "not sorted yet",
}
_REST_NOTES = {
    "unassigned": "Images that fit none of the groups well enough, with what they were said to show instead.",
    "failed": "Images without an answer.",
    "pending": "Images that the run has not reached.",
}


def of(workspace: Workspace, run_id: str, only: Only = ALL) -> Page:
    """The page of a run. Sections show the wanted part; counts and scores are the whole run's. Raises BadInput."""
    store = workspace.store
    run = results.get_run(store, run_id)
    edited = results.clusters(store, run_id)
    rows = results.rows(store, run_id)
    dataset = store.datasets.get(run.settings.dataset_id)
    skipped = store.datasets.skipped(run.settings.dataset_id)
    states = Counter(row.state for row in rows)
    counts = [
        (name, states[state]) for state, name in _COUNTS.items() if states[state] or state in ("assigned", "unassigned")
    ]
    counts.append(("skipped", len(skipped)))
    shown = list(only.rows(rows))
    inside = {key: [row for row in shown if _place(row) == key] for key in dict.fromkeys(map(_place, shown))}
    listed = [(one.id, one.name, one.meaning) for one in edited.clusters]
    listed += [(state, name, _REST_NOTES[state]) for state, name in REST.items() if inside.get(state)]
    wanted = [one for one in listed if not only or one[0] in inside or one[0] in only.groups]
    pictures = dataset is None or dataset.source.get("kind") != "records"
    sections = [
        _section(workspace, title, note, inside.get(key, []), len(wanted), pictures) for key, title, note in wanted
    ]
    return Page(
        title=f"{dataset.name if dataset else 'Images'} by {run.settings.criterion}",
        date=dt.datetime.now(dt.UTC).astimezone().date().isoformat(),
        part=only.said(edited.clusters),
        given=dataset.given if dataset else len(rows),
        facts=_facts(workspace, run, rows),
        counts=counts,
        sections=sections,
        scores=results.metrics(rows),
        skipped=_reasons(skipped),
    )


def _place(row: Row) -> str:
    return row.cluster.id if row.cluster else row.state


def _facts(workspace: Workspace, run: RunRow, rows: Sequence[Row]) -> list[tuple[str, str]]:
    models = workspace.store.answers.models(run.id)
    edits = len(workspace.store.runs.edits(run.id))
    moved = sum(row.source == "person" for row in rows)
    facts = [
        ("Criterion", run.settings.criterion),
        ("Groups asked for", str(run.settings.k)),
        ("Names given beforehand", ", ".join(run.settings.names)),
        ("Described by", ", ".join(models.get("describe", ()))),
        ("Labelled by", ", ".join(models.get("label", ()))),
        ("Groups named by", ", ".join(models.get("name", ()))),
        ("Assigned by", ", ".join(models.get("assign", ()))),
        ("Decisions of a person", f"{edits} ({moved} images moved)" if edits else "none"),
        ("Labels compared with", run.settings.truth.rpartition(":")[2] if any(row.truth for row in rows) else ""),
        ("Grouped on", run.created_at.date().isoformat()),
        ("Run", run.id),
    ]
    return [(name, value) for name, value in facts if value]


def _section(
    workspace: Workspace, title: str, note: str, rows: Sequence[Row], sections: int, pictures: bool
) -> Section:
    """One group with its most typical images; each of the sections has the same share of pictures and bytes."""
    said = Counter(row.reason if row.state == "unassigned" and row.reason else row.label for row in rows)
    said.pop("", None)
    typical = sorted(rows, key=lambda row: (-(row.confidence or 0.0), -said[row.label]))
    number = max(1, min(_EXAMPLES, MOST_EXAMPLES // sections))
    examples = _examples(workspace, typical[:number], MOST_BYTES // sections, pictures)
    return Section(title, note, len(rows), said.most_common(_SAID), examples)


def _examples(workspace: Workspace, rows: Sequence[Row], budget: int, pictures: bool) -> Iterator[Example]:
    """Pictures are read one at a time, when the reader asks for the next; one that has gone shows its words."""
    for row in rows:
        picture: bytes | None = None
        if pictures:
            try:
                picture = workspace.image(row.item_id, "thumb").read_bytes()
            except OSError:
                picture = None
        if picture is not None:
            budget -= len(picture)
            if budget < 0:
                return
        yield Example(row.description or row.label or row.name, _caption(row), picture)


def _caption(row: Row) -> str:
    """The file's name, and the doubt or the reason where there is one."""
    name = PurePosixPath(row.name).name
    if row.state in ("unassigned", "failed") and row.reason:
        return f"{name}: {row.reason[:120]}"
    if row.source == "person":
        return f"{name}, moved by a person"
    return name if row.confidence is None else f"{name}, {100 * row.confidence:.0f} %"


def _reasons(skipped: Sequence[ItemRow]) -> list[tuple[str, str, int]]:
    reasons: dict[str, list[str]] = {}
    for item in skipped:
        reason = "An exact duplicate; grouped once." if item.status == "duplicate" else item.reason
        reasons.setdefault(reason, []).append(item.name)
    ranked = sorted(reasons.items(), key=lambda one: -len(one[1]))
    return [(reason, names[0], len(names)) for reason, names in ranked[:_REASONS]]
