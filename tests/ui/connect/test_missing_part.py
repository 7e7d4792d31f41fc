"""Connect offers what a kind of local model runs on where it is missing, shows how far it is, and why it failed."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

from pathlib import Path

import pytest
from app import button, fresh_server, images, models, open_app, shown  # noqa: F401

from core.models import parts, registry
from core.models.parts import Adding
from ui import text


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, models: object) -> None:
    """An environment of start.py's in which nothing that local models run on is installed."""
    kinds = dict.fromkeys(registry.LOCAL, lambda *_: None)
    monkeypatch.setattr(registry, "TEXT", {**registry.TEXT, **kinds})
    monkeypatch.setattr(parts, "is_here", lambda kind: False)
    monkeypatch.setattr(parts, "can_add", lambda: True)
    monkeypatch.setattr(parts, "free_gb", lambda: 63.9)


def at(now: Adding | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "adding", lambda: now)


def test_a_missing_part_is_offered_with_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(parts, "add", asked.append)
    page = open_app("connect")
    part = parts.part_of("transformers")
    assert text.PART_MISSING["transformers"] in shown(page)
    assert f"about {part.fetch_gb:g} GB" in shown(page)
    assert f"up to {part.disk_gb:g} GB" in shown(page)
    assert "64 GB are free" in shown(page)
    assert f"about {part.minutes} minutes" in shown(page)
    button(page, text.PART_ADD).click().run()
    assert asked == ["transformers"]


def test_while_it_is_added_every_session_sees_how_far_it_is_and_can_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled: list[bool] = []
    monkeypatch.setattr(parts, "cancel", lambda: cancelled.append(True))
    at(Adding("transformers", "downloading torch, 530.2 MB", 0.37), monkeypatch)
    page = open_app("connect")
    (bar,) = page.get("progress")
    said = bar.proto.text.replace("\\", "")
    assert (bar.proto.value, said) == (37, "PyTorch and transformers: downloading torch, 530.2 MB")
    assert not [found for found in page.button if found.label == text.PART_ADD]
    button(page, text.PART_CANCEL).click().run()
    assert cancelled == [True]
    at(Adding("llama_cpp", "compiling llama-cpp-python"), monkeypatch)
    page = open_app("connect")
    assert not page.get("progress"), "nobody knows how far a compiler is"
    assert "llama-cpp-python: compiling llama-cpp-python" in shown(page)


def test_a_failure_is_said_with_a_way_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    at(Adding("transformers", over=True, error="Installing failed: the disk is full."), monkeypatch)
    page = open_app("connect")
    assert text.PART_FAILED in shown(page)
    assert "the disk is full" in shown(page)
    assert button(page, text.PART_AGAIN)


def test_what_a_person_cancelled_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    at(Adding("transformers", over=True, cancelled=True), monkeypatch)
    page = open_app("connect")
    assert text.PART_CANCELLED in shown(page)
    assert text.PART_FAILED not in shown(page)
    assert button(page, text.PART_AGAIN)


def test_once_it_is_here_nothing_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "is_here", lambda kind: True)
    page = open_app("connect")
    assert text.PART_MISSING["transformers"] not in shown(page)
    assert text.PART_HERE not in shown(page)
    at(Adding("transformers", over=True), monkeypatch)
    page = open_app("connect")
    assert text.PART_HERE in shown(page)
    assert not [found for found in page.button if found.label in {text.PART_ADD, text.PART_AGAIN}]


def test_an_environment_of_somebody_elses_gets_no_button(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "can_add", lambda: False)
    monkeypatch.setattr(parts, "VENV", Path("/elsewhere"))
    page = open_app("connect")
    assert "-m pip install torch==" in shown(page)
    assert not [found for found in page.button if found.label == text.PART_ADD]
