"""What a run's vision model could see of its criterion, and what is said of it wherever the result is."""

from __future__ import annotations

from core.domain import RunSettings, Sight
from core.ingest import focus
from core.models import registry
from core.models.baseline.recipe import is_baseline
from core.models.builtin.criterion.routing import WRITING
from core.models.model_spec import BUILTIN, ModelSpec
from core.models.supplied import examples
from core.pipeline import baselines
from core.store import Store

_BY_EXAMPLES = (
    "Sorted by what a person showed: by the subjects, colours and shapes that the built-in engine measures. What tells "
    "the groups apart may be none of these; check some images to see how good they are."
)


def sight_of(settings: RunSettings) -> Sight:
    """Whether the run's vision model can see what the criterion asks for. Nothing is loaded: only the built-in one
    looks at a few things and says so; chat models are taken to see whatever can be put in words."""
    if settings.records or not _is_builtin(settings.vision) or settings.text == examples.KIND:
        return Sight("text")
    return registry.vision_model(settings.vision).sight(settings.criterion)


def said_of_sight(settings: RunSettings) -> tuple[str, ...]:
    """What a person is to know beside the result, a sentence each; empty where the criterion was seen as typed.

    It follows from the settings, so that runs of earlier versions say it too.
    """
    if is_baseline(settings.text):
        return baselines.said_of(settings)
    if settings.text == examples.KIND:
        return (_BY_EXAMPLES,)
    sight, said = sight_of(settings), []
    if sight.why:
        done = "Grouped" if _is_builtin(settings.text) else "The images were described"
        said.append(f"{done} by appearance, because {sight.why}.")
    if sight.read_as:
        said.append(f"“{settings.criterion.strip()}” was read as “{sight.read_as}”.")
    return tuple(said)


def said_of_run(store: Store, settings: RunSettings) -> tuple[str, ...]:
    """What a person is to know beside a run's result: which part of each image was looked at, and `said_of_sight`."""
    dataset = store.datasets.get(settings.dataset_id)
    return (focus.said(dataset.source.focus) if dataset else ()) + said_of_sight(settings)


def is_about_text(settings: RunSettings) -> bool:
    """Whether the built-in engine reads the images for the run's criterion, which takes longer than to look at them."""
    return not settings.records and _is_builtin(settings.vision) and sight_of(settings).aspect == WRITING


def _is_builtin(spec: str) -> bool:
    return ModelSpec.parse(spec).kind == BUILTIN
