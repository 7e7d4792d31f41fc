"""A classical baseline as a run like any other: its settings, what it checks, and who does what in it."""

from __future__ import annotations

from dataclasses import replace

from core.classical.reduce import check_labels
from core.domain import RunSettings
from core.errors import BadInput
from core.ingest import ground_truth
from core.ingest.descriptors import Descriptors, align, read_descriptors
from core.ingest.name_matching import Images
from core.models.baseline import encoder
from core.models.baseline.recipe import Features, Recipe, is_baseline
from core.models.baseline.text import BaselineText
from core.models.baseline.vision import BroughtFeatures, BuiltinFeatures, PixelFeatures, Points, version_of
from core.models.roles import VisionModel
from core.steps.plan import Models
from core.typed_path import kept_path, typed_path


def settings_of(features: Features, recipe: Recipe, k: int, truth: str = "") -> RunSettings:
    """A run of this baseline; what it is called says what it does. k: counts for nothing with methods that find it."""
    plain = str(recipe) == str(Recipe(recipe.method))
    name = f"{recipe.method} on {features.short}"
    return RunSettings(
        "",
        name if plain else f"{name} ({recipe.said})",
        k if recipe.needs_k else 1,
        vision=str(features),
        text=str(recipe),
        truth=truth,
    )


def check(settings: RunSettings, images: Images) -> RunSettings:
    """The settings with full paths. Raises FacetryError for what cannot work."""
    features, recipe = Features.parse(settings.vision), Recipe.parse(settings.text)
    if settings.records:
        raise BadInput("A baseline groups images by their features; descriptions that were brought in have none.")
    if recipe.needs_k and settings.k < 2:
        raise BadInput(f"{recipe.method} needs a number of groups from 2 on.")
    if features.kind == "encoder":
        encoder.contents(features.path)
    if features.kind == "file":
        align(_read(features), images)
    if recipe.labels:
        check_labels(list(ground_truth.read(recipe.labels, images).classes.values()))
    full = Features(
        features.kind,
        kept_path(typed_path(features.path)) if features.path else "",
        kept_path(typed_path(features.paths)) if features.paths else "",
    )
    return replace(settings, vision=str(full), text=str(recipe))


def models(settings: RunSettings, images: Images) -> Models:
    """Who does what. images: to meet descriptors and the labels of LDA. Raises FacetryError."""
    features, recipe = Features.parse(settings.vision), Recipe.parse(settings.text)
    vision: BuiltinFeatures | PixelFeatures | BroughtFeatures
    if features.kind == "file":
        found = _read(features)
        rows = align(found, images).rows
        vision = BroughtFeatures(found.features, rows, version_of(found.features, rows))
    elif features.kind == "network" or features.kind == "colours":
        vision = BuiltinFeatures(features.kind)
    else:
        vision = PixelFeatures(features)
    labels = ground_truth.read(recipe.labels, images).classes if recipe.labels else None
    text = BaselineText(recipe, vision.points, labels)
    return Models(vision, text, text, by_item=True)


def points_of(vision: VisionModel) -> Points:
    """Where images lie, of the vision model of a baseline."""
    assert isinstance(vision, BuiltinFeatures | PixelFeatures | BroughtFeatures)
    return vision.points


def unmet(settings: RunSettings, images: Images) -> str:
    """What is to be said of rows of descriptors that name none of these images; "" where there are none."""
    features = Features.parse(settings.vision)
    if features.kind != "file":
        return ""
    number, first = align(_read(features), images).without_image
    rows = "row names" if number == 1 else "rows name"
    return f"{number:,} {rows} none of these images, such as “{first}”." if number else ""


def needs_all_images(settings: RunSettings) -> bool:
    """Whether its models are made of all images' names, so that these must be known first."""
    if not is_baseline(settings.text):
        return False
    return Features.parse(settings.vision).kind == "file" or bool(Recipe.parse(settings.text).labels)


def has_seen_labels(settings: RunSettings) -> bool:
    """Whether the groups were formed with labels, so that scores against them are no fair comparison."""
    return is_baseline(settings.text) and bool(Recipe.parse(settings.text).labels)


def said_of(settings: RunSettings) -> tuple[str, ...]:
    """What a person is to know beside the result of a baseline, a sentence each."""
    features, recipe = Features.parse(settings.vision), Recipe.parse(settings.text)
    said = f"A classical baseline: {recipe.method} on {features.said}, {recipe.said}. No words played a part."
    if not recipe.labels:
        return (said,)
    return said, (
        "LDA has seen the labels: scores against them say how well these features tell the labels apart, not how well "
        "groups are found without them."
    )


def _read(features: Features) -> Descriptors:
    return read_descriptors(
        typed_path(features.path).resolve(), typed_path(features.paths).resolve() if features.paths else None
    )
