"""The form that starts a run on images at hand: criterion, number of groups, who does the work; try some or run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.domain import DatasetRow, RunSettings, Sight
from core.ingest import source
from core.models.baseline.recipe import is_baseline
from core.pipeline import runs, validation
from core.pipeline.sight import sight_of
from core.store.runs import RunRow
from core.suggestions.labels import Column
from core.suggestions.number import number_for
from core.suggestions.suggestion import Found
from ui import text
from ui.components.notices import act, guarded
from ui.components.safe import safe_md
from ui.group import by_examples, estimate, focus, number_of_groups, suggestions
from ui.group.further import begin_each, beyond_sight, further_costs, further_field
from ui.group.more_options import more
from ui.group.start import begin
from ui.group.version_note import version_note
from ui.session import follow_run, lineage, model_choice, run_data, run_options, state
from ui.start import demo


def form(given: DatasetRow, truth: str, found: Found, columns: Sequence[Column]) -> None:
    """Show the form, with what is suggested for these images; on Run or Try, begin the run and stay on the page, which
    then shows its progress."""
    version_note()
    usable = given.counts.get("ready", 0)
    criterion = st.text_input(
        text.CRITERION,
        key="criterion",
        placeholder=text.CRITERION_HINT,
        help=text.CRITERION_HELP,
        icon=":material/category:",
        bind="query-params",
    )
    suggestions.shortcuts(found)
    beyond = st.container()
    k = number_of_groups.field((criterion or "").strip(), found, columns, usable)
    number_of_groups.stand_out(given)
    begins = st.container()  # what a run needs is above; what it may have besides is below
    others = further_field(given, criterion or "", lambda each: (number_for(each, found, columns).k or k) if k else 0)
    run_options.begin(given)
    part, missing = focus.field(given)
    choice = model_choice.choice()
    plain = RunSettings("", (criterion or "").strip(), k, choice.vision, choice.text, truth=truth)
    _who(run_options.applied(given, plain))
    more(given, plain)
    run_options.keep(given)
    settings = run_options.applied(given, plain)
    with guarded():
        seen = sight_of(settings) if settings.criterion else Sight("")
        with beyond:
            if seen.read_as:
                st.caption(safe_md(text.READ_AS.format(seen.read_as), 200))
            if seen.warning:
                _ways_on(part, seen.warning, settings)
        unseen = beyond_sight(settings, others)
        waits = bool(seen.warning or unseen or missing)
        with begins:
            if unseen:
                st.warning(safe_md(unseen), icon=":material/visibility_off:")
            with st.container(horizontal=True):
                if st.button(text.START, type="primary", icon=":material/play_arrow:", key="start", disabled=waits):
                    begin_each(part, settings, others) if others else begin(part, settings)
                # A few images are all looked at, and at once.
                if not seen.warning:
                    by_examples.button(part, plain)
                try_button(part, replace(settings, vision=plain.vision, text=plain.text, share=1.0), disabled=waits)
            if waits:
                st.caption(f":material/info: {missing or text.START_WAITS}")
            estimate.line(part, settings)
            further_costs(part, settings, others)


def try_button(given: DatasetRow, settings: RunSettings, disabled: bool = False) -> None:
    """All steps on a few images from all over; not offered where there are hardly more than those."""
    size = validation.sample_size(settings.k)
    if not given.source.has_images or given.counts.get("ready", 0) <= size:
        return
    if st.button(text.try_some(size), icon=":material/science:", key="try", help=text.TRY_HELP, disabled=disabled):
        with guarded():
            validation.check_settings(settings, size)
            workspace = state.workspace()
            sample = replace(given.source, limit=size, spread=True)
            origin = source.reopen(replace(given, source=sample), workspace.config)
            run_id = runs.start(workspace, origin, settings, model_choice.keys())
            estimate.keep(run_id, estimate.of(given, settings, size))
            state.jobs().start(run_id, "assign", origin=origin, keys=model_choice.keys())
            follow_run.follow(run_id)


def another(run: RunRow) -> None:
    """For the New run button: keep the images, and the form as it was, so that one thing can be changed."""
    lineage.forget()
    dataset_id, truth = run_data.images_at_hand()
    given = state.workspace().store.datasets.get(dataset_id)
    criterion, k = run.settings.criterion, run.settings.k
    if is_baseline(run.settings.text):
        criterion = ""  # it was not grouped by words
    else:
        run_options.of_run(dataset_id, _of_all(given, run) if given else run.settings, _focus_of(run))
    state.choose_images(dataset_id, truth, criterion=criterion, k=str(k))  # the address outlives a refresh
    st.session_state["criterion"] = criterion
    number_of_groups.show(k)


def begin_all(given: DatasetRow, run: RunRow) -> None:
    """Group all images the way a try grouped a few of them. Raises FacetryError."""
    begin(focus.only(given, _focus_of(run)), replace(_of_all(given, run), dataset_id=""))


def _focus_of(run: RunRow) -> str:
    """The part of each image that a run is about, "" for all of it."""
    dataset = run_data.dataset(run)
    return dataset.source.focus if dataset else ""


def _of_all(given: DatasetRow, run: RunRow) -> RunSettings:
    """A run's settings; those of a try with what it left out as there were so few images."""
    tried = run_data.dataset(run)
    if not tried or not run_data.sampled(tried):
        return run.settings
    run_options.begin(given)
    return run_options.for_many(given, run.settings)


def another_button(run: RunRow) -> None:
    st.button(text.NEW_RUN, icon=":material/add:", key="another", on_click=act, args=(another, run))


def _who(settings: RunSettings) -> None:
    """Which models do the work, and what leaves the computer."""
    names = dict.fromkeys([model_choice.name(settings.vision), model_choice.name(settings.text)])
    leaves = model_choice.leaves(settings.vision, settings.text, settings.fallback)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        line = safe_md(f"{text.MODELS}: {', '.join(names)}. {leaves}")
        st.caption(f":material/memory: {line}", width="stretch")
        if st.button(text.OTHER_MODELS, type="tertiary", icon=":material/hub:", key="connect"):
            state.go_to("connect")


def _ways_on(given: DatasetRow, warning: str, settings: RunSettings) -> None:
    """What the engine cannot see is said, and nothing is guessed: Start waits for one of these ways on.

    By appearance, the criterion stays as it was typed; the result says by what it went (`core/pipeline/sight.py`).
    """
    st.warning(safe_md(warning), title=text.SIGHT_TITLE, icon=":material/visibility_off:")
    with st.container(horizontal=True):
        if demo.has_recorded(given) and st.button(
            text.SIGHT_RECORDED, type="primary", icon=":material/history_edu:", key="recorded", help=text.RECORDED_NOTE
        ):
            begin(given, demo.with_recorded(settings))
        if st.button(text.SIGHT_CONNECT, icon=":material/hub:", key="connect-vlm"):
            state.go_to("connect")
        by_examples.button(given, settings)
        if st.button(text.SIGHT_APPEARANCE, icon=":material/image_search:", key="appearance"):
            begin(given, settings)
