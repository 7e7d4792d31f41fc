"""Several criteria at once: each makes a run of its own on the same images, one after the other, to be crossed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.domain import DatasetRow, RunSettings, same_name
from core.pipeline.sight import sight_of
from core.prompts import presets
from core.results.labels_about import truth_about
from ui import text
from ui.components.safe import safe_md
from ui.group import estimate
from ui.group.start import start_all
from ui.session import follow_run, model_choice, run_options


@dataclass(frozen=True, slots=True)
class Further:
    """One more criterion and its number of groups; 0 where a model is to find out."""

    criterion: str
    k: int


def further_field(given: DatasetRow, criterion: str, number: Callable[[str], int]) -> list[Further]:
    """Ask for more criteria, each with its number of groups (what number gives for it until a person says otherwise;
    where it gives 0, a model is to find out)."""
    key, usable = _key(given), max(given.counts.get("ready", 0), 1)
    typed = st.multiselect(
        text.FURTHER, [], accept_new_options=True, key=key, placeholder=text.FURTHER_HINT, help=text.FURTHER_HELP,
        persist_state="session",
    )  # fmt: skip
    kept: list[str] = []
    for each in (str(name).strip() for name in typed):
        if each and not any(same_name(each, other) for other in (criterion, *kept)):
            kept.append(each)
    if not kept:
        return []
    with st.container(horizontal=True):
        return [
            Further(each, int(st.number_input(
                safe_md(text.groups_by(each), 60), 1, usable, min(suggested, usable),
                key=f"{key}-{each}", width=220, persist_state="session",
            )) if (suggested := number(each)) else 0)
            for each in kept
        ]  # fmt: skip


def holds(given: DatasetRow, criterion: str) -> bool:
    """Whether the field has this criterion."""
    return any(same_name(str(name), criterion) for name in st.session_state.get(_key(given)) or ())


def add(given: DatasetRow, criterion: str, k: int) -> None:
    """For callbacks: have one more criterion in the field, with its number of groups."""
    key = _key(given)
    if not holds(given, criterion):
        st.session_state[key] = [*(st.session_state.get(key) or ()), criterion]
    st.session_state[f"{key}-{criterion}"] = min(k, max(given.counts.get("ready", 0), 1))


def _key(given: DatasetRow) -> str:
    return f"further-{given.id}"


def beyond_sight(settings: RunSettings, others: Sequence[Further]) -> str:
    """Why one of the criteria cannot be seen by the model, or ""; nothing is grouped by something else unasked."""
    for other in others:
        sight = sight_of(replace(settings, criterion=other.criterion))
        if sight.warning:
            return text.further_beyond(other.criterion, sight.why)
    return ""


def further_costs(given: DatasetRow, settings: RunSettings, others: Sequence[Further]) -> None:
    """A line for each criterion: what its run would take if it stood for itself, which is the most that it can."""
    for other in others:
        if found := estimate.of(given, _of(settings, other)):
            parts = [text.requests(found.requests)] if found.requests else []
            parts += [text.costs(found.cost)] if found.cost else []
            said = " · ".join([*parts, text.about(found.seconds)])
            st.caption(f":material/timer: {safe_md(text.further_costs(other.criterion, said))}")


def begin_each(given: DatasetRow, settings: RunSettings, others: Sequence[Further]) -> None:
    """Store a run for each criterion and set them to work one after the other, to the end; follow the first.

    A model that describes is asked about all of them in one call, as far as it can. Raises FacetryError.
    """
    begun = start_all(given, [_first(settings, others), *(_of(settings, other) for other in others)])
    follow_run.follow(begun[0])


def _first(settings: RunSettings, others: Sequence[Further]) -> RunSettings:
    """The settings of the first run: its calls are about the other criteria too."""
    if not model_choice.is_chat(settings.vision) or settings.asking.with_label:
        return settings
    also = tuple(dict.fromkeys((*settings.asking.also, *(other.criterion for other in others))))
    wording = replace(settings.wording, questions=presets.questions(also, run_options.own_presets()))
    return replace(settings, asking=replace(settings.asking, also=also), wording=wording)


def _of(settings: RunSettings, other: Further) -> RunSettings:
    """The settings of a run by another criterion: what was said of the first one's words and names is not of it."""
    own = replace(settings.wording, question="", example=("", ""), questions=(), edited=())
    wording = presets.with_preset(own, presets.fitting(other.criterion, run_options.own_presets()))
    asking = replace(settings.asking, also=())
    truth = truth_about(settings.truth, other.criterion)
    return replace(
        settings, criterion=other.criterion, k=other.k, names=(), wording=wording, asking=asking, truth=truth
    )
