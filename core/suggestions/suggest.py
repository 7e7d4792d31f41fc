"""Makes the suggestions for a dataset and keeps them: what is kept is fresh while it was drawn from today's sample."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from core.domain import DatasetRow, Vector
from core.errors import BadInput
from core.models import registry
from core.models.embedding.kept import KeptVectors
from core.models.embedding.minilm import EMBEDDER_ID
from core.models.model_spec import BUILTIN, ModelSpec
from core.models.registry import NO_KEYS, How, Keys
from core.steps import describe
from core.suggestions import from_chat, from_evidence, from_texts, sample
from core.suggestions.joined import joined
from core.suggestions.sample import OnProgress
from core.suggestions.suggestion import FOUND, Found
from core.workspace import Workspace

VERSION = "suggest/1"
"""Raise it whenever the built-in engine's suggestions change."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was found before. builtin: by the built-in engine, None if never. fresh: for the images that there are now.
    chat: by chat models."""

    builtin: Found | None = None
    fresh: bool = False
    chat: tuple[Found, ...] = ()

    @property
    def all(self) -> Found:
        """All of it as one."""
        found = self.builtin or Found()
        for other in self.chat:
            found = replace(found, suggestions=joined(found.suggestions, other.suggestions))
        return found


def kept(workspace: Workspace, dataset_id: str) -> Kept:
    """What is kept of a dataset; what another version wrote in another form counts as nothing."""
    builtin, fresh, chat = None, False, []
    for model, (made_of, value) in workspace.store.suggestions.get(dataset_id).items():
        try:
            found = FOUND.validate_json(value)
        except ValidationError:
            continue
        if model == BUILTIN:
            builtin, fresh = found, made_of == _made_of(sample.chosen(workspace, dataset_id))
        else:
            chat.append(found)
    return Kept(builtin, fresh, tuple(chat))


def by_builtin(
    workspace: Workspace, given: DatasetRow, cancel: threading.Event, on_progress: OnProgress | None = None
) -> Found:
    """What the built-in engine suggests: of images from what it measures on a sample of them, of records from what they
    say. Raises Cancelled, and BadInput where the records have gone."""
    ids = sample.chosen(workspace, given.id)
    made_of = _made_of(ids)
    if given.source.has_images:
        evidence: Mapping[str, Vector] = sample.measured(workspace, ids, cancel, on_progress)
        made = from_evidence.suggestions(ids, evidence)
        found = Found(tuple(made), len(ids), sample.shown(ids, evidence))
    else:
        texts = from_texts.texts_of(given.source.path, _names(workspace, given.id, ids))
        made = from_texts.suggestions(texts, KeptVectors(workspace.store.text_vectors))
        found = Found(tuple(made), len(ids), tuple(ids[: sample.SHOWN]))
    workspace.store.suggestions.set(given.id, BUILTIN, made_of, FOUND.dump_json(found).decode())
    return found


def by_chat(
    workspace: Workspace,
    given: DatasetRow,
    spec: str,
    keys: Keys = NO_KEYS,
    cancel: threading.Event | None = None,
) -> Found:
    """What a chat model suggests, in one request, beside what is known already. Raises FacetryError."""
    if ModelSpec.parse(spec).kind not in registry.CHAT:
        raise BadInput("Suggestions in words need a chat model in the role of the text model.")
    texts = words(workspace, given, cancel or threading.Event())
    if not texts:
        raise BadInput("There are no descriptions to draw suggestions from.")
    before = kept(workspace, given.id).builtin or Found()
    known = [one.criterion for one in before.suggestions]
    found = from_chat.suggestions(workspace.store, spec, How(keys, folder=workspace.folder), texts, known)
    made_of = _made_of(list(texts))
    workspace.store.suggestions.set(given.id, found.model, made_of, FOUND.dump_json(found).decode())
    return found


def words(workspace: Workspace, given: DatasetRow, cancel: threading.Event) -> dict[str, str]:
    """Item id -> what is known of it in words, for a part of the sample: what the records say, else what the newest run
    with a vision-language model was told, else what the built-in engine sees."""
    ids = from_texts.spread(sample.chosen(workspace, given.id), from_chat.TEXTS)
    if not given.source.has_images:
        texts = from_texts.texts_of(given.source.path, _names(workspace, given.id, ids))
        return {item: said for item, (said, _) in texts.items() if said.strip()}
    for run in workspace.store.runs.of_dataset(given.id):
        if run.settings.records or ModelSpec.parse(run.settings.vision).kind in registry.CHAT:
            held = workspace.store.answers.values(run.id, "describe", ids)
            if len(held) == len(ids):
                return {item: describe.read(held[item]).text for item in ids}
    model = registry.vision_model(BUILTIN)
    seen, _ = sample.described(workspace, model, from_evidence.CRITERIA["subject"], ids, cancel)
    return {item: description.text for item, description in seen.items()}


def _names(workspace: Workspace, dataset_id: str, ids: Sequence[str]) -> dict[str, str]:
    names = workspace.store.datasets.names(dataset_id)
    return {item: names[item] for item in ids}


def _made_of(ids: Sequence[str]) -> str:
    """Changes with the sample, so when images are added or left out, and with what measures it."""
    measures = registry.vision_model(BUILTIN).evidence_id
    return hashlib.sha256(json.dumps([VERSION, measures, EMBEDDER_ID, list(ids)]).encode()).hexdigest()
