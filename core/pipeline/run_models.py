"""Who does what in a run: models chosen by name, records that a person brought, or results made elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.domain import Cluster, Corpus, RunSettings
from core.errors import ModelUnavailable
from core.ingest import source
from core.ingest.external_results import read_results
from core.ingest.name_matching import Images
from core.ingest.record_matching import meet
from core.models import registry
from core.models.baseline.recipe import is_baseline, measures_builtin
from core.models.fallback import SecondText, SecondVision
from core.models.model_spec import BUILTIN, ModelSpec
from core.models.registry import AS_IT_IS, How
from core.models.roles import TextModel, VisionModel
from core.models.supplied import examples, imported
from core.models.supplied.records import LabelledText, RecordsVision
from core.pipeline import baselines
from core.steps.plan import Models


def models_of(settings: RunSettings, images: Images, how: How = AS_IT_IS) -> Models:
    """Load the models of a run, used as `how` says; wording and asking are the run's own. Raises FacetryError.

    images: to match the records or descriptors a person brought, and the labels that a baseline sees.
    """
    if settings.text == imported.KIND:
        return _imported_models(settings, images)
    if is_baseline(settings.text):
        return baselines.models(settings, images)
    if settings.text == examples.KIND:
        return Models(registry.looking(), examples.ExamplesText(), examples.ExamplesText())
    how = replace(how, wording=settings.wording, asking=settings.asking)
    text = registry.text_model(settings.text, how)
    second = SecondText(registry.text_model(settings.fallback, how)) if settings.fallback else None
    if not settings.records:
        vision = registry.vision_model(settings.vision, how)
        who_labels: TextModel = text
        if settings.asking.with_label:
            who_labels = LabelledText(text, f"with descriptions of {vision.id}", _labels_in_descriptions)
        other = _second_vision(settings, how) if ModelSpec.parse(settings.vision).kind != BUILTIN else None
        return Models(vision, who_labels, text, second_vision=other, second_text=second)
    records = source.read_records(Path(settings.records))
    matched = {item: records.records[row] for item, row in meet(records.records, images).first.items()}
    descriptions = {item: record.description or record.label for item, record in matched.items()}
    labels = {item: record.label for item, record in matched.items() if record.label}
    recorded = RecordsVision(descriptions, records.version)
    labelled: TextModel = text
    if labels:
        labelled = LabelledText(text, f"records/{records.version}", lambda corpus: [*map(labels.get, corpus.ids)])
    return Models(recorded, labelled, text, by_item=bool(labels), second_text=second)


def text_models_of(settings: RunSettings, how: How) -> Models:
    """The text model of a run, for steps after its images were described: a vision model that others serve or that must
    be loaded is left out. Raises FacetryError."""
    is_measured = measures_builtin(settings.vision) and not settings.records
    vision = registry.vision_model(BUILTIN, how) if is_measured else RecordsVision({}, "described before")
    text = registry.text_model(settings.text, how)
    second = SecondText(registry.text_model(settings.fallback, how)) if settings.fallback else None
    return Models(vision, text, text, second_text=second)


def _second_vision(settings: RunSettings, how: How) -> VisionModel | None:
    """The second model in the role of the vision model; None where there is none, or none that can see."""
    if ModelSpec.parse(settings.fallback).kind not in registry.VISION:
        return None
    try:
        return SecondVision(registry.vision_model(settings.fallback, how))
    except ModelUnavailable:  # it was had for the text steps just now, so what it lacks is sight
        return None


def _labels_in_descriptions(corpus: Corpus) -> list[str | None]:
    return [description.label or None for description in corpus.descriptions]


def _imported_models(settings: RunSettings, images: Images) -> Models:
    """What was brought in, in the role of the models. Raises BadInput when the files have gone."""
    found = read_results(Path(settings.records))
    rows = {item: found.rows[place] for item, place in found.meet(images).first.items()}
    ids = {found.key(name): f"c{place}" for place, (name, _) in enumerate(found.names, start=1)}
    labels: dict[str, set[str]] = {key: set() for key in ids.values()}
    said: dict[str, tuple[str, str | None, float | None]] = {}
    for item, row in rows.items():
        group = found.group_of(row.answer)
        if row.answer is not None:
            said[item] = (row.answer, ids[group] if group else None, row.confidence)
        if group and row.record.label:
            labels[ids[group]].add(row.record.label)
    clusters = [
        Cluster(ids[found.key(name)], name, meaning, tuple(sorted(labels[ids[found.key(name)]])))
        for name, meaning in found.names
    ]
    text = imported.ImportedText({item: row.record.label for item, row in rows.items()}, said, clusters, found.version)
    vision = RecordsVision({item: row.record.description for item, row in rows.items()}, found.version)
    return Models(vision, text, text, by_item=True)
