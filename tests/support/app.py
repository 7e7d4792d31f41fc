"""The app for AppTest: a server of its own with quick fake models, a folder of pictures, and how to read a page."""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from fakes import COLOURS, FakeText, FakeVision
from PIL import Image
from shortcuts import decode_in_process, with_blank_database, without_copies
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from waiting import wait_for

from core.config import Config, config
from core.domain import RunSettings
from core.ingest import source
from core.ingest.sources import upload
from core.jobs import Jobs
from core.models import registry
from core.pipeline import runs
from core.results import staleness
from core.workspace import Workspace
from ui import text
from ui.images import choose
from ui.session import authors, state

# Each AppTest looks for components in the metadata of all installed packages (0.4 s), which no test changes.
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)
ROOT = Path(__file__).parents[2]
RED, GREEN, BLUE = 5, 4, 3
ALL_IMAGES = RED + GREEN + BLUE
DRAWN = 1_700_000_000
"""When the pictures were drawn, as far as their files say: what is in a folder is known by that too."""


def embed(texts: Sequence[str]) -> np.ndarray:
    """Equal texts are alike, others are not."""
    return np.stack([np.random.default_rng(sum(map(ord, text))).normal(size=16) for text in texts])


def matches(acc: float, chance: float, number: int, shuffled: float = 0.0, column: str = "") -> str:
    """The sentence of Evaluate for these scores. column: of labels that are about something else."""
    return text.matches({"acc": acc, "chance": chance, "shuffled": shuffled, "n": number}, column)


@pytest.fixture
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures, in the same place for all tests of the process, as runs that are kept name them by it."""
    place = tmp_path_factory.getbasetemp() / "pictures" / "shop"
    shutil.rmtree(place.parent, ignore_errors=True)
    for name, count in {"red": RED, "green": GREEN, "blue": BLUE}.items():
        (place / name).mkdir(parents=True)
        for number in range(count):
            image = Image.new("RGB", (40, 30), COLOURS[name])
            image.putpixel((number, 0), (0, 0, 0))
            image.save(place / name / f"{number}_{name}.png")
    (place / "notes.txt").write_text("not an image", encoding="utf-8")
    for path in place.rglob("*"):
        os.utime(path, (DRAWN, DRAWN))
    return place


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> tuple[FakeVision, FakeText]:
    vision, language = FakeVision(), FakeText()
    monkeypatch.setattr(registry, "VISION", {"builtin": lambda *_: vision})
    monkeypatch.setattr(registry, "TEXT", {"builtin": lambda *_: language})
    monkeypatch.setattr(staleness, "embed", embed)
    monkeypatch.setattr(staleness, "KeptVectors", lambda _: embed)
    return vision, language


@pytest.fixture(autouse=True)
def fresh_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: tuple[FakeVision, FakeText]
) -> Iterator[None]:
    """What a server holds, empty for each test; files are decoded in process to save starting one."""
    monkeypatch.setenv("FACETRY_WORKSPACE", str(tmp_path / "workspace"))
    decode_in_process(monkeypatch)
    without_copies(monkeypatch)
    monkeypatch.setattr(Jobs, "suggest", lambda *_: None)  # tests/ui/group/test_suggestions.py puts it back
    monkeypatch.setattr(authors, "_server", lambda: None)  # other tests of the process may have started one
    monkeypatch.setattr(authors, "_made", {})  # runs of other tests may have the same id
    config.cache_clear()
    with_blank_database(config().workspace)
    st.session_state.clear()  # of what tests call outside a page; the dataset of other tests is the same
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    models[0].gate.set()
    state.jobs().shut_down()
    state.workspace().close()
    st.cache_resource.clear()
    st.cache_data.clear()
    config.cache_clear()


@dataclass(frozen=True)
class _Kept:
    """A workspace with one run, and what its models had been asked."""

    workspace: Path
    run_id: str
    asked: tuple[list[Any], list[Any]]


_KEPT: dict[tuple[Any, ...], _Kept] = {}


@pytest.fixture
def make(
    images: Path, models: tuple[FakeVision, FakeText], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., str]:
    """Make a run as the pipeline does; until "" only stores it. A test that begins with it gets a copy of such a run,
    made once: that takes a tenth of the time."""
    drawn = _content(images)

    def run(until: Any = "assign", k: int = 3, truth: str = "folder", criterion: str = "colour") -> str:
        wanted = RunSettings("", criterion, k, truth=truth)
        folder = config().workspace
        begins = not (folder / "token").exists() and _content(images) == drawn
        if not (until and begins and all(map(_is_as_new, models))):
            return _made(state.workspace(), images, wanted, until)
        known = (images, until, k, truth, criterion)
        if known not in _KEPT:
            _KEPT[known] = _kept(tmp_path_factory.mktemp("kept") / "workspace", images, wanted, until)
        kept = _KEPT[known]
        shutil.rmtree(folder)
        shutil.copytree(kept.workspace, folder)
        for model, asked in zip(models, kept.asked, strict=True):
            model.history.extend(asked)
        return kept.run_id

    return run


def _content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _is_as_new(model: FakeVision | FakeText) -> bool:
    """Whether a test has asked the model nothing and changed nothing in it."""
    now, new = ({name: value for name, value in vars(one).items() if name != "gate"} for one in (model, type(model)()))
    return now == new and (not isinstance(model, FakeVision) or model.gate.is_set())


def _made(workspace: Workspace, images: Path, wanted: RunSettings, until: Any) -> str:
    origin = source.find(str(images), "", workspace.config)
    run_id = runs.start(workspace, origin, wanted)
    if until:
        runs.run(workspace, run_id, until, origin=origin)
    return run_id


def _kept(folder: Path, images: Path, wanted: RunSettings, until: Any) -> _Kept:
    vision, language = FakeVision(), FakeText()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "VISION", {"builtin": lambda *_: vision})
        patch.setattr(registry, "TEXT", {"builtin": lambda *_: language})
        workspace = Workspace(Config(with_blank_database(folder)))
        try:
            run_id = _made(workspace, images, wanted, until)
        finally:
            workspace.close()
    return _Kept(folder, run_id, (vision.history, language.history))


def open_app(page: str = "group", **params: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=30)
    for key, value in params.items():
        at.query_params[key] = value
    at.run()
    if page != "start":
        at.switch_page(str(ROOT / "pages" / f"{page}.py"))
        for key, value in params.items():
            at.query_params[key] = value
        at.run()
    assert not at.exception
    return at


def shown(at: AppTest) -> str:
    """Everything a person reads on the page, without the escapes that keep it literal."""
    kinds = (at.title, at.header, at.markdown, at.caption, at.info, at.success, at.warning, at.error, at.metric)
    parts = [
        f"{getattr(element.proto, 'title', '')} {getattr(element, 'value', '')} {getattr(element, 'label', '')}"
        for kind in kinds
        for element in kind
    ]
    return "\n".join(parts).replace("\\", "").replace("\u2060", "")


def component(at: AppTest, name: str) -> dict[str, Any]:
    """What the page hands to its component of this name, such as "selecting_wall"."""
    found = [element.proto for element in at.get("bidi_component") if element.proto.component_name == f"facetry_{name}"]
    assert len(found) == 1, f"{len(found)} components called {name}"
    data: dict[str, Any] = json.loads(found[0].json)
    return data


def button(at: AppTest, label: str, nth: int = 0) -> Any:
    return [button for button in at.button if button.label.replace("\\", "") == label][nth]


@pytest.fixture
def working(make: Callable[..., str], models: tuple[FakeVision, FakeText]) -> str:
    """A run that is held in its first step."""
    models[0].gate.clear()
    run_id = make(until="")
    state.jobs().start(run_id, "name")
    wait_for(lambda: (job := state.jobs().get(run_id)) is not None and job.progress is not None)
    return run_id


def sent(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page Images at the moment when the uploader has sent these files."""
    uploads = upload.home(state.workspace().config)
    announced = [upload.announced(path, len(content), 1) for path, content in files.items()]
    place = upload.announce(uploads, announced)
    for file, content in zip(announced, files.values(), strict=True):
        assert file.key not in place.wanted or place.write(file.key, 0, content)
    ids = [place.id]
    monkeypatch.setattr(choose, "uploader", lambda key: ids.pop() if ids else None)
    return open_app("images")
