"""Decoding in this process, for tests of what comes after it: starting a worker costs a second each time.

Workers themselves are tested in tests/core/ingest, by the demo and in the browser tests.
"""

from __future__ import annotations

import pytest

from core.ingest import source
from core.ingest.decode import prepare


def decode_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every source be decoded in this process."""
    monkeypatch.setattr(
        source, "prepare_all", lambda files, copies, place: (prepare(file, copies, place.max_pixels) for file in files)
    )
