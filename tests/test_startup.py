"""What starts quickly and stays small loads no large library: asked of processes of their own, after the fact.

`tests/test_imports.py` reads the same rule from our source; here is also what other libraries bring along.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from test_imports import LOADED_ON_USE

from core.config import config
from core.ingest.decode_pool import _in_workers

ROOT = Path(__file__).parents[1]
LARGE = {*LOADED_ON_USE, "scipy", "sklearn", "narwhals"}
NOT_FOR_HELP = {"duckdb", "httpx2", "pydantic", "PIL", "streamlit"}
NOT_TO_DECODE = {"duckdb", "httpx2", "pydantic", "streamlit"}
COMMANDS = ("add", "import_results", "pack", "run")


def loaded(code: str) -> set[str]:
    """The modules that a process has loaded after it ran some code."""
    code = f"import sys; {code}; print(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).split())


def test_help_loads_nothing_of_what_commands_do() -> None:
    found = loaded("from core.cli.main import main; main([])")  # says what is wrong
    assert "core.cli.options" in found
    assert found & (LARGE | NOT_FOR_HELP) == set()
    assert not [name for name in found if name in {f"core.cli.{command}" for command in COMMANDS}]


def test_commands_load_libraries_when_they_use_them() -> None:
    found = loaded("; ".join(f"import core.cli.{command}" for command in COMMANDS))
    assert "core.pipeline.runs" in found
    assert found & LARGE == set()


@pytest.mark.parametrize("module", ["streamlit_app", "ui.frame"])
def test_the_server_and_its_first_page_load_libraries_when_they_use_them(module: str) -> None:
    found = loaded(f"import {module}, ui.start.demo, ui.start.recent")
    assert "streamlit" in found
    assert found & LARGE == set()


def test_a_process_that_decodes_loads_only_what_decodes() -> None:
    asked = "(__import__('core.ingest.decode'), list(__import__('sys').modules))[1]"
    [found] = _in_workers(eval, iter([(asked,)]), 1, config())
    assert "core.ingest.decode" in found
    assert set(found) & (LARGE | NOT_TO_DECODE) == set()
