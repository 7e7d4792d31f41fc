"""The stages of Facetry in which faults are injected: where each begins, what it does, and what it must come to.

A stage begins with a copy of a workspace that was prepared once. What it does can be done again after a fault, as a
person would: the same command, or the same click once the page shows that it was not done.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
import zipfile
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from colour_server import painter
from fakes import FakeText, FakeVision
from house import draw
from openai_faults import KEY
from openai_server import Server
from shortcuts import decode_in_process, rebuild_in_process

from core.cli import pack
from core.cli.main import main
from core.config import Config
from core.domain import STEPS, Cluster, Corpus, Failed, ImageInput, RunSettings, Seen
from core.engine.requests import Outcome
from core.errors import Paused
from core.export import downloads, run_files, workspace_zip
from core.ingest import source
from core.models import registry
from core.models.openai.server import OpenAIChat
from core.pipeline import intake, runs
from core.pipeline.add_images import add
from core.pipeline.import_results import bring_in
from core.results import decisions, run_view
from core.results.edits import EDIT, Add, Delete, Edit, Merge, Move, Redefine, Rename
from core.store import Store, answers
from core.store.copies import Copies
from core.store.recovery import rebuild
from core.workspace import Workspace

EACH, K = 2, 4
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where thousands of small workspaces come and go; None for the usual place."""
_ENOUGH = "The stage ends here."
_SERVED = OpenAIChat.__init__.__kwdefaults__
Result = Any


@dataclass
class Ledger:
    """What was asked of models and what was acknowledged, also by a process that is killed: it writes to a pipe.

    asked: (step, item). saved: call keys whose `save` returned. edits: as stored, in order, `add_edit` of which did.
    """

    asked: list[tuple[str, str]] = field(default_factory=list)
    saved: set[str] = field(default_factory=set)
    edits: list[str] = field(default_factory=list)
    pipe: int | None = None

    def note(self, what: str, *values: str) -> None:
        if self.pipe is not None:
            os.write(self.pipe, (json.dumps([what, *values]) + "\n").encode())
        elif what == "asked":
            self.asked.append((values[0], values[1]))
        elif what == "saved":
            self.saved.add(values[0])
        elif what == "edit":
            self.edits.append(values[0])

    def read(self, lines: str) -> None:
        """Take over what another process has written."""
        for line in lines.splitlines():
            with suppress(ValueError):  # torn by the kill
                self.note(*json.loads(line))


class _Vision(FakeVision):
    batch_size = 2

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio

    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        self._studio.asking("describe", [image.id for image in images if image.evidence is None])
        return super().describe(images, criterion)


class _Text(FakeText):
    batch_size = 2

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio

    def label(self, corpus: Corpus, criterion: str) -> list[str | Failed]:
        self._studio.asking("label", corpus.ids)
        return super().label(corpus, criterion)

    def name(self, corpus: Corpus, criterion: str, k: int, given: Sequence[str] = ()) -> list[Cluster]:
        self._studio.asking("name", ["name"])
        return super().name(corpus, criterion, k, given)

    def assign(self, corpus: Corpus, criterion: str, clusters: Sequence[Cluster]) -> Any:
        self._studio.asking("assign", corpus.ids)
        return super().assign(corpus, criterion, clusters)


class Studio:
    """Pictures, models that note what they are asked, and the prepared workspaces."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        decode_in_process(patch)
        patch.setattr(registry, "VISION", {**registry.VISION, "builtin": lambda *_: _Vision(self)})
        patch.setattr(registry, "TEXT", {**registry.TEXT, "builtin": lambda *_: _Text(self)})
        patch.setattr(OpenAIChat.__init__, "__kwdefaults__", {**_SERVED, "first_wait": 0.01, "deadline": 0.3})
        rebuild_in_process(patch)
        save = answers.Answers.save

        def noting_save(
            of: answers.Answers, run: Any, step: Any, model: Any, evidence: Any, outcomes: Sequence[Outcome], *more: Any
        ) -> None:
            save(of, run, step, model, evidence, outcomes, *more)
            for outcome in outcomes:
                if outcome.answer:
                    self.ledger.note("saved", outcome.work.key)

        patch.setattr(answers.Answers, "save", noting_save)
        self.folder = folder
        self.ledger = Ledger()
        self.pause_before = ""
        self.images = draw(folder / "images", EACH)
        (self.images / "red" / "copy.png").write_bytes((self.images / "red" / "0.png").read_bytes())
        (self.images / "broken.png").write_bytes(b"no image")
        self.more = draw(folder / "more", EACH + 1)
        for path in self.images.rglob("*.png"):
            shutil.copy2(path, self.more / path.relative_to(self.images))
        self.table = folder / "results.csv"
        names = sorted(path.relative_to(self.images).as_posix() for path in self.images.glob("*/*.png"))
        self.table.write_text("image,cluster\n" + "".join(f"{name},{name.partition('/')[0]}\n" for name in names))
        self._server: Server | None = None
        self._bases: dict[str, Path] = {}
        self._expected: dict[str, Result] = {}

    @property
    def server(self) -> Server:
        """A chat model's server on this computer; it begins when it is first needed."""
        self._server = self._server or Server(painter)
        return self._server

    def close(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def asking(self, step: str, items: Iterable[str]) -> None:
        if step == self.pause_before:
            raise Paused(_ENOUGH)
        for item in items:
            self.ledger.note("asked", step, item)

    def desk(self, stage: Stage, name: str = "desk") -> Desk:
        """A fresh copy of where a stage begins."""
        if stage.base not in self._bases:
            place = Desk(self, self.folder / "bases" / stage.base)
            place.folder.mkdir(parents=True)
            BASES[stage.base](place)
            place.close()
            self._bases[stage.base] = place.folder
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._bases[stage.base], folder)
        self.ledger = Ledger()
        return Desk(self, folder)

    def expected(self, stage: Stage) -> Result:
        """What a stage comes to without a fault."""
        if stage.name not in self._expected:
            desk = self.desk(stage, "undisturbed")
            stage.act(desk)
            self._expected[stage.name] = stage.result(desk)
            desk.close()
        return self._expected[stage.name]


class Desk:
    """A workspace folder that a stage works in, and the place beside it where files go."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        self.studio, self.folder = studio, folder
        self.out = folder / "out"
        self.downloaded = b""
        self._workspace: Workspace | None = None

    @property
    def config(self) -> Config:
        return Config(self.folder / "workspace")

    @property
    def workspace(self) -> Workspace:
        """Opened when it is first needed."""
        if self._workspace is None:
            self._workspace = Workspace(self.config)
        return self._workspace

    @property
    def store(self) -> Store:
        return self.workspace.store

    def run_id(self) -> str:
        """The run that began first."""
        return min(self.store.runs.recent(), key=lambda run: run.created_at).id

    def close(self) -> None:
        if self._workspace is not None:
            self._workspace.close()
        self._workspace = None


@dataclass(frozen=True)
class Stage:
    """act: what is done; done again, it goes on. result: what it came to, equal whatever happened on the way."""

    name: str
    base: str
    act: Callable[[Desk], object]
    result: Callable[[Desk], Result]
    restores: bool = False


# -- where stages begin


def _nothing(desk: Desk) -> None:
    assert desk.workspace


def _looked_at(desk: Desk) -> None:
    _ingest(desk)


def _begun(desk: Desk) -> None:
    _looked_at(desk)
    runs.start(desk.workspace, _origin(desk), RunSettings("", "colour", K))


def _before(step: str) -> Callable[[Desk], None]:
    def prepare(desk: Desk) -> None:
        _begun(desk)
        _go_on(step)(desk)

    return prepare


def _served(desk: Desk) -> None:
    _looked_at(desk)
    model = f"openai:small@{desk.studio.server.url}"
    keys = {desk.studio.server.url: KEY}
    runs.start(desk.workspace, _origin(desk), RunSettings("", "colour", K, vision=model, text=model), keys)


def _done(desk: Desk) -> None:
    _begun(desk)
    _go_on("")(desk)


def _edited(desk: Desk) -> None:
    _done(desk)
    _edit(desk)


def _packed(desk: Desk) -> None:
    _done(desk)
    _pack(desk)
    desk.close()
    shutil.rmtree(desk.folder / "workspace")


def _damaged(desk: Desk) -> None:
    _done(desk)
    desk.store.answers.backup(desk.run_id(), "describe")
    desk.close()
    database = desk.folder / "workspace" / "facetry.duckdb"
    content = bytearray(database.read_bytes())
    content[3 * 4096 + 10] ^= 0xFF
    database.write_bytes(content)


BASES: dict[str, Callable[[Desk], None]] = {
    "absent": lambda _: None,
    "nothing": _nothing,
    "looked at": _looked_at,
    "begun": _begun,
    "served": _served,
    "described": _before("label"),
    "labelled": _before("name"),
    "named": _before("assign"),
    "done": _done,
    "edited": _edited,
    "packed": _packed,
    "damaged": _damaged,
}


# -- what stages do


def _origin(desk: Desk) -> source.Source:
    return source.find(str(desk.studio.images), "", desk.config)


def _ingest(desk: Desk) -> None:
    intake.look(desk.store, desk.workspace.copies, desk.config, _origin(desk), Event(), lambda _: None)


def _go_on(until: str) -> Callable[[Desk], None]:
    """Run until before a step; "" for the end."""

    def act(desk: Desk) -> None:
        desk.studio.pause_before = until
        try:
            runs.run(desk.workspace, desk.run_id(), "assign")
        except Paused as error:
            if str(error) != _ENOUGH:
                raise
        finally:
            desk.studio.pause_before = ""

    return act


def _ask_a_server(desk: Desk) -> None:
    """A run with a chat model. What failed, as a person sees in the run, is raised to be judged like the rest."""
    runs.run(desk.workspace, desk.run_id(), "assign", keys={desk.studio.server.url: KEY})
    failed = run_view.View(desk.store, desk.run_id()).rows(run_view.Query(state="failed"))
    if failed:
        raise Paused(failed[0].reason)


def _edits(desk: Desk) -> list[Edit]:
    """One of each kind, which a person makes one after the other."""
    red, green, blue, grey = sorted(decisions.proposal(desk.store, desk.run_id()), key=lambda cluster: cluster.name)
    items = desk.store.datasets.items(desk.store.runs.recent()[0].settings.dataset_id)
    moved = (items[0].item_id, items[3].item_id)
    return [
        Rename(red.id, "crimson"),
        Move(moved, green.id),
        Merge(blue.id, green.id),
        Redefine(red.id, "another"),
        Add("p1", "purple"),
        Delete(grey.id),
    ]


def _edit(desk: Desk) -> None:
    """Make the edits that are not there yet, each seen before it is made."""
    run_id = desk.run_id()
    for number, edit in enumerate(_edits(desk)):
        if number >= len(desk.store.runs.edits(run_id)):
            decisions.add(desk.store, run_id, edit, decisions.version(desk.store, run_id))
            desk.studio.ledger.note("edit", EDIT.dump_json(edit).decode())
    run_view.View(desk.store, run_id).rows()


def _undo(desk: Desk) -> None:
    run_id = desk.run_id()
    while desk.store.runs.edits(run_id):
        decisions.undo(desk.store, run_id, decisions.version(desk.store, run_id))
    run_view.View(desk.store, run_id).rows()


def _add(desk: Desk) -> None:
    add(desk.workspace, desk.run_id(), source.find(str(desk.studio.more), "", desk.config))


def _import(desk: Desk) -> None:
    bring_in(desk.workspace, desk.studio.table, images=str(desk.studio.images))


def _command(desk: Desk) -> None:
    """The whole command line, in this process. What it says of an error is raised, to be judged like the rest."""
    desk.close()
    place = ["--workspace", str(desk.config.workspace), "--out", str(desk.out)]
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", Namespace(write=said.append, flush=lambda: None, isatty=lambda: False))
        patch.setattr(sys, "stdout", Namespace(write=lambda _: None, flush=lambda: None, isatty=lambda: False))
        status = main(["run", "--images", str(desk.studio.images), "--criterion", "colour", "--k", str(K), *place])
    if status:
        raise Paused("".join(said))


def _write_files(desk: Desk) -> None:
    run_files.write(desk.workspace, desk.run_id(), desk.out)


def _download(make: Callable[[Workspace, str], Iterable[bytes]]) -> Callable[[Desk], None]:
    """A download, read to its end, as a browser does."""

    def act(desk: Desk) -> None:
        desk.downloaded = b"".join(make(desk.workspace, desk.run_id()))

    return act


def _pack(desk: Desk) -> None:
    desk.close()
    target = desk.folder / "packed.zip"
    if not target.exists():  # else it was done
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdout", Namespace(write=lambda _: None, flush=lambda: None))
            pack.pack(Namespace(out=str(target), workspace=str(desk.config.workspace)))


def _unpack(desk: Desk) -> None:
    desk.close()
    if not desk.config.workspace.exists():
        workspace_zip.unpack(desk.folder / "packed.zip", desk.config)


def _back_up(desk: Desk) -> None:
    for step in STEPS:
        desk.store.answers.backup(desk.run_id(), step)


def _open(desk: Desk) -> None:
    desk.close()
    assert desk.workspace


# -- what they come to


def _copies(desk: Desk) -> dict[str, str]:
    folder = desk.folder / "workspace" / "images"
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".part")
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _items(desk: Desk) -> Result:
    sql = "SELECT position, item_id, name, status, reason FROM dataset_item ORDER BY dataset_id, position"
    return desk.store._db.read(sql), desk.store._db.read("SELECT * FROM image ORDER BY id"), _copies(desk)


def files_of(out: Path) -> Result:
    """A run's files, without what differs between any two runs: ids, times and how often models were asked."""
    about = json.loads((out / "run.json").read_text(encoding="utf-8"))
    for name in ("run", "steps", "settings"):
        del about[name]
    return (out / "assignments.csv").read_bytes(), (out / "clusters.csv").read_bytes(), about


def _files(desk: Desk) -> Result:
    run_files.write(desk.workspace, desk.run_id(), desk.folder / "final")
    return files_of(desk.folder / "final")


def _newest_files(desk: Desk) -> Result:
    newest = max(desk.store.runs.recent(), key=lambda run: run.created_at).id
    run_files.write(desk.workspace, newest, desk.folder / "final")
    return files_of(desk.folder / "final")


def _held(step: str) -> Callable[[Desk], Result]:
    def result(desk: Desk) -> Result:
        return desk.store.answers.held(desk.run_id(), step), desk.store.answers.values(desk.run_id(), step)  # type: ignore[arg-type]

    return result


def _decided(desk: Desk) -> Result:
    run_id = desk.run_id()
    edits = [edit.value for edit in desk.store.runs.edits(run_id)]
    return edits, run_view.View(desk.store, run_id).rows(), desk.store.answers.held(run_id, "assign")


def _out(desk: Desk) -> Result:
    return files_of(desk.out)


def _downloaded(desk: Desk) -> Result:
    return desk.downloaded


def _folders(desk: Desk) -> Result:
    return _members(io.BytesIO(desk.downloaded))


def _members(path: Path | io.BytesIO) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed_members(desk: Desk) -> Result:
    return {
        name: content if name.startswith("images") else b""
        for name, content in _members(desk.folder / "packed.zip").items()
    }


def _tables(desk: Desk) -> Result:
    """All that is kept but for times, which differ between two preparations only."""
    names = [name for name in rebuild.schema.TABLES if name != "run"]
    return {name: sorted(map(repr, desk.store._db.read(f"SELECT * FROM {name}"))) for name in names}


def _generation(desk: Desk) -> Result:
    folder = desk.folder / "workspace" / "backup"
    newest = Copies(folder).generations()[0]
    assert all(copy.is_intact for copy in newest.files.values())
    assert not list(folder.glob("*.part")), "half a generation was left"
    return {name: copy.rows for name, copy in newest.files.items()}


STAGES: dict[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage("make a workspace", "absent", _open, _tables),
        Stage("ingest", "nothing", _ingest, _items),
        Stage("describe", "begun", _go_on("label"), _held("describe")),
        Stage("label", "described", _go_on("name"), _held("label")),
        Stage("name", "labelled", _go_on("assign"), _held("name")),
        Stage("assign", "named", _go_on(""), _files),
        Stage("ask a server", "served", _ask_a_server, _files),
        Stage("run by the command line", "nothing", _command, _out),
        Stage("edit", "done", _edit, _decided),
        Stage("undo", "edited", _undo, _decided),
        Stage("sort after edits", "edited", _go_on(""), _files),
        Stage("add", "done", _add, _files),
        Stage("import", "looked at", _import, _newest_files),
        Stage("export files", "done", _write_files, _out),
        Stage("export CSV", "done", _download(downloads.table), _downloaded),
        Stage("export JSON Lines", "done", _download(downloads.lines), _downloaded),
        Stage("export Parquet", "done", _download(downloads.columns), _downloaded),
        Stage("export page", "done", _download(downloads.page), _downloaded),
        Stage("export folders", "done", _download(downloads.folders), _folders),
        Stage("pack", "edited", _pack, _packed_members),
        Stage("unpack", "packed", _unpack, _tables),
        Stage("back up", "done", _back_up, _generation),
        Stage("open", "edited", _open, _tables),
        Stage("restore", "damaged", _open, _tables, restores=True),
    )
}
