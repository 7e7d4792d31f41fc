"""A JSON Schema as a grammar in llama.cpp's notation (GBNF), so that a model can write nothing else.

Stricter than the schema, for the sake of tiny models: one way to write each value, no line breaks and no escapes but
those of `"` and `\\`, texts begin with a letter or a figure, and texts and lists that the schema leaves open are
bounded, so that a model that repeats itself comes to an end. It knows the part of JSON Schema that prompts use; other
keywords raise ValueError.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_TEXT = 240
"""Characters of a text that the schema leaves open."""
_KNOWN = frozenset(
    "type properties required additionalProperties items minItems maxItems minLength maxLength enum const anyOf oneOf"
    " title description default".split()
)
_RULES = {
    "char": r'[^"\\\x7F\x00-\x1F] | "\\" ["\\]',
    "first": r"""[^\x00-/:-@\[-`{-\x7F]""",  # a letter or figure of any script
    "integer": r'"-"? ("0" | [1-9] [0-9]{0,14})',
    "number": r'"-"? ("0" | [1-9] [0-9]{0,14}) ("." [0-9]{1,15})?',
    "boolean": r'"true" | "false"',
    "null": r'"null"',
}


def grammar(schema: Mapping[str, Any], tokens: int) -> str:
    """The grammar of a schema, for an answer of about so many tokens.

    What the schema leaves open is bounded by what usual answers need, which leaves room for good models and none for
    endless ones. Raises ValueError for keywords it does not know.
    """
    return _Grammar(max(4, min(50, tokens // 8 // max(1, _lists(schema))))).of(schema)


class _Grammar:
    """Rules under construction; equal parts of a schema share one rule."""

    def __init__(self, items: int) -> None:
        self._items = items
        self._names: dict[str, str] = {}

    def of(self, schema: Mapping[str, Any]) -> str:
        root = self._rule(schema)
        rules = {"root": root, **{name: body for body, name in self._names.items()}, **_RULES}
        return "\n".join(f"{name} ::= {body}" for name, body in rules.items())

    def _rule(self, schema: Mapping[str, Any]) -> str:
        """The name of the rule for a schema."""
        body = self._body(schema)
        if body in _RULES:
            return body
        return self._names.setdefault(body, f"r{len(self._names)}")

    def _body(self, schema: Mapping[str, Any]) -> str:
        unknown = set(schema) - _KNOWN
        if unknown:
            raise ValueError(f"no grammar for {', '.join(sorted(unknown))}")
        if "enum" in schema:
            return " | ".join(_literal(json.dumps(value, ensure_ascii=False)) for value in schema["enum"])
        if "const" in schema:
            return _literal(json.dumps(schema["const"], ensure_ascii=False))
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return " | ".join(self._rule(option) for option in schema[word])
        kind = schema.get("type", "object" if "properties" in schema else None)
        if isinstance(kind, list):
            return " | ".join(self._rule({**schema, "type": type_name}) for type_name in kind)
        if kind == "object":
            fields = [
                f"{_literal(json.dumps(name, ensure_ascii=False) + ': ')} {self._rule(inner)}"
                for name, inner in schema.get("properties", {}).items()
            ]
            comma = ' ", " '
            return f'"{{" {comma.join(fields)} "}}"' if fields else '"{}"'
        if kind == "array":
            return self._list(schema)
        if kind == "string":
            least = max(1, int(schema.get("minLength", 1)))
            most = max(least, min(_TEXT, int(schema.get("maxLength", _TEXT))))
            return rf'"\"" first char{{{least - 1},{most - 1}}} "\""'
        if kind in _RULES:
            return str(kind)
        raise ValueError(f"no grammar for the type {kind}")

    def _list(self, schema: Mapping[str, Any]) -> str:
        item = self._rule(schema.get("items") or {"type": "string"})
        least = int(schema.get("minItems", 0))
        most = max(least, int(schema.get("maxItems", self._items)))
        if most == 0:
            return '"[]"'
        more = f'{item} (", " {item}){{{max(least - 1, 0)},{most - 1}}}'
        return f'"[" {more} "]"' if least else f'"[" ({more})? "]"'


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _parts(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _lists(schema: Mapping[str, Any]) -> int:
    """How many lists without a bound an answer holds."""
    inner = sum(_lists(part) for part in _parts(schema))
    if "items" not in schema and schema.get("type") != "array":
        return inner
    if "maxItems" not in schema:
        return 1
    return int(schema["maxItems"]) * _lists(schema.get("items") or {})
