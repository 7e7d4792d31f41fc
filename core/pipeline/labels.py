"""How the labels that a run is compared with fit its images: what met what, and which images have two labels."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.errors import BadInput
from core.ingest import ground_truth
from core.ingest.ground_truth import Preview, Truth, TwoLabels
from core.ingest.name_matching import Images
from core.pipeline.intake import near_duplicate_groups
from core.store import Store


@dataclass(frozen=True, slots=True)
class Fit:
    """Labels beside images.

    Attributes:
        preview: counts and examples.
        twice: images with more than one label, copies of the same content included; scores use the first.
        near: images that look nearly the same and have different labels, a group each. Every one counts with its own.
    """

    preview: Preview
    twice: Sequence[TwoLabels]
    near: Sequence[TwoLabels]


def images_of(store: Store, dataset_id: str) -> Images:
    """The usable images by their names, and by those of their copies."""
    return Images(store.datasets.names(dataset_id), store.datasets.copies(dataset_id))


def fit(store: Store, dataset_id: str, truth: str, examples: int = 5) -> Fit:
    """How the labels at an address fit these images. Raises BadInput when no image gets one."""
    images = images_of(store, dataset_id)
    found = ground_truth.read(truth, images)
    return Fit(
        ground_truth.preview(found, images.names, examples), found.twice, _near(store, dataset_id, images, found)
    )


def fit_of_run(store: Store, dataset_id: str, truth: str) -> Fit | None:
    """The same for a run that may have none, or whose table has gone or changed since: then None."""
    if truth and ground_truth.truth_exists(truth):
        with suppress(BadInput):
            return fit(store, dataset_id, truth)
    return None


def _near(store: Store, dataset_id: str, images: Images, found: Truth) -> list[TwoLabels]:
    different = []
    for group in near_duplicate_groups(store, dataset_id):
        said = [(item, images.names[item], found.classes[item]) for item in group if item in found.classes]
        if len({label for *_, label in said}) > 1:
            different.append(TwoLabels(tuple(said)))
    return different
