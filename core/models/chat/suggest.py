"""Asks a chat model by which criteria a collection could be sorted, from descriptions of a sample of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core import prompts
from core.domain import Failed, folded
from core.models.chat.backend import CHARS_A_TOKEN, Backend, Request
from core.models.chat.replies import numbered, read_json, text_schema
from core.models.chat.send import LABEL_CHARS, ask_all

MOST = 6
"""Criteria that are asked for."""
EXAMPLES = 3
_GROUPS = 12
_TEXT_CHARS = 300
_MAX_TOKENS = 2500
_USUAL_TOKENS = 1200


@dataclass(frozen=True, slots=True)
class Proposed:
    """A criterion, and its groups: a name, and positions of descriptions that belong in it."""

    criterion: str
    groups: tuple[tuple[str, tuple[int, ...]], ...]


def asked(texts: Sequence[str], known: Sequence[str] = ()) -> str:
    """The message for these descriptions. known: criteria that need not be proposed."""
    rule = f"These are known already; propose others: {', '.join(known)}." if known else ""
    items = numbered([" ".join(text.split())[:_TEXT_CHARS] for text in texts])
    return prompts.newest("suggest").render(number=len(texts), most=MOST, examples=EXAMPLES, known=rule, items=items)


def tokens(texts: Sequence[str]) -> tuple[float, float]:
    """About how many tokens the message and its answer take."""
    return len(asked(texts)) / CHARS_A_TOKEN, float(_USUAL_TOKENS)


def propose(backend: Backend, texts: Sequence[str], known: Sequence[str] = ()) -> list[Proposed] | Failed:
    """The criteria that a model proposes, in one request; asked once more where the reply cannot be used."""
    message = asked(texts, known)
    reply: Any = Failed("The model was not asked.")
    for hint in ("", "\n\nYour last answer could not be used: it held no criteria with groups. Answer again."):
        (reply,) = ask_all(backend, [Request(message + hint, None, _schema(), _MAX_TOKENS)])
        if isinstance(reply, Failed):
            return reply
        if found := read(reply.text, len(texts)):
            return found
    return Failed("The model proposed no criteria that could be read. Try again, or choose another model.", "unusable")


def read(text: str, number: int) -> list[Proposed]:
    """The criteria in a reply, without those of a single group and those named twice. number: of descriptions."""
    value = read_json(text)
    if isinstance(value, dict):
        value = next((part for part in value.values() if isinstance(part, list)), [value])
    found: dict[str, Proposed] = {}
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, dict) and (criterion := _line(entry.get("criterion"))):
            groups = _groups(entry.get("groups"), number)
            if len(groups) > 1:
                found.setdefault(folded(criterion), Proposed(criterion, groups))
    return list(found.values())[:MOST]


def _groups(value: object, number: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Names with the positions of their examples."""
    found: dict[str, tuple[str, tuple[int, ...]]] = {}
    for entry in value if isinstance(value, list) else ():
        entry = {"name": entry} if isinstance(entry, str) else entry
        if not isinstance(entry, dict) or not (name := _line(entry.get("name"))):
            continue
        said = entry.get("pictures")
        places = [int(one) - 1 for one in said if str(one).isdecimal()] if isinstance(said, list) else []
        within = tuple(dict.fromkeys(place for place in places if 0 <= place < number))
        found.setdefault(folded(name), (name, within[:EXAMPLES]))
    return tuple(found.values())[:_GROUPS]


def _line(value: object) -> str:
    return " ".join(str(value or "").split())[:LABEL_CHARS].strip()


def _schema() -> dict[str, Any]:
    """JSON Schema of the reply; an object around the list, as some servers take nothing else."""
    numbers = {"type": "array", "items": {"type": "integer"}, "maxItems": EXAMPLES}
    group = _object({"name": text_schema(LABEL_CHARS), "pictures": numbers})
    groups = {"type": "array", "items": group, "minItems": 2, "maxItems": _GROUPS}
    criterion = _object({"criterion": text_schema(LABEL_CHARS), "groups": groups})
    return _object({"criteria": {"type": "array", "items": criterion, "minItems": 1, "maxItems": MOST}})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip
