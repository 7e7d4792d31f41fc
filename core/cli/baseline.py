"""The options of a classical baseline, and how many groups features fall into."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from core.classical.groups import Method
from core.classical.reduce import SCALINGS, Reduction
from core.cli import common
from core.domain import DatasetRow, RunSettings
from core.errors import BadInput
from core.evaluate.number_of_groups import CRITERIA, HowMany
from core.models.baseline.recipe import FEATURE_KINDS, FEATURES, Features, Recipe, is_baseline
from core.pipeline import baselines, how_many_groups
from core.workspace import Workspace

METHODS: dict[str, Method] = {
    "kmeans": "k-means",
    "minibatch": "mini-batch k-means",
    "gmm": "gaussian mixture",
    "agglomerative": "agglomerative",
    "spectral": "spectral",
    "dbscan": "dbscan",
    "hdbscan": "hdbscan",
}


def settings(options: argparse.Namespace, k: int) -> RunSettings:
    """What the options say of a baseline. k: 0 where it was not given. Raises BadInput."""
    method = METHODS.get(options.baseline)
    if method is None:
        raise BadInput(f"--baseline must be one of {', '.join(METHODS)}, not “{options.baseline}”.")
    if options.scale not in SCALINGS:
        raise BadInput(f"--scale must be one of {', '.join(SCALINGS)}, not “{options.scale}”.")
    if not 0 <= options.pca <= 1:
        raise BadInput(f"--pca is a share of the variance between 0 and 1, such as 0.9, not {options.pca:g}.")
    variance = 0.0 if options.lda else options.pca
    recipe = Recipe(method, Reduction(options.scale, variance, bool(options.lda)), options.lda)
    if recipe.needs_k and k < 2:
        raise BadInput(f"--baseline {options.baseline} needs a number of groups: --k N, from 2 on, or --k auto")
    return baselines.settings_of(_features(options.features, options.paths), recipe, k, common.truth_of(options))


def counted(workspace: Workspace, given: DatasetRow, chosen: RunSettings) -> HowMany:
    """What each number of groups gives, on the features of a baseline or else on the built-in network's. Raises
    FacetryError."""
    if chosen.records:
        raise BadInput(f"Nothing tells how many groups “{chosen.criterion}” forms. Give a number: --k N")
    own = is_baseline(chosen.text)
    features = Features.parse(chosen.vision) if own else Features("network")
    recipe = Recipe.parse(chosen.text) if own else Recipe("k-means")
    return how_many_groups.counted(workspace, given.id, features, recipe, threading.Event(), common.Line())


def reason(found: HowMany) -> str:
    """Why this number of groups."""
    said = ", ".join(f"{CRITERIA[criterion]} {k}" for criterion, k in found.answers.items())
    return f"the middle of what {len(found.answers)} criteria take ({said}) on {found.rows} images"


def _features(text: str, paths: str) -> Features:
    if text in FEATURE_KINDS or text.startswith("encoder:"):
        return Features.parse(f"{FEATURES}:{text}")
    if not Path(text).suffix:
        raise BadInput(
            f"--features must be one of network, colours, hog, orb, sift, encoder:FOLDER or a file, not {text}."
        )
    return Features("file", text, paths)
