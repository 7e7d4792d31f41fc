"""The line for others that is printed at the start."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from ui import text
from ui.routes import access


def configured(monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    """The server's settings."""
    monkeypatch.setattr(st, "get_option", lambda name: options.get(name.removeprefix("server.")))


@pytest.mark.parametrize(
    ("address", "names", "host"),
    [
        ("127.0.0.1", ["localhost", "127.0.0.1"], "127.0.0.1"),
        ("::1", ["localhost", "::1"], "[::1]"),
        ("localhost", ["facetry.example"], "localhost"),
        ("0.0.0.0", ["localhost", "facetry.example"], "facetry.example"),
        ("192.0.2.7", ["192.0.2.7"], "192.0.2.7"),
        ("0.0.0.0", ["localhost"], "localhost"),
        ("0.0.0.0", ["*.example"], socket.gethostname()),
        (None, None, socket.gethostname()),
    ],
)
def test_the_line_has_an_address_that_opens(
    address: str | None, names: list[str] | None, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(monkeypatch, address=address, allowedHosts=names, port=8502)
    line = text.LOGIN_LOCAL if address in ("127.0.0.1", "::1", "localhost") else text.LOGIN_OPEN
    wanted = line.format(address=f"http://{host}:8502/?token={access.LOGIN}")
    assert access.login_line(io.StringIO()) == wanted
    configured(monkeypatch, address=address, allowedHosts=names, port=8502, sslCertFile="cert.pem")
    assert access.login_line(io.StringIO()) == wanted.replace("http:", "https:")


@pytest.mark.parametrize("given", ["facets", "/facets/"])
def test_the_line_leads_below_the_servers_own_path(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(monkeypatch, address="127.0.0.1", port=8502, baseUrlPath=given)
    assert f"http://127.0.0.1:8502/facets/?token={access.LOGIN}" in access.login_line(io.StringIO())


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights than these")
@pytest.mark.parametrize(("rights", "printed"), [(0o600, True), (0o644, False), (0o640, False), (0o604, False)])
def test_the_token_is_not_printed_where_others_read_it(rights: int, printed: bool, tmp_path: Path) -> None:
    place = tmp_path / "log"
    place.touch()
    place.chmod(rights)
    with place.open("w") as out:
        assert (access.LOGIN in access.login_line(out)) == printed
