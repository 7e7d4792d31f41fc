"""Chat models in both roles: what they are asked, and that odd replies lose nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import FakeBackend

from core import prompts
from core.domain import Assignment, Cluster, Corpus, Description, Failed, ImageInput, Seen, Wording
from core.engine.requests import asking_again, count_usage
from core.models.chat.choices import Choices, means_none
from core.models.chat.cluster_reply import groups_schema
from core.models.chat.replies import read_json, read_numbered
from core.models.chat.text import ChatText
from core.models.chat.vision import ChatVision

CLUSTERS = [Cluster("c1", "cats", "Felines"), Cluster("c2", "dogs")]


def corpus(*texts: str, labels: Sequence[str] | None = None) -> Corpus:
    return Corpus([f"i{n}" for n in range(len(texts))], [Description(text) for text in texts], labels)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('{"1": "cat", "2": "dog"}', {1: "cat", 2: "dog"}),
        ('Sure!\n```json\n{"1": "cat", "2": "dog"}\n```\nHope it helps', {1: "cat", 2: "dog"}),
        ('<think>{"1": "cow"}</think>{"1": "cat", "2": "dog"}', {1: "cat", 2: "dog"}),
        ("<think>endless", {}),
        ("{“1”: “cat”, “2”: “dog”}", {1: "cat", 2: "dog"}),
        ("1: cat\n2. dog", {1: "cat", 2: "dog"}),
        ('{"1": "cat", "2": "do', {1: "cat"}),
        ('{"1": "cat", "2": 1', {1: "cat"}),
        ('{"1": {"group": "B", "quote": "x"}, "2": {"gr', {1: "B"}),
        ('["cat", "dog"]', {1: "cat", 2: "dog"}),
        ('["cat"]', {}),
        ('{"1": "cat", "3": "cow", "x": "y"}', {1: "cat"}),
        ('{"1": "", "2": null}', {}),
        ('{"1": 2, "2": 0}', {1: "2", 2: "0"}),
        ("I cannot help with that.", {}),
        ("", {}),
    ],
)
def test_numbered_replies_are_read_forgivingly(reply: str, expected: dict[int, str]) -> None:
    assert read_numbered(reply, 2) == expected


def test_a_number_answered_in_two_ways_counts_as_not_answered() -> None:
    assert read_numbered("1: cat\n1: dog\n2: cow", 2) == {2: "cow"}


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        ("B", 1),
        ("b.", 1),
        ("C", None),
        ("Dogs.", 1),
        ("wolves", None),
        ("Group: cats", 0),
        ("A. cats", 0),
        ("A. dogs", None),
    ],
)
def test_an_answer_is_matched_to_the_list_or_to_nothing(answer: str, choice: int | None) -> None:
    assert Choices(CLUSTERS).place(answer) == choice


@pytest.mark.parametrize(("answer", "none"), [("0", True), ("None.", True), ("none of these", True), ("nun", False)])
def test_an_answer_may_say_that_nothing_fits(answer: str, none: bool) -> None:
    assert means_none(answer) is none


def test_json_is_found_wherever_it_is() -> None:
    assert read_json('so: [1, {broken] then {"a": [2]}') == {"a": [2]}
    assert read_json("nothing") is None
    assert read_json('{"groups": [{"name": "a"}, {"name": "b') is None  # what is inside is not the whole
    assert read_json('{"a": "two\nlines"}') == {"a": "two\nlines"}


def test_every_step_has_a_prompt_that_carries_the_criterion() -> None:
    for form in prompts.FORMS:
        prompt = prompts.worded(form, Wording(question="What does it $cost?"))
        assert prompt.version.startswith(f"{form}.v")
        asked = "kind of $damage"
        shown = prompt.render(criterion=asked, criteria=asked, items="", k=2, given="", labels="", clusters="")
        assert asked in shown
        assert ("What does it $cost?" in shown) == (form in ("describe", "describe_label"))
        with pytest.raises(KeyError):
            prompt.render()


def test_a_vision_model_is_shown_the_image_and_the_criterion(tmp_path: Path) -> None:
    backend = FakeBackend("A red car.", Failed("The model refused."), "  ")
    images = [ImageInput(tmp_path / f"{n}.jpg", id=str(n)) for n in range(3)]
    with count_usage() as usage:
        seen = ChatVision(backend).describe(images, "colour of the car")
    assert seen == [
        Seen(Description("A red car.")),
        Failed("The model refused."),
        Failed("The model gave an empty answer.", "empty"),
    ]
    assert [request.image for request in backend.history] == [image.path for image in images]
    assert "colour of the car" in backend.history[0].text
    assert (usage.requests, usage.prompt_tokens, usage.completion_tokens) == (3, 20, 2)


def test_labels_missing_from_a_reply_are_to_be_asked_again_later() -> None:
    backend = FakeBackend('{"1": "cat"}')
    labels = ChatText(backend).label(corpus("A cat.", "A dog.", "Fog."), "animal")
    assert labels[0] == "cat"
    assert [label.again for label in labels if isinstance(label, Failed)] == ["smaller", "smaller"]
    assert len(backend.history) == 1


def test_a_failed_call_fails_its_images_and_is_not_asked_again_here() -> None:
    backend = FakeBackend(Failed("The server was busy."))
    assert ChatText(backend).label(corpus("a", "b"), "x") == [Failed("The server was busy.")] * 2
    assert len(backend.history) == 1


def test_groups_are_read_with_their_labels_and_given_names_first() -> None:
    backend = FakeBackend(
        '{"groups": [{"name": "Felines", "meaning": "All cats", "labels": ["cat", "KITTEN", "cow"]},'
        ' {"name": "dogs", "labels": ["dog", "cat"]}]}'
    )
    labelled = corpus("", "", "", labels=["cat", "kitten", "dog"])
    clusters = ChatText(backend).name(labelled, "animal", 2, ["Dogs"])
    assert clusters == [
        Cluster("c1", "Dogs", "", ("dog",)),
        Cluster("c2", "Felines", "All cats", ("cat", "kitten")),
    ]
    assert "1. cat (1)\n2. dog (1)\n3. kitten (1)" in backend.history[0].text
    assert "spelled just so: Dogs" in backend.history[0].text


def test_labels_of_groups_are_told_by_their_numbers() -> None:
    backend = FakeBackend(
        '{"groups": [{"name": "a", "labels": [3, 1, 9, 0, -1, true]},'
        ' {"name": "b", "labels": ["2", "3", null, "7", 1]}]}'
    )
    labels = ["cat"] * 3 + ["7"] * 2 + ["dog", "ant"]  # by their numbers of images: cat, 7, ant, dog
    clusters = ChatText(backend).name(corpus(*labels, labels=labels), "animal", 2)
    assert isinstance(clusters, list)
    assert [cluster.labels for cluster in clusters] == [("ant", "cat"), ("7",)]
    assert backend.history[0].schema == groups_schema(2)


def test_names_that_were_given_before_labels_had_numbers_stay() -> None:
    wording = Wording(never="colour")
    (before,) = [prompt for prompt in prompts._versions("name") if prompt.version == "name.v2"]
    key = "\n".join([before.version, before.text, *(value for _, value in prompts.worded("name", wording).filled)])
    assert ChatText(FakeBackend(), wording).prompts["name"] == key
    assert prompts.worded("name", wording).version == "name.v3"
    edited = Wording(edited=(("name", "$criterion $k $labels"),))
    assert ChatText(FakeBackend(), edited).prompts["name"] == "name.edited\n$criterion $k $labels"


def test_images_that_do_not_answer_the_criterion_are_offered_as_no_group() -> None:
    backend = FakeBackend('[{"name": "a"}, {"name": "b"}]', '[{"name": "a"}, {"name": "b"}]')
    ChatText(backend).name(corpus("", "", "", labels=["cat", "unclear", "dog"]), "animal", 2)
    assert "1. cat (1)\n2. dog (1)" in backend.history[0].text
    assert "unclear" not in backend.history[0].text
    ChatText(backend).name(corpus("", "", labels=["cat", "unclear"]), "animal", 2)  # there is nothing else
    assert "unclear (1)" in backend.history[1].text


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("no json", "held no JSON list"),
        ('[{"name": "a"}]', "1 groups instead of 2"),
        ('[{"name": "a"}, {"name": "A"}]', "the same name"),
        ('[{"name": "a"}, {"meaning": "x"}]', "1 groups instead of 2"),
        ('[{"name": "a"}, {"name": "Unassigned"}]', "“Unassigned”, which is what images without a group are called"),
        ('[{"name": "not\\nsure"}, {"name": "b"}]', "“not sure”, which is what images without a group are called"),
    ],
)
def test_groups_that_cannot_be_used_are_asked_once_more_with_the_reason(bad: str, problem: str) -> None:
    backend = FakeBackend(bad, '[{"name": "a"}, {"name": "b"}]')
    clusters = ChatText(backend).name(corpus("", labels=["x"]), "animal", 2)
    assert isinstance(clusters, list)
    assert [cluster.name for cluster in clusters] == ["a", "b"]
    assert problem in backend.history[1].text
    assert isinstance(ChatText(FakeBackend(bad, bad)).name(corpus("", labels=["x"]), "animal", 2), Failed)


def test_names_and_meanings_are_one_line_and_long_given_names_are_known_by_their_beginning() -> None:
    given = "very " * 20 + "long"
    reply = json.dumps({"groups": [{"name": "a\nb", "meaning": "x\n B. y"}, {"name": given[:80]}]})
    clusters = ChatText(FakeBackend(reply)).name(corpus("", labels=["x"]), "animal", 2, [given])
    assert clusters == [Cluster("c1", given), Cluster("c2", "a b", "x B. y")]


def test_an_answer_outside_the_list_is_asked_once_more_then_kept_as_unassigned() -> None:
    backend = FakeBackend('{"1": "A", "2": "wolves", "3": 0, "4": {"group": "Dogs"}}', '{"1": "wolves"}')
    four = corpus("a", "b", "c", "d", labels=["cat", "wolf", "fog", "dog"])
    model = ChatText(backend)
    cat, wolf, fog, dog = model.assign(four, "animal", CLUSTERS)
    assert [cat, fog, dog] == [Assignment("c1"), Assignment(None, answer="fog"), Assignment("c2")]
    assert isinstance(wolf, Failed)
    assert wolf.again == "smaller"
    with asking_again(1):
        assert model.assign(four.take([1]), "animal", CLUSTERS) == [Assignment(None, answer="wolves")]
    assert "A. cats: Felines\nB. dogs" in backend.history[0].text
    assert "1. wolf: b" in backend.history[1].text


def test_no_answer_at_all_is_a_failure_with_its_reason() -> None:
    backend = FakeBackend("hm")
    (answer,) = ChatText(backend).assign(corpus("a"), "animal", CLUSTERS)
    assert isinstance(answer, Failed)
    assert "no usable answer" in answer.reason
