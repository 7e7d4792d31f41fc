"""Replies as language models write them: what can be understood is used, and no answer is altered by it."""

from __future__ import annotations

import pytest

from core.models.chat.replies import plain, read_answers, read_json, read_numbered


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("It may be a cat. No, a dog.\n</think>\n\nA dog.", "A dog."),  # <think> stands in the prompt
        ("a</think>b</Thinking>A dog.", "A dog."),
        ("hm</thought>A dog.", "A dog."),
        ("<reasoning>hm</reasoning>A dog.", "A dog."),
        ("A dog.<think>was it?</think>", "A dog."),
        ("A dog.<think>was it", "A dog."),
        (
            "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>A dog.<|return|>",
            "A dog.",
        ),
        ("<|channel|>analysis<|message|>hm, a dog", ""),
        ("I think it is a dog.", "I think it is a dog."),
    ],
)
def test_thinking_aloud_is_no_part_of_an_answer(reply: str, answer: str) -> None:
    assert plain(reply) == answer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("1. black, white\n2. red", {1: "black, white", 2: "red"}),
        ("1: A, 2: B", {1: "A", 2: "B"}),
        ("1. a 2-door car, 4-wheeled\n2. [sic] {x}", {1: "a 2-door car, 4-wheeled", 2: "[sic] {x}"}),
        ("1:\n2: dog", {2: "dog"}),
        ("{1: black, white, 2: red}", {1: "black, white", 2: "red"}),
        ('As [1, 2] asked: {"1": "red", "2": "blue"}', {1: "red", 2: "blue"}),
        ("As [1, 2] asked: {“1”: “red”, “2”: “blue”}", {1: "red", 2: "blue"}),
        ("1：红色\n2：蓝色", {1: "红色", 2: "蓝色"}),
        ("1、红色\n2、蓝色。", {1: "红色", 2: "蓝色"}),
        ('{"1"："红色"，"2"："蓝色"}', {1: "红色", 2: "蓝色"}),
        ("｛「1」：「赤」、『2』：『青』｝", {1: "赤", 2: "青"}),
        ("{« 1 » : « rouge », ‹2›: ‹bleu›}", {1: "rouge", 2: "bleu"}),
        ("1: 『赤』\n2: ‹rot›", {1: "赤", 2: "rot"}),
        ("{'1': 'red, it is', '2': \"don't\"}", {1: "red, it is", 2: "don't"}),
        # What stands inside an answer is left as it is.
        ('{"1": "他说「停」：走，", "2": "x"}', {1: "他说「停」：走，", 2: "x"}),
        ('{“1”: “a «stop» sign: red”, “2”: “it says "go" now”}', {1: "a «stop» sign: red", 2: 'it says "go" now'}),
        ('{"1": "a "red" car", "2": "x"}', {1: 'a "red" car', 2: "x"}),
        ('{"1": "cat" "2": "dog"}', {1: "cat", 2: "dog"}),
        ('{"1": "caf\\u00e9", "2": "bl', {1: "café"}),
        ('[{"id": 1, "label": "cat"}, {"id": 2, "label": "dog"}]', {1: "cat", 2: "dog"}),
    ],
)
def test_odd_forms_are_understood(reply: str, expected: dict[int, str]) -> None:
    assert read_numbered(reply, 2) == expected


def test_sentences_in_numbered_lines_are_whole() -> None:
    reply = '1. A man, in red, runs.\n2. "Stop" is written, in white, on "a sign".'
    expected = {1: "A man, in red, runs.", 2: '"Stop" is written, in white, on "a sign".'}
    assert read_numbered(reply, 2, sentences=True) == expected


def test_objects_go_before_lists_of_what_is_no_object() -> None:
    assert read_json('As [1] asked: {"groups": []}') == {"groups": []}
    assert read_json('[{"a": 1}] and {"b": 2}') == [{"a": 1}]
    assert read_json("[1, 2]") == [1, 2]
    assert read_json("{“groups”: [{“name”: “a”}, {“name”: “b") is None  # what is inside is not the whole


@pytest.mark.parametrize(
    "reply",
    [
        '{"1": {"group": "B", "quote": "red"}, "2": {"group": "A", "quote": "1: x, a 1-door car"}}',
        '<think>{"1": "C", "2": "C"}</think>```json\n{"answers": {"1": "B", "2": "A"}}\n```',
        "{'1': {'quote': '2: C', 'group': 'B'}, '2': {'group': 'A'}}",
        '{"1": {"group": "B", "quote": "2 - C"}, "2": {"group": "A", "qu',
        "{“1”： “B”， “2”： “A”}",
        "1. B, 2. A",
    ],
)
def test_the_place_of_an_answer_is_never_inside_another_text(reply: str) -> None:
    answers = read_answers(reply, 2)
    assert {number: answer.text for number, answer in answers.items()} == {1: "B", 2: "A"}
    assert [reply[answers[number].place] for number in (1, 2)] == ["B", "A"]


def test_an_answer_of_a_form_without_places_has_none() -> None:
    assert [read_answer.place for read_answer in read_answers('["A", "B"]', 2).values()] == [-1, -1]
