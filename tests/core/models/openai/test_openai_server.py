"""The test server itself: it answers from records and nothing but the text that it was sent, in the time it is told."""

# ruff: noqa: F811 - the fixture is imported and then named as a parameter

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import DATASETS, needs_datasets
from openai_client import server  # noqa: F401
from openai_server import Server
from recorded import Recorded, lists_in

from core.domain import Corpus, Description, Failed
from core.models import registry
from core.models.chat.backend import Reply, Request
from core.models.openai.server import OpenAIChat


def write(folder: Path) -> Path:
    """Records as the data sets have them: "Animal" does not tell the cluster."""
    rows = [("A dog on grass.", "Dog", "dog"), ("A cat: it sleeps.", "Cat", "cat"), ("A kitten plays.", "Cat", "cat")]
    rows += [("Some animal runs.", "Animal", "dog"), ("Some animal climbs.", "Animal", "It is hard. Answer: cat")]
    rows += [("A tree in the snow, and nothing else that could be seen.", "Tree", "none")]
    lines = [json.dumps({"image": "x", "description": d, "label": row, "assigned": a}) for d, row, a in rows]
    (folder / "records.jsonl").write_text("\n".join(lines), encoding="utf-8")
    about = {"criterion": "animal", "k": 2, "cluster_names": ["dog", "cat"]}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def ask(text: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"messages": [{"role": "user", "content": text}]}
    if schema:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    return body


def test_lists_are_found_whatever_their_marks() -> None:
    text = "Groups:\n0. none of these\n1. dog: pets\n2. cat\n\nItems:\n1. x\n2. y\n10. z\n\nA) one\nB) two"
    assert [[entry.mark for entry in found] for found in lists_in(text)] == [
        ["0", "1", "2"],
        ["1", "2", "10"],
        ["A", "B"],
    ]


def test_labels_are_those_recorded(tmp_path: Path) -> None:
    said = Recorded(write(tmp_path))(
        ask("Label.\n\n1. A dog on grass.\n2. A tree in the snow, and nothing else that co…\n3. x")
    )
    assert json.loads(said) == {"1": "Dog", "2": "Tree", "3": "unclear"}


@pytest.mark.parametrize("marks", ["12", "AB"])
def test_assignments_are_those_recorded(tmp_path: Path, marks: str) -> None:
    groups = f"{marks[0]}. cat: purrs\n{marks[1]}. dog (Dog, Hound)"
    items = "1. Dog: A dog on grass.\n2. A cat: it sleeps.\n3. Cat\n4. Animal\n5. Animal: Some animal climbs.\n6. Tree"
    cat, dog, none = (1, 2, 0) if marks == "12" else ("A", "B", "none")
    recorded = Recorded(write(tmp_path))
    said = json.loads(recorded(ask(f"{groups}\n\n{items}")))
    assert said == {"1": dog, "2": cat, "3": cat, "4": dog, "5": cat, "6": none}
    said = json.loads(recorded(ask(f'{groups}\nSay "?" where a label does not tell.\n\n{items}')))
    assert said == {"1": dog, "2": cat, "3": cat, "4": "?", "5": cat, "6": none}


def test_an_answer_has_the_form_that_the_schema_wants(tmp_path: Path) -> None:
    recorded = Recorded(write(tmp_path))
    text = "1. dog\n2. cat\n\n1. Dog\n2. Cat"
    row = {"type": "object", "properties": {"id": {"type": "integer"}, "group": {"type": "integer"}, "quote": {}}}
    listed = {"type": "object", "properties": {"answers": {"type": "array", "items": row}}}
    assert json.loads(recorded(ask(text, listed))) == {
        "answers": [{"id": 1, "group": 1, "quote": "Dog"}, {"id": 2, "group": 2, "quote": "Cat"}]
    }
    mapped = {"type": "object", "properties": {"1": {"enum": ["0", "1", "2"]}, "2": {"enum": ["0", "1", "2"]}}}
    assert json.loads(recorded(ask(text, mapped))) == {"1": "1", "2": "2"}


def test_names_are_those_recorded_and_the_published_way_of_asking_is_understood(tmp_path: Path) -> None:
    recorded = Recorded(write(tmp_path))
    said = json.loads(recorded(ask("Form exactly 2 groups.\n\nCat (2)\nAnimal (2)\nDog (1)")))
    assert [group["name"] for group in said["groups"]] == ["dog", "cat"]
    assert [group["labels"] for group in said["groups"]] == [[2, 3], [1]]  # the labels by their numbers
    assert recorded(ask("Describe the animal in: A dog on grass.")) == "Answer: Dog"
    assert recorded(ask("Choose of ['dog', 'cat'] for: A kitten plays.")) == "Answer: cat"


@pytest.mark.parametrize("formats", ["honour", "ignore", "refuse"])
def test_the_steps_get_the_recorded_answers_over_http(server: Server, tmp_path: Path, formats: Any) -> None:
    server.says, server.formats = Recorded(write(tmp_path)), formats
    model = registry.text_model(f"openai:small@{server.url}")
    texts = ["A dog on grass.", "A cat: it sleeps.", "A tree in the snow, and nothing else that could be seen."]
    corpus = Corpus(["a", "b", "c"], [Description(text) for text in texts])
    labels = model.label(corpus, "animal")
    assert labels == ["Dog", "Cat", "Tree"]
    labelled = Corpus(corpus.ids, corpus.descriptions, ["Dog", "Cat", "Tree"])
    clusters = model.name(labelled, "animal", 2)
    assert not isinstance(clusters, Failed)
    assert [cluster.name for cluster in clusters] == ["dog", "cat"]
    placed = model.assign(labelled, "animal", clusters)
    assert [answer.cluster_id if not isinstance(answer, Failed) else answer for answer in placed] == ["c1", "c2", None]


def test_candidates_of_tokens_are_told(server: Server) -> None:
    server.says, server.logprobs = "2", "honour"
    (reply,) = OpenAIChat(f"small@{server.url}").reply([Request("x", probabilities=True)])
    assert isinstance(reply, Reply)
    assert reply.tokens[0].candidates["2"] == pytest.approx(0.9)
    assert sum(reply.tokens[0].candidates.values()) == pytest.approx(1)


def test_many_requests_are_answered_at_once_in_the_time_it_was_told(server: Server) -> None:
    server.seconds, server.seconds_a_token = 0.1, 0.01
    chat = OpenAIChat(f"small@{server.url}")
    started = time.monotonic()
    chat.reply([Request("x")])
    assert time.monotonic() - started >= 0.13
    threads = [threading.Thread(target=chat.reply, args=([Request("x")],)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.history) == 41
    assert server.most_at_once >= 4  # as many as a client asks at first; how many later depends on the pace it measures


@needs_datasets
@pytest.mark.parametrize(("name", "wrong"), [("stl10", 12), ("ppmi", 0)])
def test_the_data_sets_are_looked_up_whole(name: str, wrong: int) -> None:
    """In batches of 50: every label and nearly every assignment is the recorded one."""
    folder = DATASETS / f"replay-{name}"
    recorded = Recorded(folder)
    rows = [json.loads(line) for line in (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    groups = "\n".join(f"{place}. {name}" for place, name in enumerate(recorded.names, 1))
    missed = 0
    for start in range(0, len(rows), 50):
        part = rows[start : start + 50]
        items = "\n".join(f"{place}. {row['description']}" for place, row in enumerate(part, 1))
        said = json.loads(recorded(ask(f"Label these.\n\n{items}")))
        assert list(said.values()) == [row["label"] for row in part]
        said = json.loads(recorded(ask(f"{groups}\n\n{items}")))
        missed += sum(
            recorded.names[answer - 1] != row["assigned"] if answer else 1
            for row, answer in zip(part, said.values(), strict=True)
        )
    assert missed <= wrong
