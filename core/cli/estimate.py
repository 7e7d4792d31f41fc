"""What the command line says of requests, money and minutes: before a run, and of what it took beside that."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pydantic import ValidationError

from core.domain import STEPS, RunSettings, Step, StepStats
from core.ingest import source
from core.ingest.source import Source
from core.models.model_spec import BUILTIN, ModelSpec
from core.pipeline.estimate import ESTIMATE, Estimate, estimate
from core.results import run_view
from core.workspace import Workspace


def of(workspace: Workspace, origin: Source, settings: RunSettings) -> Estimate:
    """What a run over what was given would take. What was answered before is known only of images that were looked at
    before; the others count by their names. Raises BadInput."""
    datasets = workspace.store.datasets
    dataset = datasets.get(origin.dataset_id)
    items = datasets.ids(origin.dataset_id)
    looked_at = sum(dataset.counts.values()) if dataset else 0
    return estimate(workspace.store, settings, [*items, *source.known_as(origin)[looked_at:]])


def show(found: Estimate) -> None:
    """A table of the steps on stdout."""
    print(f"{'':10}{'items':>9}{'known':>9}{'requests':>10}{'tokens':>12}{'minutes':>9}{'dollars':>9}")
    for step, expected in found.steps.items():
        tokens, minutes = expected.prompt_tokens + expected.completion_tokens, expected.seconds / 60
        cost = "unknown" if expected.cost is None else f"{expected.cost:.2f}"
        counts = f"{expected.items:9,}{expected.known:9,}{expected.requests:10,.0f}"
        print(f"{step:10}{counts}{tokens:12,.0f}{minutes:9.1f}{cost:>9}")
    total = "unknown" if found.cost is None else f"{found.cost:.2f}"
    print(f"{'in all':10}{'':18}{found.requests:10,.0f}{found.tokens:12,.0f}{found.seconds / 60:9.1f}{total:>9}")


def keep(workspace: Workspace, run_id: str, origin: Source) -> None:
    """Store what a run that has asked nothing yet will take, to stand beside what it took; chat models only."""
    run = run_view.get_run(workspace.store, run_id)
    if _asked(run.settings) and not run.stats:
        found = of(workspace, origin, run.settings)
        workspace.store.runs.set_estimate(run_id, ESTIMATE.dump_json(found).decode())


def against(workspace: Workspace, run_id: str) -> None:
    """One line on stderr: the estimate that was kept beside what the run took; none where there is none."""
    run = run_view.get_run(workspace.store, run_id)
    try:
        found = ESTIMATE.validate_json(workspace.store.runs.estimate(run_id))
    except ValidationError:  # none, or another version's
        return
    took = [stats for step, stats in run.stats.items() if step in _asked(run.settings)]
    cost = sum(line.cost for line in took)
    before = _said(found.requests, found.tokens, found.seconds, found.cost)
    after = _said(
        sum(line.requests for line in took),
        sum(line.prompt_tokens + line.completion_tokens for line in took),
        sum(stats.seconds for stats in run.stats.values()),
        None if found.cost is None and not cost else cost,
    )
    print(f"Estimated: {before}. Took: {after}.{_unanswered(took)}", file=sys.stderr)


def _unanswered(took: Sequence[StepStats]) -> str:
    """What may have been paid besides, as a process that is killed cannot count what it waits for."""
    calls, cost = sum(stats.unanswered for stats in took), sum(stats.unanswered_cost for stats in took)
    return f" Up to {calls} more requests were given up unanswered, about ${cost:.2f}." if calls else ""


def _asked(settings: RunSettings) -> list[Step]:
    """The steps in which chat models are asked."""
    who = {step: settings.vision if step == "describe" else settings.text for step in STEPS}
    return [step for step, spec in who.items() if ModelSpec.parse(spec).kind not in (BUILTIN, "records")]


def _said(requests: float, tokens: float, seconds: float, cost: float | None) -> str:
    dollars = "cost unknown" if cost is None else f"${cost:.2f}"
    return f"{requests:,.0f} requests, {tokens:,.0f} tokens, {seconds / 60:.1f} minutes, {dollars}"
