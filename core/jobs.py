"""Background jobs: runs go on while pages come and go; they live in the process and the store, never in a session."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.domain import DatasetRow, Progress
from core.errors import BadInput, Cancelled, FacetryError, told
from core.evaluate.number_of_groups import HowMany
from core.ingest.source import Source
from core.models.baseline.recipe import Features, Recipe
from core.models.registry import NO_KEYS, Keys
from core.pipeline import how_many_groups, intake, runs, suggest_names
from core.pipeline.import_results import bring_in
from core.pipeline.runs import Until
from core.pipeline.suggest_names import Wanted
from core.suggestions import suggest
from core.workspace import Workspace

_log = logging.getLogger(__name__)
Exploration = Callable[[Workspace, threading.Event, Callable[[Progress], None]], object]
"""Computes something, keeps it, tells how far it is and raises Cancelled once the event is set."""
_SUGGESTIONS = "suggestions-"
_LOOKED_AFTER = 0.1
"""Seconds between two looks at whether the run that another waits for has ended."""


@dataclass
class Job:
    """One run at work.

    Attributes:
        progress: the newest; None before the first.
        error: why it ended early, or "". It stands with the run, too, unless the disk had no room for it.
    """

    run_id: str
    until: Until
    cancel: threading.Event = field(default_factory=threading.Event)
    progress: Progress | None = None
    thread: threading.Thread | None = None
    error: str = ""

    @property
    def alive(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


@dataclass
class Look:
    """A dataset that is looked at: all its files, a sample for suggestions, or what is computed over all its images.

    dataset_id: of all its files; else the key of what is looked for. error: why that ended early, or "".
    """

    dataset_id: str
    cancel: threading.Event = field(default_factory=threading.Event)
    progress: Progress | None = None
    thread: threading.Thread | None = None
    error: str = ""

    @property
    def alive(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


@dataclass
class Count(Look):
    """How many groups a dataset falls into, being asked. found: None until that is known."""

    found: HowMany | None = None


@dataclass
class Bringing:
    """Results made elsewhere on their way to become a run.

    Attributes:
        run_id: "" until there is one, which is a job from then on.
        error: why that ended early, or "".
    """

    cancel: threading.Event = field(default_factory=threading.Event)
    progress: Progress | None = None
    thread: threading.Thread | None = None
    run_id: str = ""
    error: str = ""

    @property
    def alive(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


@contextmanager
def _noting(work: Job | Look | Bringing, what: str) -> Iterator[None]:
    """Keep the error that ends the block as a sentence, since a thread has no caller to raise to."""
    try:
        yield
    except FacetryError as error:
        work.error = str(error)
    except Exception as error:  # noqa: BLE001  # whatever it is, the page must not wait for ever
        work.error = told(error)
        _log.exception("%s ended unexpectedly", what)


def _written(path: str) -> tuple[int, int]:
    """When a file was written last, in nanoseconds, and its bytes; zeros where there is none."""
    try:
        found = Path(path).expanduser().stat()
    except (OSError, RuntimeError, ValueError):
        return 0, 0
    return found.st_mtime_ns, found.st_size


class Jobs:
    """The jobs of one workspace; at most one a run, and one look a dataset."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._jobs: dict[str, Job] = {}
        self._looks: dict[str, Look] = {}
        self._exploring: dict[str, Look] = {}
        self._bringing: dict[str, Bringing] = {}
        self._counts: dict[str, Count] = {}
        self._lock = threading.Lock()

    def start(
        self,
        run_id: str,
        until: Until,
        *,
        origin: Source | None = None,
        check_all: bool = False,
        keys: Keys = NO_KEYS,
        after: str = "",
    ) -> Job:
        """Start (or resume) a run in the background. Raises BadInput while that run is at work already.

        Args:
            keys: server -> key given for this session, kept in memory while it works.
            after: a run that is at work, whose end this one waits for: what that one measures or describes need not
                be done twice. "" for none.
        """
        return self._begin(Job(run_id, until), self._work, self._jobs.get(after), origin, check_all, keys)

    def suggest_names(self, run_id: str, wanted: Wanted, keys: Keys = NO_KEYS) -> Job:
        """Start to ask for names anew in the background (see pipeline/suggest_names.py). Raises BadInput for what
        cannot work, and while that run is at work."""
        suggest_names.check(self._workspace.store, run_id, wanted)
        return self._begin(Job(run_id, "name"), self._suggest_names, wanted, keys)

    def _begin(self, job: Job, work: Callable[..., None], *args: object) -> Job:
        with self._lock:
            running = self._jobs.get(job.run_id)
            if running and running.alive:
                raise BadInput("This run is at work already.")
            job.thread = threading.Thread(target=work, args=(job, *args), daemon=True, name=f"facetry-run-{job.run_id}")
            self._jobs[job.run_id] = job
            job.thread.start()
        return job

    def _suggest_names(self, job: Job, wanted: Wanted, keys: Keys) -> None:
        def show(progress: Progress) -> None:
            job.progress = progress

        with _noting(job, f"suggesting names for {job.run_id}"), suppress(Cancelled):
            suggest_names.suggest_names(self._workspace, job.run_id, wanted, keys, job.cancel, show)

    def _work(self, job: Job, before: Job | None, origin: Source | None, check_all: bool, keys: Keys) -> None:
        def show(progress: Progress) -> None:
            job.progress = progress

        while before and before.alive and not job.cancel.wait(_LOOKED_AFTER):
            if before.cancel.is_set():  # who stops the first wants no more of them
                job.cancel.set()
        try:
            runs.run(
                self._workspace,
                job.run_id,
                job.until,
                origin=origin,
                cancel=job.cancel,
                on_progress=show,
                check_all=check_all,
                first_names=True,
                keys=keys,
            )
        except FacetryError as error:
            job.error = str(error)
        except Exception:  # noqa: BLE001  # a thread has no caller to raise to
            _log.exception("run %s ended unexpectedly", job.run_id)  # the run holds a sentence; the log, the details

    def get(self, run_id: str) -> Job | None:
        """The job that is at work on a run, or None."""
        job = self._jobs.get(run_id)
        return job if job and job.alive else None

    def ended_with(self, run_id: str) -> str:
        """Why the newest job on a run ended early in this process, or ""."""
        job = self._jobs.get(run_id)
        return job.error if job else ""

    def stop(self, run_id: str, wait: float = 5.0) -> None:
        """Ask a run to stop and wait up to `wait` seconds until it has."""
        job = self.get(run_id)
        if job and job.thread:
            job.cancel.set()
            job.thread.join(wait)

    def active(self) -> list[Job]:
        """All jobs at work."""
        return [job for job in self._jobs.values() if job.alive]

    def look(self, origin: Source) -> Look:
        """Start to look at what was found, in the background; the one under way if there is one."""

        def work(place: Workspace, cancel: threading.Event, show: Callable[[Progress], None]) -> None:
            intake.look(place.store, place.copies, place.config, origin, cancel, show)

        return self._begin_look(self._looks, origin.dataset_id, work)  # incomplete after a stop, which the page sees

    def _begin_look(self, looks: dict[str, Look], key: str, work: Exploration) -> Look:
        """The look of these that is under way under a key, or a new one."""
        with self._lock:
            known = looks.get(key)
            if known and known.alive:
                return known
            look = looks[key] = Look(key)
            name = f"facetry-look-{key}"
            look.thread = threading.Thread(target=self._look, args=(look, work), daemon=True, name=name)
            look.thread.start()
        return look

    def _look(self, look: Look, work: Exploration) -> None:
        def show(progress: Progress) -> None:
            look.progress = progress

        with _noting(look, f"looking at {look.dataset_id}"), suppress(Cancelled):
            work(self._workspace, look.cancel, show)

    def look_at(self, dataset_id: str) -> Look | None:
        """The newest look at a dataset in this process, under way or ended, or None."""
        return self._looks.get(dataset_id)

    def suggest(self, given: DatasetRow) -> Look:
        """Start to look for criteria worth trying, in the background; what is under way already if there is one."""
        return self.explore(
            _SUGGESTIONS + given.id, lambda workspace, cancel, show: suggest.by_builtin(workspace, given, cancel, show)
        )

    def suggesting(self, dataset_id: str) -> Look | None:
        """The newest search for suggestions for a dataset in this process, under way or ended, or None."""
        return self.exploring(_SUGGESTIONS + dataset_id)

    def explore(self, key: str, work: Exploration) -> Look:
        """Start to compute something over a dataset in the background; what is under way under this key if there is
        something."""
        return self._begin_look(self._exploring, key, work)

    def exploring(self, key: str) -> Look | None:
        """What `explore` started last under this key in this process, under way or ended, or None."""
        return self._exploring.get(key)

    def count(self, dataset_id: str, features: Features, recipe: Recipe) -> Count:
        """Start to ask how many groups a dataset falls into, in the background; the one under way or done for these
        features and images, as long as it did not end early."""
        key = self._counted_of(dataset_id, features, recipe)
        with self._lock:
            known = self._counts.get(key)
            if known and (known.alive or known.found):
                return known
            count = self._counts[key] = Count(dataset_id)
            count.thread = threading.Thread(
                target=self._count, args=(count, features, recipe), daemon=True, name=f"facetry-count-{dataset_id}"
            )
            count.thread.start()
        return count

    def _count(self, count: Count, features: Features, recipe: Recipe) -> None:
        def show(progress: Progress) -> None:
            count.progress = progress

        with _noting(count, f"how many groups {count.dataset_id} has"), suppress(Cancelled):
            count.found = how_many_groups.counted(
                self._workspace, count.dataset_id, features, recipe, count.cancel, show
            )

    def counting(self, dataset_id: str, features: Features, recipe: Recipe) -> Count | None:
        """What `count` started in this process for these features and images, under way or ended, or None."""
        return self._counts.get(self._counted_of(dataset_id, features, recipe))

    def _counted_of(self, dataset_id: str, features: Features, recipe: Recipe) -> str:
        """What an answer depends on: images may come or be excluded, and descriptors be written anew."""
        given = self._workspace.store.datasets.get(dataset_id)
        files = [_written(path) for path in (features.path, features.paths) if path]
        return f"{dataset_id} {given.counts if given else {}} {features} {files} {recipe.reduction}"

    def bring(self, path: Path, images: str | DatasetRow = "", *, name: str = "", called: str = "") -> str:
        """Start to make a run of results made elsewhere (see pipeline/import_results.py); an id for `bringing`."""
        bringing, key = Bringing(), secrets.token_hex(6)
        bringing.thread = threading.Thread(
            target=self._bring, args=(bringing, path, images, name, called), daemon=True, name=f"facetry-bring-{key}"
        )
        self._bringing[key] = bringing
        bringing.thread.start()
        return key

    def _bring(self, bringing: Bringing, path: Path, images: str | DatasetRow, name: str, called: str) -> None:
        job: Job | None = None

        def show(progress: Progress) -> None:
            bringing.progress = progress
            if job:
                job.progress = progress

        def begun(run_id: str) -> None:
            nonlocal job
            job = Job(run_id, "assign", bringing.cancel, thread=bringing.thread)
            self._jobs[run_id] = job
            bringing.run_id = run_id

        with _noting(bringing, f"bringing in {path.name}"):
            bring_in(
                self._workspace,
                path,
                images=images,
                name=name,
                called=called,
                cancel=bringing.cancel,
                on_progress=show,
                on_run=begun,
            )

    def bringing(self, key: str) -> Bringing | None:
        """What `bring` started in this process, under way or ended, or None."""
        return self._bringing.get(key)

    def shut_down(self, wait: float = 5.0) -> None:
        """Ask everything at work to stop and wait up to `wait` seconds for each."""
        looks = [*self._looks.values(), *self._exploring.values(), *self._counts.values()]
        others: list[Look | Bringing] = [*looks, *self._bringing.values()]
        working: list[Job | Look | Bringing] = [*self.active(), *(other for other in others if other.alive)]
        for each in working:
            each.cancel.set()
        for each in working:
            if each.thread:
                each.thread.join(wait)
