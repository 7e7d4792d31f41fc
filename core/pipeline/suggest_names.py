"""Names suggested again: the name step asked anew, while the groups that a person pinned stay.

What comes waits in the run (`waiting`) beside the groups as they stand, until a person takes it or not.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.domain import Cluster, Held, Progress, RunSettings, same_name
from core.engine.requests import Answer, Outcome, Work, call_key, stopping
from core.errors import BadInput, FacetryError
from core.models.baseline.recipe import is_baseline
from core.models.model_spec import BUILTIN, ModelSpec
from core.models.registry import NO_KEYS, How, Keys
from core.models.roles import Keeping
from core.models.supplied import examples, imported
from core.pipeline import draft as drafts
from core.pipeline.estimate import Estimate, estimate_names
from core.pipeline.intake import OnProgress
from core.pipeline.run_models import text_models_of
from core.pipeline.step_runner import Runner
from core.results import decisions, run_view
from core.results.edited import Edited
from core.results.name_sets import Name
from core.steps import name
from core.steps.item_answers import RunAnswers
from core.steps.plan import Plan
from core.store import Store
from core.store.runs import RunRow
from core.workspace import Workspace

HINT_CHARS = 200
_HELD: Held = "suggested names"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What names a person wants.

    Attributes:
        k: how many groups, the pinned ones included.
        hint: in what way they should differ ("finer", "by material, not by use"), or "".
        names: the names of a set that was saved; then these are the groups, beside the pinned ones.
    """

    k: int
    hint: str = ""
    names: tuple[Name, ...] = ()


def waiting(store: Store, run_id: str) -> tuple[Cluster, ...]:
    """The names that were suggested and not yet taken or dropped; groups that would stay have their ids."""
    value = store.answers.value(run_id, _HELD, name.ITEM)
    return name.read(value) if value else ()


def drop(store: Store, run_id: str) -> None:
    """Keep the groups as they stand."""
    store.answers.drop(run_id, _HELD)


def reads_hints(settings: RunSettings) -> bool:
    """Whether the model that gives names reads what a person says."""
    return ModelSpec.parse(settings.text).kind not in (BUILTIN, imported.KIND, examples.KIND)


def can_suggest(settings: RunSettings) -> bool:
    """Whether there is a model to ask: results that were made elsewhere, groups made by examples and baselines have
    none."""
    return settings.text not in (imported.KIND, examples.KIND) and not is_baseline(settings.text)


def costs(store: Store, run: RunRow, wanted: Wanted) -> Estimate:
    """What asking for names would take."""
    labels = RunAnswers(store.answers, run.id).labels(drafts.labelled(store, run))
    return estimate_names(store, replace(run.settings, k=wanted.k), list(labels.values()))


def check(store: Store, run_id: str, wanted: Wanted) -> RunSettings:
    """The settings with which names are asked for. Raises BadInput with one sentence for what cannot work."""
    run, edited = run_view.get_run(store, run_id), decisions.clusters(store, run_id)
    if not can_suggest(run.settings):
        raise BadInput("These groups were made elsewhere; there is no model to ask for other names.")
    if len(wanted.hint) > HINT_CHARS:
        raise BadInput(f"Say it in at most {HINT_CHARS} characters.")
    if wanted.hint and not reads_hints(run.settings):
        raise BadInput("The built-in engine reads no hints. Choose another number of groups, or pin what should stay.")
    pinned = _pinned(edited)
    given = [cluster.name for cluster in pinned]
    given += [one for one, _ in wanted.names if not any(same_name(one, other) for other in given)]
    k = len(given) if wanted.names else wanted.k
    number = len(drafts.labelled(store, run))
    if not 1 <= k <= number:
        raise BadInput(f"There can be 1 to {number:,} groups of {number:,} images.")
    if k < len(given) or (k == len(given) and not wanted.names):
        raise BadInput(f"{len(given)} groups are pinned. Ask for more groups than that, or take a pin off.")
    wording = replace(run.settings.wording, again="" if wanted.names else _said(edited, pinned, wanted.hint))
    return replace(run.settings, k=k, names=tuple(given), wording=wording)


def suggest_names(
    workspace: Workspace,
    run_id: str,
    wanted: Wanted,
    keys: Keys = NO_KEYS,
    cancel: threading.Event | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[Cluster, ...]:
    """Ask for names anew, and keep them in `waiting`. Raises Cancelled and FacetryError; then nothing is changed."""
    store, cancel = workspace.store, cancel or threading.Event()
    settings = check(store, run_id, wanted)
    run = replace(run_view.get_run(store, run_id), settings=settings)
    runner = Runner(workspace, run, cancel, on_progress)
    edited = decisions.clusters(store, run_id)
    runner.tell(Progress("name", 0, 1))

    def say(sentence: str) -> None:
        runner.tell(Progress("load", 0, 1, latest=("", sentence)))

    with stopping(cancel.is_set):
        models = text_models_of(
            settings, How(keys, settings.wording, settings.asking, workspace.folder, say, store.text_vectors)
        )
    if not drafts.is_measured(store, run, models):
        raise BadInput("An earlier version of Facetry measured these images. Sort them once, then suggest names again.")
    plan = Plan(models, settings, RunAnswers(store.answers, run_id))
    if isinstance(models.text, Keeping) and _pinned(edited) and not wanted.names:
        found = _beside(store, run, edited, models.text, plan)
    else:
        found = _asked(store, run, runner, plan)
    clusters = _joined(edited, found, wanted.names)
    value = name.write(clusters)
    work = Work(name.ITEM, call_key(model=models.text.id, prompt=_HELD, content=value, choices=()))
    store.answers.save(run_id, _HELD, models.text.id, None, [Outcome(work, Answer(value, asked=False))])
    return clusters


def _asked(store: Store, run: RunRow, runner: Runner, plan: Plan) -> Sequence[Cluster]:
    """What the run's text model, or its second one, names; what it said before to the same question counts."""
    runner.run(plan.name(drafts.labelled(store, run)), held=_HELD)
    held = store.answers.held(run.id, _HELD)[name.ITEM]
    value = store.answers.value(run.id, _HELD, name.ITEM)
    drop(store, run.id)
    if value is None:
        raise FacetryError(held.failure)
    return name.read(value)


def _beside(store: Store, run: RunRow, edited: Edited, model: Keeping, plan: Plan) -> Sequence[Cluster]:
    """Groups beside those that are pinned, which keep the images that they hold."""
    items = drafts.labelled(store, run)
    places = drafts.places_now(store, run, edited)
    pinned = _pinned(edited)
    place_of = {cluster.id: place for place, cluster in enumerate(pinned)}
    held = [place_of.get(places.get(item, ""), -1) for item in items]
    names = [cluster.name for cluster in pinned]
    return model.name_beside(plan.corpus(items, labelled=True), run.settings.criterion, run.settings.k, names, held)


def _pinned(edited: Edited) -> list[Cluster]:
    return [cluster for cluster in edited.clusters if cluster.id in edited.pinned]


def _said(edited: Edited, pinned: Sequence[Cluster], hint: str) -> str:
    """What a model is told with the request."""
    before = ", ".join(cluster.name for cluster in edited.clusters if cluster not in pinned)
    told = f"These groups were proposed before and are not what is wanted: {before}." if before else ""
    asked = f"What the person wants instead: {' '.join(hint.split())}" if hint.strip() else "Propose other groups."
    return f"{told} {asked}".strip()


def _joined(edited: Edited, found: Sequence[Cluster], names: Sequence[Name]) -> tuple[Cluster, ...]:
    """The clusters with the ids of those of today that have the same name, and new ids for the others. What a person
    said of a pinned one stays."""
    meanings = {one: meaning for one, meaning in names if meaning}
    kept = {label for cluster in _pinned(edited) for label in cluster.labels}
    out = []
    for cluster in found:
        own = next((other for other in edited.clusters if same_name(other.name, cluster.name)), None)
        pinned = own is not None and own.id in edited.pinned
        labels = tuple(label for label in cluster.labels if label not in kept)
        if own is not None and pinned:
            labels = (*own.labels, *labels)
            cluster = replace(cluster, name=own.name, meaning=own.meaning or cluster.meaning, added=own.added)
        meaning = meanings.get(cluster.name, cluster.meaning)
        key = own.id if own else f"n{secrets.token_hex(3)}"
        out.append(replace(cluster, id=key, meaning=meaning, labels=labels))
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Difference:
    """What names that are suggested would change.

    Attributes:
        stay, go, come: names of groups.
        moves: how many images would be in another group, of `images`.
    """

    stay: tuple[str, ...]
    go: tuple[str, ...]
    come: tuple[str, ...]
    moves: int
    images: int


def difference(edited: Edited, clusters: Sequence[Cluster], now: dict[str, str], then: dict[str, str]) -> Difference:
    """now, then: item id -> the id of its cluster, "" for none, as it is and as it would be."""
    ids, new = {cluster.id for cluster in edited.clusters}, {cluster.id for cluster in clusters}
    return Difference(
        tuple(cluster.name for cluster in clusters if cluster.id in ids),
        tuple(cluster.name for cluster in edited.clusters if cluster.id not in new),
        tuple(cluster.name for cluster in clusters if cluster.id not in ids),
        sum(now.get(item, "") != place for item, place in then.items()),
        len(then),
    )
