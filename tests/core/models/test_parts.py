"""What local models run on is added by a process of its own, which is followed, cancelled and asked why it failed.

A stand-in start.py says what the real one says; the real one is tried in test_start.py.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from waiting import wait_for

from core.errors import BadInput
from core.models import parts, registry
from core.models.parts import Adding
from setup.parts import read_parts

Write = Callable[[str], None]


@pytest.fixture
def start_py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write the program that is run in place of start.py."""
    monkeypatch.setattr(parts, "ROOT", tmp_path)
    monkeypatch.setattr(parts, "_now", None)
    monkeypatch.setattr(parts, "_process", None)
    yield lambda code: (tmp_path / "start.py").write_text(f"import sys, time\n{code}") and None
    parts.cancel()


def over() -> Adding:
    wait_for(lambda: (now := parts.adding()) is not None and now.over)
    now = parts.adding()
    assert now
    return now


def test_every_local_model_has_a_part() -> None:
    assert set(registry.LOCAL) <= set(read_parts())


def test_what_is_being_done_is_told_until_it_is_done(start_py: Write, tmp_path: Path) -> None:
    start_py(
        "print(sys.argv[1:], '\\n  0:05   37 %  downloading torch, 530.2 MB', flush=True)\n"
        f"while not __import__('pathlib').Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.02)\n"
        "print('  1:05  compiling llama-cpp-python', flush=True)"
    )
    parts.add("transformers")
    wait_for(lambda: (now := parts.adding()) is not None and now.said != "")
    assert parts.adding() == Adding("transformers", "downloading torch, 530.2 MB", 0.37)
    with pytest.raises(BadInput, match=r"being added already\. Wait for it"):
        parts.add("llama_cpp")
    (tmp_path / "go").touch()
    assert over() == Adding("transformers", "compiling llama-cpp-python", None, over=True)


def test_a_failure_is_told_in_the_words_of_start_py_and_can_be_tried_again(start_py: Write) -> None:
    start_py(
        "print('  0:05    3 %  fetching torch', flush=True)\nprint('Installing failed: the disk is full.')\nsys.exit(2)"
    )
    parts.add("transformers")
    assert over().error == "Installing failed: the disk is full."
    start_py("sys.exit(2)")
    parts.add("transformers")
    assert over().error == "It ended with status 2."
    start_py("print('All packages are in place')")
    parts.add("transformers")
    assert over().error == ""


def test_cancelling_ends_what_it_started_too(start_py: Write, tmp_path: Path) -> None:
    """As a compiler, which pip starts and does not end."""
    beat = tmp_path / "beat"
    inner = (
        f"import pathlib, time\nwhile True: pathlib.Path({str(beat)!r}).write_text(str(time.time())); time.sleep(0.02)"
    )
    start_py(f"import subprocess\nsubprocess.run([sys.executable, '-c', {inner!r}])")
    parts.add("llama_cpp")
    wait_for(beat.exists)
    parts.cancel()
    assert (over().cancelled, over().error) == (True, ""), "a person's own wish is no failure"
    last = beat.read_text()
    time.sleep(0.3)
    assert beat.read_text() == last
    parts.cancel()  # nothing is left to end


def test_the_next_step_is_the_button_only_where_start_py_made_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "VENV", Path(sys.prefix))
    assert parts.next_step("llama_cpp") == "Add it on the page Connect, or with: python3 start.py install llama_cpp"
    with monkeypatch.context() as closed:  # as in a container, which was built with what it has
        closed.setattr(os, "access", lambda place, mode: False)
        assert not parts.can_add()
        assert "FACETRY_PARTS=llama_cpp docker compose build" in parts.next_step("llama_cpp")
    monkeypatch.setattr(parts, "VENV", Path("/elsewhere"))
    said = parts.next_step("transformers")
    assert said.startswith(f"Add it with: {sys.executable} -m pip install torch==")
    assert "transformers==" in said
