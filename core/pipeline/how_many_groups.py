"""How many groups do the images of a dataset fall into? Asked of their features, without a criterion or a call."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.classical.reduce import fitted
from core.domain import Corpus, Description, RunSettings
from core.errors import BadInput, Cancelled
from core.evaluate.number_of_groups import ROWS, HowMany, how_many
from core.models.baseline.recipe import Features, Recipe
from core.models.baseline.vision import BroughtFeatures
from core.pipeline import baselines
from core.pipeline.intake import OnProgress
from core.pipeline.labels import images_of
from core.suggestions import sample
from core.workspace import Workspace

SIZE = 600
"""Images that are measured: half a minute for the built-in network on a computer without a graphics card."""
_MOST = 20
_FEWEST = 3


def numbers(images: int, most: int = _MOST) -> Sequence[int]:
    """The numbers of groups that are tried: 2 to 20, at most one for three images."""
    return range(2, max(_FEWEST, min(most, images // 3)) + 1)


def counted(
    workspace: Workspace,
    dataset_id: str,
    features: Features,
    recipe: Recipe,
    cancel: threading.Event,
    on_progress: OnProgress | None = None,
    ks: Sequence[int] = (),
) -> HowMany:
    """What each number of groups gives, on a sample spread over all images; descriptors that were brought need no
    looking at, so that up to 5,000 of them count.

    Args:
        recipe: how features are scaled and reduced; k-means groups them, whatever its method.
        ks: the numbers to try; by default `numbers`.

    Raises Cancelled, and FacetryError where too few images have features.
    """
    settings = RunSettings(dataset_id, "features", 2, str(features), str(replace(recipe, method="k-means")))
    models = baselines.models(settings, images_of(workspace.store, dataset_id))
    vision = models.vision
    brought = isinstance(vision, BroughtFeatures)
    ids = sample.chosen(workspace, dataset_id, ROWS if brought else SIZE)
    evidence = {}
    if vision.evidence_id:
        sample.described(workspace, vision, settings.criterion, ids, cancel, on_progress)
        evidence = dict(workspace.store.answers.evidence(vision.evidence_id, ids))
    points = baselines.points_of(vision).of(Corpus(ids, [Description("")] * len(ids), evidence=evidence))
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) < _FEWEST + 1:
        raise BadInput(f"Only {len(points)} images have features; that is too few to say how many groups there are.")
    plain = replace(recipe.reduction, discriminant=False)
    found = how_many(fitted(points, plain)(points), ks or numbers(len(points)), cancel.is_set)
    if cancel.is_set():
        raise Cancelled
    if found is None:
        raise BadInput("These images hardly differ in these features, so that no number of groups can be tried.")
    return found
