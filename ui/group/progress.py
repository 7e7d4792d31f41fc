"""A run at work: its steps with rate and time left, the latest images, errors, Stop and Continue.

The work itself lives in core.jobs; these panels only look at it every second, so a refresh loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.domain import STEPS, Progress
from core.jobs import Job
from core.pipeline.runs import Until
from core.results import decisions
from core.store.runs import RunRow
from ui import text
from ui.components.gallery import Tile, wall
from ui.components.notices import act, guarded
from ui.components.safe import safe_md
from ui.group.first_names import first_names
from ui.language import digits
from ui.session import follow_run, model_choice, run_data, state

_LATEST = 12
_PER_IMAGE = ("describe", "label", "assign")


def resume(run_id: str) -> None:
    """Go on with a run where it stopped."""
    state.jobs().start(run_id, until(run_id), keys=model_choice.keys())


def until(run_id: str) -> Until:
    """How far a run was on its way when it stopped: to the names, or, once they were confirmed, to the end."""
    return "assign" if "assign" in state.workspace().store.answers.step_counts(run_id) else "name"


def left(run: RunRow) -> str:
    """One sentence on what is still to do."""
    given = run_data.dataset(run)
    if given is None:
        return ""
    ready = given.given - given.not_grouped
    held = state.workspace().store.answers.step_counts(run.id)
    steps = _PER_IMAGE if until(run.id) == "assign" else _PER_IMAGE[:2]
    for step in steps:
        count, failed = held.get(step, (0, 0))
        if ready - count + failed > 0:
            return text.left(ready - count + failed, step)
    return "" if until(run.id) == "assign" else text.NAME_LEFT


def panel(run: RunRow) -> None:
    """The whole state of a run; updates itself while the run is at work, and the page once when it ends."""
    at_work = state.jobs().get(run.id) is not None
    if at_work:
        follow_run.watch(run.id)
        st.fragment(_live, run_every=1.0)(run)
    else:
        _steps(run, None)


def banner() -> None:
    """A line at the top of the other pages while the open run, or any other, is at work."""
    active = state.jobs().active()
    if active:
        st.fragment(_banner, run_every=1.5)([job.run_id for job in active])


def _banner(were_active: Sequence[str]) -> None:
    with guarded():
        active = {job.run_id: job for job in state.jobs().active()}
        if set(active) != set(were_active):
            st.rerun()
        run_id = state.open_run_id() if state.open_run_id() in active else next(iter(active))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(_share(active[run_id].progress), text=_line(active[run_id]), width="stretch")
            if st.button(text.SHOW, icon=":material/visibility:", type="tertiary", key="banner-show"):
                state.go_to("group", run_id)


def _live(run: RunRow) -> None:
    with guarded():
        job = state.jobs().get(run.id)
        if job is None:
            st.rerun()
        stopping = job.cancel.is_set()
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(_share(job.progress), text=_line(job), width="stretch")
            st.button(
                text.STOPPING if stopping else text.STOP,
                icon=":material/stop_circle:",
                key="stop",
                disabled=stopping,
                on_click=job.cancel.set,
            )
        current = state.workspace().store.runs.get(run.id) or run
        _steps(current, job)
        if job.progress:
            _errors(run, job.progress)
            first_names(run)
            _latest(run, job.progress)


def _share(progress: Progress | None) -> float:
    if progress is None or not progress.total:
        return 0.0
    return min(1.0, progress.done / progress.total)


def _line(job: Job) -> str:
    now = job.progress
    if now is None:
        return f"{text.READYING} …"
    line = text.doing(now.step, now.done, now.total, now.rate, now.left_now)
    return f"{line}. {safe_md(now.latest[1])}" if now.step == "load" else line


def _steps(run: RunRow, job: Job | None) -> None:
    """One cell a step: done, at work or still to come, with what it did."""
    at = job.progress.step if job and job.progress else None
    at = "describe" if at in ("ingest", "load", "measure") or (job and at is None) else at
    held = state.workspace().store.answers.step_counts(run.id)
    kinds = state.workspace().store.answers.kinds(run.id) if any(failed for _, failed in held.values()) else {}
    with st.grid(4, min_column_width=170, gap="small"):
        for step in STEPS:
            count, _ = held.get(step, (0, 0))
            done = bool(count) and step != at and (step in run.stats or job is None)
            icon = ":primary[:material/pending:]" if step == at else ":gray[:material/circle:]"
            icon = ":green[:material/check_circle:]" if done else icon
            with st.container(border=True, gap=None):
                st.markdown(f"{icon} **{text.STEPS[step]}**")
                failed = kinds.get(step, {})
                more = job.progress if job and job.progress and job.progress.step == step else None
                did = _did(run, step, count, failed, more) if count or more else "–"
                st.caption(did, help=text.kinds_help(failed) or None)
    if spent(run) or run.settings.cap:
        st.caption(f":material/payments: {safe_md(text.cost_so_far(spent(run), run.settings.cap))}")
    unanswered = 0 if job else sum(stats.unanswered for stats in run.stats.values())
    if unanswered:
        cost = sum(stats.unanswered_cost for stats in run.stats.values())
        st.caption(f":material/call_missed: {safe_md(text.unanswered(unanswered, cost))}")


def spent(run: RunRow) -> float:
    """US dollars that the run's steps have cost so far."""
    return sum(stats.cost for stats in run.stats.values())


def _did(run: RunRow, step: str, count: int, failed: Mapping[str, int], now: Progress | None) -> str:
    """What a step has done. now: where it stands while it is at work; its time goes on also while it waits."""
    stats = run.stats.get(step)
    parts = [_groups(run) if step == "name" else text.images(count)] if count else []
    if now:
        parts.append(text.duration(max(stats.seconds if stats else 0.0, now.seconds) + now.since))
    elif stats:
        parts.append(text.duration(stats.seconds))
    if failed:
        parts.append(f":red[{text.kinds(failed)}]")
    return " · ".join(parts)


def _groups(run: RunRow) -> str:
    """How many groups were named."""
    return text.count(run.settings.k or len(decisions.proposal(state.workspace().store, run.id)), "group")


def _errors(run: RunRow, progress: Progress) -> None:
    if progress.failures:
        kinds = state.workspace().store.answers.kinds(run.id).get(progress.step, {})
        told = text.kinds(kinds) or digits(progress.failures)  # the newest are not stored yet
        with st.expander(f"{text.ERRORS}: {told}", icon=":material/error:"):
            for reason in dict.fromkeys(progress.errors):
                st.markdown(f"- {safe_md(reason, 300)}")


def _latest(run: RunRow, progress: Progress) -> None:
    """The newest images with what was said of them, newest first; kept for this session while the run goes on."""
    kept: list[tuple[str, str]] = st.session_state.setdefault(f"latest-{run.id}", [])
    if progress.latest[0] and progress.step != "name" and progress.latest not in kept:
        kept.insert(0, progress.latest)
        del kept[_LATEST:]
    if kept:
        st.markdown(f"**{text.LATEST}**")
        pictures = run_data.has_pictures(run)
        tiles = {item: Tile(item, said, said, pictures) for item, said in reversed(kept)}
        wall(list(tiles.values())[::-1], text.LATEST, key="latest", size=150, lines=3)


def continue_button(run: RunRow, label: str) -> None:
    """Go on with a stopped, interrupted or failed run."""
    st.button(
        label, type="primary", icon=":material/play_arrow:", key=f"continue-{run.id}", on_click=act,
        args=(resume, run.id),
    )  # fmt: skip
