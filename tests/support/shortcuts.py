"""What is left out of tests that are about something else, because it takes most of a small run's time.

Both are tested where they are at work: decoding in workers in tests/core/ingest, safety copies in tests/core/store and
tests/faults, and all together by the demo, the command line and the browser tests.
"""

from __future__ import annotations

import pytest

from core.ingest import source
from core.ingest.decode import prepare
from core.store.answers import Answers

_backup = Answers.backup


def decode_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every source be decoded in this process: starting a worker costs a second each time."""
    monkeypatch.setattr(
        source, "prepare_all", lambda files, copies, place: (prepare(file, copies, place.max_pixels) for file in files)
    )


def without_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step that has finished make no safety copies: a dozen files a step."""
    monkeypatch.setattr(Answers, "backup", lambda *_: None)


def with_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it make them after all."""
    monkeypatch.setattr(Answers, "backup", _backup)
