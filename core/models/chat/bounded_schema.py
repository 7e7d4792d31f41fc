"""Recognises answers that repeat themselves without end, and bounds the form that is asked for instead.

Small models may repeat themselves inside an open list or text until their token budget is used up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_CHARS_A_TOKEN = 2
"""Characters that a token holds at the least, of usual text."""
_LONGEST_TEXT = 240
_TAIL = 60
_TIMES = 4


def brief(schema: Mapping[str, Any], tokens: int) -> dict[str, Any]:
    """A JSON Schema with its texts and open lists bounded, so that even the longest answer takes about so many
    tokens."""
    for items in (12, 8, 4, 2, 1):
        slots, fixed = _slots(schema, items)
        text = (tokens - fixed) * _CHARS_A_TOKEN // max(1, slots)  # brackets and keys may take a token a character
        if text >= 40:
            break
    bounded: dict[str, Any] = _bounded(schema, max(8, min(_LONGEST_TEXT, text)), items)
    return bounded


def runs_on(text: str) -> bool:
    """Whether a text repeats its end over and over."""
    return len(text) > _TAIL * _TIMES and text.count(text[-_TAIL:].strip()) >= _TIMES


def _bounded(schema: Any, text: int, items: int) -> Any:
    if isinstance(schema, list):
        return [_bounded(part, text, items) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    inner = dict(schema)
    for key in ("items", "anyOf", "oneOf"):
        if key in inner:
            inner[key] = _bounded(inner[key], text, items)
    if "properties" in inner:
        inner["properties"] = {
            name: _bounded(inner_schema, text, items) for name, inner_schema in inner["properties"].items()
        }
    kind = schema.get("type")
    if kind == "string" and "enum" not in schema and "const" not in schema:
        inner["maxLength"] = max(int(schema.get("minLength", 0)), min(text, int(schema.get("maxLength", text))))
    elif (kind == "array" or "items" in schema) and "maxItems" not in schema:
        inner["maxItems"] = max(int(schema.get("minItems", 0)), items)
    return inner


def _slots(schema: Mapping[str, Any], items: int) -> tuple[int, int]:
    """Texts in the longest answer, and characters of all else, where open lists hold so many items."""
    kind = schema.get("type")
    if "enum" in schema or "const" in schema:
        values = schema.get("enum") or [schema.get("const")]
        return 0, max(len(json.dumps(value)) for value in values)
    if kind == "array" or "items" in schema:
        texts, fixed = _slots(schema.get("items") or {"type": "string"}, items)
        count = int(schema.get("maxItems", items))
        return count * texts, count * (fixed + 2) + 2
    if kind == "string":
        return 1, 2
    if kind == "integer":
        return 0, 6
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    found = [_slots(part, items) for part in parts]
    names = sum(len(name) + 6 for name in schema.get("properties", {}))
    return sum(texts for texts, _ in found), sum(fixed for _, fixed in found) + names + 8
