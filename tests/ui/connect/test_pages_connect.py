"""What leaves the computer, told for every pair of models and with a second one; keys from files; names without a
server."""

# ruff: noqa: F811 - fixtures are imported from the kit and then named as parameters

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
import streamlit as st
from app import fresh_server, images, models, open_app, shown  # noqa: F401
from fragile import Plan, install, is_gone
from openai_client import server  # noqa: F401
from openai_server import Server
from streamlit import config as streamlit_config
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest

from core.ingest import source
from core.models import registry
from core.pipeline import intake
from ui import text
from ui.session import model_choice as chosen
from ui.session import run_options, state

NEAR = "openai:llava@http://localhost:11434/v1"
BATCH = "openai-batch:gpt-4o-mini@https://api.openai.com/v1"
X, Y, Z = (f"openai:m@https://{host}.example/v1" for host in "xyz")
GGUF = "llama_cpp:/models/m.gguf"
LOOK = lambda host: text.LEAVES_IMAGES.format(host=host, side="768")  # noqa: E731
READ = lambda host: text.LEAVES_TEXT.format(host=host)  # noqa: E731
LOOK_AGAIN = lambda host: text.LEAVES_AGAIN.format(host=host, side="768")  # noqa: E731
READ_AGAIN = lambda host: text.LEAVES_TEXT_AGAIN.format(host=host)  # noqa: E731
STAY, STAY_LOCAL = text.LEAVES_NO_IMAGE, text.LEAVES_NO_IMAGE_LOCAL


@pytest.mark.parametrize(
    ("vision", "language", "second", "said"),
    [
        # nothing is elsewhere
        ("builtin", "builtin", "", [text.LEAVES_NOTHING]),
        (GGUF, GGUF, "", [text.LEAVES_NOTHING]),
        ("builtin", GGUF, GGUF, [text.LEAVES_NOTHING]),
        (NEAR, "builtin", "", [text.LEAVES_LOCAL]),
        ("builtin", NEAR, "", [text.LEAVES_LOCAL]),
        (GGUF, GGUF, NEAR, [text.LEAVES_LOCAL]),
        ("openai:a@http://[::1]:1/v1", "openai-batch:a@http://127.0.0.2:1/v1", "", [text.LEAVES_LOCAL]),
        # one that looks
        (X, "builtin", "", [LOOK("x.example")]),
        (X, X, "", [LOOK("x.example")]),
        (X, NEAR, "", [LOOK("x.example")]),
        (X, Y, "", [LOOK("x.example"), READ("y.example")]),
        # one that reads
        ("builtin", Y, "", [READ("y.example"), STAY]),
        ("builtin", "openai:b@http://192.168.0.9:8000/v1", "", [READ("192.168.0.9:8000"), STAY]),
        (GGUF, Y, "", [READ("y.example"), STAY]),
        (NEAR, Y, "", [READ("y.example"), STAY_LOCAL]),
        # every kind that has a server
        (BATCH, BATCH, "", [LOOK("api.openai.com")]),
        ("builtin", BATCH, "", [READ("api.openai.com"), STAY]),
        (NEAR, BATCH, "", [READ("api.openai.com"), STAY_LOCAL]),
        (BATCH, "openai:gpt-4o@https://api.openai.com/v1", "", [LOOK("api.openai.com")]),
        ("openai:gpt-4o", "openai-batch:gpt-4o", "", [LOOK("api.openai.com")]),
        # a second model is asked what the first one was asked
        (NEAR, NEAR, Z, [LOOK_AGAIN("z.example")]),
        (NEAR, "builtin", Z, [LOOK_AGAIN("z.example")]),
        (GGUF, GGUF, BATCH, [LOOK_AGAIN("api.openai.com")]),
        ("builtin", GGUF, Z, [READ_AGAIN("z.example"), STAY]),
        ("builtin", Y, Z, [READ("y.example"), READ_AGAIN("z.example"), STAY]),
        ("builtin", Y, Y, [READ("y.example"), STAY]),
        ("builtin", Y, NEAR, [READ("y.example"), STAY]),
        (GGUF, Y, NEAR, [READ("y.example"), STAY_LOCAL]),
        (GGUF, Y, Y, [READ("y.example"), LOOK_AGAIN("y.example")]),
        (NEAR, Y, Z, [READ("y.example"), LOOK_AGAIN("z.example")]),
        (X, X, X, [LOOK("x.example")]),
        (X, Y, X, [LOOK("x.example"), READ("y.example")]),
        (X, Y, Y, [LOOK("x.example"), READ("y.example"), LOOK_AGAIN("y.example")]),
        (X, X, Z, [LOOK("x.example"), LOOK_AGAIN("z.example")]),
        (X, NEAR, Z, [LOOK("x.example"), LOOK_AGAIN("z.example")]),
    ],
)
def test_what_leaves_the_computer(vision: str, language: str, second: str, said: list[str]) -> None:
    assert chosen.leaves(vision, language, second) == " ".join(said)


@pytest.mark.parametrize("kind", registry.CHAT)
def test_every_kind_with_a_server_names_it(kind: str) -> None:
    """A kind that has a server and is not known to would be said to send nothing."""
    model = "gpt-4o-mini@https://models.example/v1"
    served = kind.startswith("openai")
    assert chosen.server_of(f"{kind}:{model}") == ("https://models.example/v1" if served else "")
    assert ("models.example" in chosen.leaves(f"{kind}:{model}", "builtin")) == served
    assert (chosen.model_of(f"{kind}:{model}") == "gpt-4o-mini") == served


def test_a_model_in_batches_is_named_with_its_server() -> None:
    assert chosen.name(BATCH) == f"gpt-4o-mini (api.openai.com, {text.IN_BATCHES})"
    chosen.choose(BATCH, BATCH)
    at = open_app("connect")
    assert LOOK("api.openai.com") in shown(at)
    assert text.LEAVES_NOTHING not in shown(at)


def test_connect_counts_the_second_model_of_the_images_at_hand(images: Path) -> None:
    workspace = state.workspace()
    origin = source.find(str(images), "", workspace.config)
    intake.look(workspace.store, workspace.copies, workspace.config, origin, threading.Event(), lambda _: None)
    workspace.store.datasets.set_options(origin.dataset_id, json.dumps({"fallback": Z}))
    at = open_app("connect", dataset=origin.dataset_id)
    assert "z.example" not in shown(at)  # the built-in engine asks no other
    chosen.choose(NEAR, NEAR)
    at = open_app("connect", dataset=origin.dataset_id)
    assert shown(at).count(LOOK_AGAIN("z.example")) == 2
    assert "z.example" not in shown(open_app("connect"))  # other images, another choice
    assert run_options.second(origin.dataset_id) == Z


# -- a name and where it runs


def typed(at: AppTest, name: str) -> AppTest:
    """Type a model's name for the text steps; AppTest takes only what is an option."""
    field = at.selectbox(key="role-text")
    field.options.append(name)
    field.set_value(name)
    return at


def test_a_name_without_a_server_is_not_used(server: Server) -> None:
    at = open_app("connect")
    typed(at, "small").run()
    assert text.CONNECT_WHERE in shown(at)
    assert at.button(key="use-models").disabled
    assert at.button(key="test-models").disabled
    typed(at, "small")
    at.text_input(key="server-url").set_value(server.url).run()
    assert text.CONNECT_WHERE not in shown(at)
    typed(at, "small")
    at.button(key="use-models").click().run()
    assert chosen.choice() == chosen.Choice("builtin", f"openai:small@{server.url}")


# -- a model on this computer, in a process of its own


def test_a_local_model_is_tested_and_gives_its_memory_back_when_another_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    plan = Plan(tmp_path / "model")
    spec = f"llama_cpp:{plan.write(probe='SIGILL')}"
    at = open_app("connect")
    typed(at, spec)
    at.button(key="test-models").click().run()
    assert "process ended at a first short answer (illegal instruction)" in shown(at)
    plan.write(poison={"": "SIGSEGV"})
    typed(at, spec)
    at.button(key="test-models").click().run()
    assert "“model” ended unexpectedly (segmentation fault) at this request, twice" in shown(at)
    plan.write()
    typed(at, spec)
    at.button(key="use-models").click().run()
    at.button(key="test-models").click().run()
    assert not [error.value for error in at.error]
    assert not at.exception
    assert not is_gone(plan.pids[-1])
    at.button(key="reset-models").click().run()
    assert is_gone(plan.pids[-1])


# -- keys


@pytest.mark.parametrize("wrong", ["schlüssel", "sk-a b", "sk-a\nb", "sk\u20111", "sk-\u200b1", "sk-\x001"])
def test_what_is_no_key_is_said_at_its_field(wrong: str, server: Server) -> None:
    at = open_app("connect")
    at.text_input(key="server-url").set_value(server.url).run()
    field = f"server-key-{server.url}"
    at.text_input(key=field).set_value("sk-right").run()
    at.text_input(key=field).set_value(wrong).run()
    assert text.CONNECT_KEY_BAD in shown(at)
    assert text.CONNECT_KEY_KEPT not in shown(at)
    assert at.session_state["model-keys"] == {}
    at.text_input(key=field).set_value(" \tsk-1\n").run()
    assert text.CONNECT_KEY_BAD not in shown(at)
    assert at.session_state["model-keys"] == {server.url: "sk-1"}


def test_a_key_from_the_secrets_is_used_and_said(server: Server) -> None:
    at = open_app("connect")
    at.secrets["keys"] = {f"{server.url}/": "sk-file", "openai": "sk-of-another-app"}
    at.text_input(key="server-url").set_value(server.url).run()
    assert text.CONNECT_KEY_FILE in shown(at)
    assert "sk-file" not in shown(at)
    at.button(key="list-models").click().run()
    at.selectbox(key="role-text").set_value(chosen.spec("small", server.url)).run()
    at.button(key="test-models").click().run()
    assert {asked["key"] for asked in server.history} == {"Bearer sk-file"}
    server.history.clear()
    at.text_input(key=f"server-key-{server.url}").set_value("sk-typed").run()
    assert text.CONNECT_KEY_KEPT in shown(at)
    at.button(key="test-models").click().run()
    assert {asked["key"] for asked in server.history} == {"Bearer sk-typed"}  # what is typed counts first
    kept = [path.read_bytes() for path in state.workspace().folder.rglob("*") if path.is_file()]
    assert not [content for content in kept if b"sk-file" in content]


@pytest.mark.parametrize("content", [None, "[keys", "keys = 'sk-1'", '[keys]\nother = "sk-1"\n"http://a/v1" = ""\n'])
def test_secrets_that_hold_no_key_trouble_nobody(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secrets.toml"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    before = streamlit_config.get_option("secrets.files")
    streamlit_config.set_option("secrets.files", [str(file)])
    secrets = Secrets()
    monkeypatch.setattr(secrets, "_file_watchers_installed", True, raising=False)
    monkeypatch.setattr(st, "secrets", secrets)
    try:
        at = open_app("connect")
        at.text_input(key="server-url").set_value("http://a/v1").run()
        assert not [error.value for error in at.error]
        assert not at.warning
        assert text.CONNECT_KEY_FILE not in shown(at)
        assert chosen.keys() == {}
    finally:
        streamlit_config.set_option("secrets.files", before)
