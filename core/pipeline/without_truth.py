"""What can be said of a run's groups without ground truth: how they hold together, and whether they stay the same when
the run is made again, in other words or by other models. The first is computed in the background and kept, as it takes
seconds."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import TypeAdapter

from core.domain import Progress, RunSettings, same_name
from core.errors import Cancelled
from core.evaluate.internal import SAMPLE, Internal, LookAlike, internal
from core.models.baseline.recipe import is_baseline
from core.models.supplied import imported
from core.pipeline.checking import evidence_of
from core.propagation.sampling import evenly
from core.results import decisions, run_view
from core.results.caveats import stability
from core.results.edits import Match, Relabel
from core.results.run_view import Query, View
from core.results.together import agreement_of
from core.store import Store
from core.store.runs import RunRow
from core.workspace import Workspace

BY_ITSELF = 3_000
"""Images whose groups are measured without asking: more take longer than somebody wants to wait unasked."""
_VERSION = 1
_SPACES = ("subject", "description")
_INTERNAL: TypeAdapter[dict[str, Internal]] = TypeAdapter(dict[str, Internal])
_RUNS = 10
Differs = Literal["models", "wording", "number", "again"]
"""In what another run by the same criterion differs: who answered, how it was asked, into how many groups, or in
nothing but the answers."""


def measured(store: Store, run_id: str, tick: Callable[[float], None] = lambda _: None) -> dict[str, Internal]:
    """Space ("subject" for what the network sees, "description" for what was said) -> the internal metrics of a run's
    groups, from at most SAMPLE images, spread evenly over all that are in groups. tick: told the share that is done."""
    view = View(store, run_id)
    items = view.ids(Query(state="assigned"))
    some = [items[place] for place in evenly(len(items), SAMPLE)]
    groups = {row.item_id: row.cluster.id for row in view.rows(Query(ids=tuple(some))) if row.cluster}
    names = {cluster.id: cluster.name for cluster in view.edited.clusters}
    spaces = evidence_of(store, run_id, some) if some else {}
    asked = [space for space in spaces if space in _SPACES]
    found = {}
    for number, space in enumerate(asked):
        tick(number / len(asked))
        places = spaces[space]
        own = [groups.get(item) if seen else None for item, seen in zip(some, places.measured, strict=True)]
        of_space = internal(np.nan_to_num(places.values), own)
        pairs = (LookAlike(names[pair.one], names[pair.other], pair.share) for pair in of_space.look_alike)
        found[space] = replace(of_space, look_alike=tuple(pairs))
    return found


def kept(store: Store, run_id: str) -> dict[str, Internal] | None:
    """What was measured of the groups as they are now; None where that has to be done first."""
    run = run_view.get_run(store, run_id)
    if store.explorations.made_of(run.settings.dataset_id).get(_what(run_id)) != _made_of(store, run):
        return None
    return _INTERNAL.validate_json(store.explorations.get(run.settings.dataset_id, _what(run_id)))


def measure(
    workspace: Workspace, cancel: threading.Event, on_progress: Callable[[Progress], None], *, run_id: str
) -> None:
    """Measure and keep it. Raises Cancelled."""

    def tick(share: float) -> None:
        if cancel.is_set():
            raise Cancelled
        on_progress(Progress("scores", round(100 * share), 100))

    found_now(workspace.store, run_id, tick)


def found_now(store: Store, run_id: str, tick: Callable[[float], None] = lambda _: None) -> dict[str, Internal]:
    """What is kept of the groups as they are now, or else what is measured and kept from then on."""
    if (known := kept(store, run_id)) is not None:
        return known
    run = run_view.get_run(store, run_id)
    made_of, found = _made_of(store, run), measured(store, run_id, tick)
    store.explorations.set(run.settings.dataset_id, _what(run_id), made_of, _INTERNAL.dump_json(found))
    return found


def key(run: RunRow) -> str:
    """Under what the job is known that measures this."""
    return f"{run.settings.dataset_id}/{_what(run.id)}"


def _what(run_id: str) -> str:
    return f"internal/{run_id}"


def _made_of(store: Store, run: RunRow) -> str:
    """Changes whenever the run's answers, its images or the person's edits do; what is said of labels is no part."""
    rows = [(edit.seq, edit.value) for edit in store.runs.edits(run.id)]
    edits = [row for row in rows if not isinstance(decisions.read(row[1]), (Match, Relabel))]
    given = store.datasets.get(run.settings.dataset_id)
    told = (_VERSION, run.status, run.stats, edits, given.counts if given else {})
    return hashlib.sha256(repr(told).encode()).hexdigest()


# -- whether groups stay


@dataclass(frozen=True, slots=True)
class Repeated:
    """Another run by the same criterion on the same images.

    Attributes:
        differs: in what, the first that is true of models, wording, number.
        ari: the adjusted Rand index between both, over the images that both have sorted.
        images: how many these are.
    """

    run_id: str
    differs: Differs
    ari: float
    images: int


def by_sample(store: Store, run_id: str) -> float | None:
    """The share of images that stay in their group when the sample changes that groups are formed of; None where the
    model did not try."""
    return stability(decisions.clusters(store, run_id).clusters)


def repeated(store: Store, run_id: str) -> list[Repeated]:
    """The newest other runs by the same criterion, at most _RUNS. One whose answers are this run's own says nothing and
    is left out: what was answered before is not asked again."""
    mine = View(store, run_id).run
    found = []
    for other in _others(store, mine):
        View(store, other.id)  # which brings its placements up to date, as the first does its own
        differs = _differs(mine.settings, other.settings)
        if differs == "again" and not store.answers.answered_apart(run_id, other.id):
            continue
        ari, images = agreement_of(store, run_id, other.id)
        if images:
            found.append(Repeated(other.id, differs, ari, images))
    return found


def _others(store: Store, run: RunRow) -> Iterator[RunRow]:
    alike = (
        other
        for other in store.runs.of_dataset(run.settings.dataset_id)
        if other.id != run.id
        and same_name(other.settings.criterion, run.settings.criterion)
        and not is_baseline(other.settings.text)
        and other.settings.text != imported.KIND
        and "assign" in store.answers.step_counts(other.id)
    )
    if not is_baseline(run.settings.text) and run.settings.text != imported.KIND:
        for _, other in zip(range(_RUNS), alike, strict=False):
            yield other


def _differs(one: RunSettings, other: RunSettings) -> Differs:
    if (one.vision, one.text, one.fallback, one.records) != (other.vision, other.text, other.fallback, other.records):
        return "models"
    if (one.wording, one.asking, one.criterion) != (other.wording, other.asking, other.criterion):
        return "wording"
    if (one.k, one.names) != (other.k, other.names):
        return "number"
    return "again"


def as_json(store: Store, run_id: str) -> Mapping[str, object]:
    """What metrics.json says of stability."""
    runs = [
        {"run": one.run_id, "differs": one.differs, "ari": one.ari, "images": one.images}
        for one in repeated(store, run_id)
    ]
    return {"by_sample": by_sample(store, run_id), "runs": runs}
