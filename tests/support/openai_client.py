"""Facetry's side of openai_server.py: a server for one test, and a backend that asks it and soon gives up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai_faults import KEY
from openai_server import Server

from core.models.openai.server import OpenAIChat


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.shutdown()
    server.server_close()


def backend(server: Server, deadline: float = 5.0) -> OpenAIChat:
    return OpenAIChat(f"small@{server.url}", {server.url: KEY}, deadline=deadline, first_wait=0.01)
