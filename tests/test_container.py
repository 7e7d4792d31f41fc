"""The container's files agree with the rest, and open nothing to others. benchmarks/container.py builds and runs it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from test_imports import FLOORS

import start

ROOT = Path(__file__).parents[1]
yaml: Any = pytest.importorskip("yaml")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return read


def test_the_port_is_open_to_this_computer_alone() -> None:
    for service in compose()["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    (port,) = compose()["services"]["facetry"]["ports"]
    own = compose()["services"]["facetry"]["environment"]["STREAMLIT_SERVER_PORT"]
    assert port == f"127.0.0.1:{own}:{own}"  # a published port of another number is refused at the door


def test_the_app_has_no_rights_that_it_does_not_need() -> None:
    app = compose()["services"]["facetry"]
    assert app["read_only"] is True
    assert app["cap_drop"] == ["ALL"]
    assert app["security_opt"] == ["no-new-privileges:true"]
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\S+)", last_stage, re.MULTILINE) == ["facetry"]


def test_it_ends_on_a_signal_as_no_shell_stands_between() -> None:
    assert compose()["services"]["facetry"]["init"] is True
    assert re.search(r"^CMD \[", DOCKERFILE, re.MULTILINE)


def test_it_is_as_frugal_as_start_py() -> None:
    for name, value in start.FRUGAL.items():
        assert f"{name}={value}" in DOCKERFILE


def test_streamlit_does_not_ask_the_internet_for_its_address() -> None:
    """It does where it listens to all addresses without a screen, unless it is told a name for the browser."""
    assert "STREAMLIT_BROWSER_SERVER_ADDRESS=localhost" in DOCKERFILE


def test_the_image_gets_all_that_the_app_imports_and_no_settings() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert all((ROOT / place).exists() for place in let_in)
    needed = {part.partition(".")[0] for floor in FLOORS for part in floor}
    assert needed <= {place.removesuffix(".py") for place in let_in}
    assert not let_in & {".env", ".git", ".streamlit", "data", ".streamlit/secrets.toml"}
