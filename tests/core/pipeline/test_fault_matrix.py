"""Every fault of a server at every step, over real HTTP and through the whole pipeline.

A run over eight pictures meets the fault at one step, for the first two requests or for as long as the server is not
repaired. Then it has ended, or it is paused, with the right sentence; each picture is answered or listed with its
reason; and after the repair the same run asks for what is missing and for nothing that was answered before.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from colour_server import painter, step_asked
from fakes import COLOURS
from house import draw
from openai_faults import ANSWERED_NOT, KEY, MODEL, TROUBLES
from openai_server import Body, Fault, Server
from shortcuts import decode_in_process

from core.config import Config
from core.domain import STEPS, RunSettings, Step
from core.errors import Cancelled, FacetryError, Paused
from core.ingest import source
from core.models.openai.rate_limit import pace_of
from core.models.openai.server import OpenAIChat
from core.pipeline import runs as pipeline_runs
from core.results import run_view
from core.workspace import Workspace

# Servers and deadlines are real, and so is a machine that does other things: tried once more, and the report says so.
pytestmark = pytest.mark.flaky(reruns=1)

EACH = 2


@dataclass
class Studio:
    """A workspace that has taken in eight pictures."""

    workspace: Workspace
    images: Path
    runs: int = 0

    def start(self, server: Server) -> str:
        self.runs += 1  # the port of a server before may come again, and with it its answers
        model = f"openai:small-{self.runs}@{server.url}"
        origin = source.find(str(self.images), "", self.workspace.config)
        settings = RunSettings("", "colour", len(COLOURS), vision=model, text=model)
        return pipeline_runs.start(self.workspace, origin, settings, {server.url: KEY})

    def go(self, run_id: str, server: Server) -> FacetryError | None:
        """Run to the end; the error that ended it, if one did."""
        try:
            pipeline_runs.run(self.workspace, run_id, "assign", keys={server.url: KEY})
        except FacetryError as error:
            return error
        return None

    def all_that_is_stored(self) -> str:
        database = self.workspace.store.runs._db
        tables = [name for (name,) in database.read("SELECT table_name FROM information_schema.tables")]
        return repr([database.read(f"SELECT * FROM {table}") for table in tables])


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("faults")
    patch = pytest.MonkeyPatch()
    decode_in_process(patch)
    studio = Studio(Workspace(Config(folder / "workspace")), draw(folder / "images", EACH))
    server = Server(painter)
    run_id = studio.start(server)
    assert studio.go(run_id, server) is None
    check_complete(studio, run_id)
    assert {step_asked(each["body"]) for each in server.history} == {"check", *STEPS}
    server.shutdown()
    server.server_close()
    patch.undo()
    backup = studio.workspace.store.answers.backup
    patch.setattr(studio.workspace.store.answers, "backup", lambda *_: None)  # a quarter of each cell's time
    yield studio
    backup(run_id, "assign")
    patch.undo()
    assert KEY not in studio.all_that_is_stored()
    studio.workspace.close()
    for file in (folder / "workspace").rglob("*"):
        assert not (file.is_file() and KEY.encode() in file.read_bytes()), f"{file} holds the key"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(painter)
    yield server
    server.shutdown()
    server.server_close()


def check_complete(studio: Studio, run_id: str) -> None:
    """Every picture lies in the group of its colour."""
    rows = run_view.rows(studio.workspace.store, run_id)
    assert Counter(row.cluster.name if row.cluster else row.reason for row in rows) == dict.fromkeys(COLOURS, EACH)
    for row in rows:
        assert row.cluster is not None
        assert row.name.startswith(row.cluster.name)
        assert row.cluster.name in row.description
        assert row.label == row.cluster.name


def listed(studio: Studio, run_id: str) -> list[str]:
    """Why pictures have no answer, and why there are no groups: all reasons that the run holds."""
    held = [studio.workspace.store.answers.held(run_id, step) for step in STEPS]
    return [failure for step in held for _, failure, _ in step.values() if failure]


def check_counts(studio: Studio, run_id: str, ended: FacetryError | None) -> None:
    """Given = in groups + not sure + failed (with a reason) + pending, and this only where the run ended early."""
    rows = run_view.rows(studio.workspace.store, run_id)
    states = Counter(row.state for row in rows)
    assert len(rows) == EACH * len(COLOURS) == states.total()
    assert ended is not None or not states["pending"], states
    assert all(row.reason for row in rows if row.state == "failed")
    found = studio.workspace.store.runs.get(run_id)
    assert found is not None
    assert found.status == ("done" if ended is None else "stopped" if isinstance(ended, Paused) else "failed")
    assert found.message == ("" if ended is None else str(ended))


def answers(server: Server) -> list[str]:
    """The requests that the model answered as it should: those that were paid for."""
    return [json.dumps(asked["body"], sort_keys=True) for asked in server.history if asked["answered"]]


LASTING = ["429", "500", "time-out", "reset before the body", "wrong ids", "missing ids", "empty content", "refusal"]
LASTING += ["wrong key", "HTML with status 200", "key echoed in an error"]
CELLS = [(name, step, False) for name in TROUBLES for step in STEPS]
CELLS += [(name, step, True) for name in LASTING for step in STEPS]  # one of each sort: a run of these takes longer


@pytest.mark.parametrize(
    ("name", "step", "lasting"),
    CELLS,
    ids=[f"{name}-{step}-{'until repaired' if lasting else 'twice'}" for name, step, lasting in CELLS],
)
def test_a_fault(
    name: str,
    step: Step,
    lasting: bool,
    studio: Studio,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    trouble = TROUBLES[name]
    options = {**OpenAIChat.__init__.__kwdefaults__, "first_wait": 0.01}
    brief = trouble.slow or (lasting and trouble.reason == ANSWERED_NOT)
    monkeypatch.setattr(OpenAIChat.__init__, "__kwdefaults__", options | {"deadline": 0.4 if brief else 10.0})
    caplog.set_level(logging.DEBUG)
    where = (step, "check") if lasting else (step,)
    fault = Fault(trouble.answer(painter), lambda body: step_asked(body) in where, None if lasting else 2)
    server.faults = [fault]
    run_id = studio.start(server)

    ended = studio.go(run_id, server)

    assert any(not asked["answered"] for asked in server.history), "the fault was not met"
    check_counts(studio, run_id, ended)
    said = [*listed(studio, run_id), *([str(ended)] if ended else [])]
    told_otherwise = r"Only \d images have a description and a label|" if not trouble.stops else ""
    for sentence in said:
        assert re.search(f"{told_otherwise}{trouble.reason or 'nothing need be said'}", sentence), sentence
    if trouble.stops:
        assert ended is not None
        assert len([asked for asked in server.history if not asked["answered"]]) <= 4  # all that were under way at once
    if lasting and not said:
        assert trouble.reason in ("", MODEL), "nobody was told"

    server.faults = []
    monkeypatch.setattr(OpenAIChat.__init__, "__kwdefaults__", options | {"deadline": 10.0})
    again = studio.go(run_id, server)

    assert again is None, again
    check_complete(studio, run_id)
    assert listed(studio, run_id) == []
    paid = Counter(answers(server))
    checks = re.compile("Answer with the word yes|Which letter comes first")
    assert [request for request, times in paid.items() if times > 1 and not checks.search(request)] == []
    assert KEY not in repr([ended, said])
    assert KEY not in caplog.text


SINGLE = [name for name, one in TROUBLES.items() if not one.stops and one.reason not in ("", MODEL)]


@pytest.mark.parametrize("name", SINGLE)
def test_one_picture_that_always_fails_holds_up_no_other(
    name: str, studio: Studio, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = TROUBLES[name].reason == ANSWERED_NOT  # until the deadline, within which a busy computer answers the others
    options = {**OpenAIChat.__init__.__kwdefaults__, "first_wait": 0.01, "deadline": 2.0 if waits else 10.0}
    monkeypatch.setattr(OpenAIChat.__init__, "__kwdefaults__", options)
    first: list[str] = []

    def is_the_first(body: Body) -> bool:
        if step_asked(body) != "describe":
            return False
        first[:] = first or [json.dumps(body["messages"])]
        return json.dumps(body["messages"]) == first[0]

    server.faults = [Fault(TROUBLES[name].answer(painter), is_the_first)]
    run_id = studio.start(server)

    ended = studio.go(run_id, server)

    assert ended is None
    check_counts(studio, run_id, ended)
    (failed,) = [row for row in run_view.rows(studio.workspace.store, run_id) if row.state == "failed"]
    assert re.search(TROUBLES[name].reason, failed.reason)


@pytest.mark.parametrize("name", ["a slow answer", "a long Retry-After"])
def test_a_run_stops_at_once_whatever_it_waits_for(name: str, studio: Studio, server: Server) -> None:
    if name == "a slow answer":
        server.seconds = 10
    else:
        server.faults = [Fault(lambda handler, _: handler.send(429, {}, Retry_After="60"))]
    run_id = studio.start(server)
    cancel = threading.Event()
    told: list[float] = []

    def stop() -> None:
        told.append(time.monotonic())
        cancel.set()

    threading.Timer(0.3, stop).start()
    with pytest.raises(Cancelled):
        pipeline_runs.run(studio.workspace, run_id, "assign", cancel=cancel, keys={server.url: KEY})
    assert time.monotonic() - told[0] < 6  # two, and more on a busy computer; what it waits for takes 10 and 60
    found = studio.workspace.store.runs.get(run_id)
    assert found is not None
    assert found.status == "stopped"
    pace_of(server.url).trip("It is over.")  # so that no thread outlives the tests
