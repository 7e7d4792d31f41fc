"""What the page to send to somebody says of a run: settings, counts, scores, and each group with examples."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from core.domain import ItemRow
from core.evaluate.internal import Internal
from core.export.html_page import Example, Page, Section
from core.pipeline import without_truth
from core.pipeline.sight import said_of_run
from core.results.caveats import said_of_groups
from core.results.labels_about import other_column
from core.results.run_view import Query, Row, State, View, models_that_answered
from core.results.selection import ALL, REST, Only
from core.store import Store
from core.workspace import Workspace

MOST_EXAMPLES = 240
"""Pictures in the whole file; with 256 px thumbnails of about 10 KB that is some 3 MB."""
MOST_BYTES = 12 * 1024**2
"""Bytes of pictures in the whole file before encoding, should thumbnails be larger: a mail may still carry it."""
_SERVER = re.compile(r"@https?://\S+")  # where a model is served is nobody else's business
_EXAMPLES, _FREQUENT, _REASONS = 12, 8, 20
_ALWAYS = ("assigned", "unassigned")
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
    view = View(store, run_id)
    run, clusters = view.run, view.edited.clusters
    dataset = store.datasets.get(run.settings.dataset_id)
    skipped = store.datasets.skipped(run.settings.dataset_id)
    states, scores = view.states(), view.all_metrics()
    counts = [(name, states[state]) for state, name in _COUNTS.items() if states[state] or state in _ALWAYS]
    listed = [(cluster.id, cluster.name, cluster.meaning) for cluster in clusters]
    listed += [(state, name, _REST_NOTES[state]) for state, name in REST.items() if states[state]]
    wanted = [section for section in listed if not only.groups or section[0] in only.groups]
    said = {key: list(found) for key, found in _said(view).items()} if not only.narrows else {}
    pictures = dataset is None or dataset.source.has_images
    return Page(
        title=run.name or f"{dataset.name if dataset else 'Images'} by {run.settings.criterion}",
        date=dt.datetime.now(dt.UTC).astimezone().date().isoformat(),
        part=only.said(clusters),
        sight=said_of_groups(clusters) + said_of_run(store, run.settings),
        given=dataset.given if dataset else states.total(),
        facts=_facts(workspace, view, scores is not None),
        counts=[*counts, ("skipped", len(skipped))],
        sections=[
            Section(
                title,
                note,
                view.count(replace(only.query, groups=(key,))),
                said.get(key, [])[:_FREQUENT],
                _examples(workspace, view, replace(only.query, groups=(key,), order="sure"), len(wanted), pictures),
            )
            for key, title, note in wanted
        ],
        scores=scores,
        labels=other_column(view.run.settings.truth, view.run.settings.criterion),
        skipped=_reasons(skipped),
        internal=_internal(store, view),
        stability=_stability(store, view),
    )


_SPACES = {"subject": "by what the images show", "description": "by what was said of them"}
_DIFFERS = {
    "models": "With other models",
    "wording": "Asked in other words",
    "number": "Into another number of groups",
    "again": "Asked again",
}


def _internal(store: Store, view: View) -> Mapping[str, Internal]:
    """How the groups hold together, where that is known or can be measured while somebody waits."""
    few = view.count() <= without_truth.BY_ITSELF
    found = without_truth.found_now(store, view.run.id) if few else without_truth.kept(store, view.run.id)
    return {_SPACES[space]: own for space, own in (found or {}).items()}


def _stability(store: Store, view: View) -> list[str]:
    share = without_truth.by_sample(store, view.run.id)
    said = [] if share is None else [f"{share:.0%} of the images stay in their group when the sample changes."]
    others = without_truth.repeated(store, view.run.id)
    return said + [f"{_DIFFERS[one.differs]}: ARI {one.ari:.2f} over {one.images:,} images." for one in others]


def _said(view: View) -> dict[str, list[tuple[str, int]]]:
    """Cluster id -> its labels; under "unassigned", what was answered instead of a group. The most frequent first."""
    found: dict[str, list[tuple[str, int]]] = {"unassigned": view.answers()}
    for cluster, label, number in view.labels():
        if cluster:
            found.setdefault(cluster, []).append((label, number))
    return found


def _facts(workspace: Workspace, view: View, scored: bool) -> list[tuple[str, str]]:
    run = view.run
    answered = models_that_answered(workspace.store, run.id)
    models = {step: ", ".join(_SERVER.sub("", model) for model in ids) for step, ids in answered.items()}
    edits, moved = len(workspace.store.runs.edits(run.id)), len(view.edited.moved)
    facts = [
        ("Criterion", run.settings.criterion),
        ("Groups asked for", str(run.settings.k or "as many as there are")),
        ("Names given beforehand", ", ".join(run.settings.names)),
        ("Described by", models.get("describe", "")),
        ("Labelled by", models.get("label", "")),
        ("Groups named by", models.get("name", "")),
        ("Assigned by", models.get("assign", "")),
        ("Decisions of a person", f"{edits} ({moved} images moved)" if edits else "none"),
        ("Labels compared with", run.settings.truth.rpartition(":")[2] if scored else ""),
        ("Grouped on", run.created_at.date().isoformat()),
        ("Run", run.id),
    ]
    return [(name, value) for name, value in facts if value]


def _examples(workspace: Workspace, view: View, query: Query, sections: int, pictures: bool) -> Iterator[Example]:
    """The surest images of a section, read one at a time, when the reader asks for the next; a picture that has gone
    shows its words. Each of the sections has the same share of pictures and bytes."""
    budget = MOST_BYTES // sections
    for row in view.rows(query, max(1, min(_EXAMPLES, MOST_EXAMPLES // sections))):
        picture = _thumbnail(workspace, row.item_id) if pictures else None
        if picture is not None:
            budget -= len(picture)
            if budget < 0:
                return
        yield Example(row.description or row.label or row.name, _caption(row), picture)


def _thumbnail(workspace: Workspace, item_id: str) -> bytes | None:
    try:
        return workspace.image(item_id, "thumb").read_bytes()
    except OSError:
        return None


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
    ranked = sorted(reasons.items(), key=lambda group: -len(group[1]))
    return [(reason, names[0], len(names)) for reason, names in ranked[:_REASONS]]
