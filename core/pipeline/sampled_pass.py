"""A pass in which models look at a share of the images, and the others follow those that are like them.

All images are measured by the built-in network, which costs nothing. A spread of them goes through the models; the
person names the groups; then, round by round, images whose place is least clear are looked at too, until the share is
used up. Last, a calibrated classifier on the measurements gives every other image a cluster with a probability, or
none. The measurements and the answers decide which images are looked at, so an interrupted pass continues with the same
ones.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterator, Sequence

import numpy as np

from core.domain import Assignment, Progress, Vector
from core.engine.requests import Answer, Outcome, Work, call_key
from core.engine.run_step import Meter, run_step
from core.errors import BadInput, FacetryError
from core.ingest import source
from core.models import registry
from core.models.builtin.from_pixels.evidence import MEASURED_BY
from core.models.model_spec import BUILTIN
from core.models.roles import Measuring
from core.pipeline.full_pass import Pass
from core.pipeline.intake import rest_of, take_in
from core.pipeline.step_runner import chunks
from core.pipeline.validation import check_share
from core.propagation.propagate import Propagated, Propagation
from core.propagation.sampling import Places, fit_axes
from core.results import decisions, run_view
from core.results.carry import carry_moves
from core.results.edited import Edited
from core.steps import assign

PROPAGATED = "propagated/1"
"""The model id of such assignments. Raise the version whenever results change."""
LEAST = 0.5
"""Below this probability an image stays "Not sure": more likely wrong than right is no answer."""
_FIT = 4_000


class SampledPass(Pass):
    """One pass over a run of which models look at a share."""

    def go(self, *, names_only: bool, check_all: bool, first_names: bool) -> None:
        self._take_in()
        self._load_models()
        items = self._items()
        budget = math.ceil(self.settings.share * len(items))
        check_share(self.settings, len(items))
        self._measure(items)
        plan = Propagation(self._places(items), budget, self.settings.k)
        _, failed = self._answers(items)
        self._look_at(items, list(dict.fromkeys([*failed, *plan.ask({}).tolist()])))  # of any round: they are due again
        self._read_truth()
        self._name()
        carry_moves(self.store, self.row)
        if names_only:
            return
        while True:
            self._assign(check_all)
            answers, failed = self._answers(items)
            rows = plan.ask(answers, failed)
            if not len(rows):
                break
            self._look_at(items, rows)
        if not answers:
            raise FacetryError(
                f"None of the {len(failed)} images that models looked at could be placed, so nothing follows for the "
                "others. Look at the failures, then try again."
            )
        self._spread_out(items, plan.finish(answers), set(failed), check_all)
        self.runner.finish("assign")

    def _take_in(self) -> None:
        """Look at everything given before anything is asked: which images are spread over all is not known earlier."""
        dataset = self.store.datasets.get(self.settings.dataset_id)
        if dataset is None:
            raise BadInput("The images of this run are not in the workspace any more.")
        if source.is_complete(dataset):
            self._bring_back_copies(dataset, self._items())
            return
        origin, done = self.origin or rest_of(self.store, dataset, self.workspace.config), 0
        for part in take_in(self.store, self.workspace.copies, self.workspace.config, origin, self.runner.cancel):
            done += len(part)
            self.runner.tell(Progress("ingest", done, origin.given))

    def _look_at(self, items: Sequence[str], rows: Sequence[int] | np.ndarray) -> None:
        """Describe and label some of the items."""
        some = [items[row] for row in rows]
        self._describe(some)
        self.runner.finish("describe")
        self._label(some)
        self.runner.finish("label")

    # -- measurements

    def _measuring(self) -> Measuring:
        model = registry.vision_model(BUILTIN)
        assert isinstance(model, Measuring)
        return model

    def _measure(self, items: Sequence[str]) -> None:
        """Have every image measured once; what was measured for any run before is not measured again."""
        model, store = self._measuring(), self.store
        meter = Meter("measure", len(items), self.runner.on_progress)

        def save(outcomes: Sequence[Outcome]) -> None:
            store.answers.save(None, "describe", model.id, model.evidence_id, outcomes)

        for part in chunks(items):
            requests = self.plan.describe(part, MEASURED_BY).requests(model, None)
            run_step(
                "measure",
                requests.work,
                requests.ask,
                lookup=store.answers.lookup,
                save=save,
                batch_size=model.batch_size,
                cancel=self.runner.cancel,
                meter=meter,
                claims=store.answers.claims,
            )

    def _places(self, items: Sequence[str]) -> Places:
        sample = [items[place * len(items) // min(_FIT, len(items))] for place in range(min(_FIT, len(items)))]
        try:
            axes = fit_axes(self._features(sample))
        except ValueError:
            raise BadInput("None of the images could be measured. Let models look at all of them.") from None
        return axes.place(self._feature_blocks(items))

    def _feature_blocks(self, items: Sequence[str]) -> Iterator[Vector]:
        for start in range(0, len(items), _FIT):
            yield self._features(items[start : start + _FIT])

    def _features(self, items: Sequence[str]) -> Vector:
        model = self._measuring()
        spaces = self.store.answers.evidence(str(model.evidence_id), items)
        return model.features(self.settings.criterion, spaces, len(items))

    # -- answers

    def _answers(self, items: Sequence[str]) -> tuple[dict[int, str | None], list[int]]:
        """Row -> today's cluster (None: Unassigned) of the images that models looked at, and the rows where they
        failed. If a person moved an image, that place is the answer, and images like it follow."""
        edited = decisions.clusters(self.store, self.row.id)
        row_of = {item: row for row, item in enumerate(items)}
        failed = {
            row_of[item]
            for step in ("describe", "label", "assign")
            for item, held in self.store.answers.held(self.row.id, step).items()
            if held.failure and item in row_of
        }
        answers: dict[int, str | None] = {}
        for item, assignment in run_view.assignments(self.store, self.row.id).items():
            if not assignment.propagated and not assignment.undecided and item in row_of and row_of[item] not in failed:
                answers[row_of[item]] = edited.resolve(assignment.cluster_id)
        answers |= {row_of[item]: place for item, place in edited.moved.items() if item in row_of}
        return dict(sorted(answers.items())), sorted(failed - set(answers))

    def _out_of_date(self, items: Sequence[str], edited: Edited) -> list[str]:
        """The usual items, and those whose assignment was propagated before a model looked at them."""
        due = set(super()._out_of_date(items, edited))
        due |= {
            item
            for item, assignment in run_view.assignments(self.store, self.row.id, items).items()
            if assignment.propagated
        }
        return [item for item in items if item in due]

    def _spread_out(self, items: Sequence[str], found: Propagated, failed: Collection[int], check_all: bool) -> None:
        """Save the propagated assignments of images that no model looked at. Up-to-date ones stay. failed: rows that
        stay failed until they are asked again."""
        edited = decisions.clusters(self.store, self.row.id)
        seen = hashlib.sha256(repr((found.classes, found.probabilities.shape)).encode())
        seen.update(found.probabilities.tobytes())
        choices = [cluster.id for cluster in edited.clusters]
        names = {cluster.id: cluster.name for cluster in edited.clusters}
        sure = found.clusters(LEAST)
        rows = [place for place, row in enumerate(found.rows.tolist()) if row not in failed]
        for part in chunks(rows):
            ids = [items[found.rows[place]] for place in part]
            due = set(ids) if check_all else set(super()._out_of_date(ids, edited))
            self.store.runs.keep_for_undo(self.row.id, sorted(due))
            outcomes = []
            for place, item in zip(part, ids, strict=True):
                if item not in due:
                    continue
                shares = {
                    cluster: float(share)
                    for cluster, share in zip(found.classes, found.probabilities[place], strict=True)
                    if cluster is not None
                }
                cluster = sure[place]
                assignment = Assignment(
                    cluster,
                    shares[cluster] if cluster else None,
                    shares,
                    "" if cluster else "not like any image that was looked at",
                    propagated=True,
                )
                key = call_key(
                    model=PROPAGATED,
                    prompt=self.settings.criterion,
                    content=f"{item}\n{seen.hexdigest()}",
                    choices=choices,
                )
                said = names[cluster] if cluster else "Unassigned"
                outcomes.append(
                    Outcome(Work(item, key), answer=Answer(assign.write(assignment), text=said, asked=False))
                )
            self.store.answers.save(self.row.id, "assign", PROPAGATED, None, outcomes)
