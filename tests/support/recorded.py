"""Answers a chat request from recorded GPT-4 labels and assignments, looking only at the text that it was sent.

It knows the records of one `replay-*` data set (description, label, assigned) and its cluster names. What a request
asks for it reads from the text and the wanted JSON Schema; how prompts list things is the business of the few small
functions under "reading prompts", all that has to change with the prompts.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from openai_server import Body, has_image, schema_of, text_of

AGREE = 0.9
"""A label whose records agree less than this on their cluster does not tell it."""
UNSURE = "?"
"""What an assigning prompt may allow as the answer where a label alone does not tell."""


@dataclass(frozen=True)
class Listed:
    """One line of a list in a prompt: its number or letter, and its text."""

    mark: str
    text: str


# -- reading prompts

_LINE = re.compile(r"^\s*\(?(\d{1,4}|[A-Z]{1,2})[.):]\s+(\S.*?)\s*$")
_COUNTED = re.compile(r"^\s*(?:[-*•]|\d+[.)])?\s*[\"“]?(.+?)[\"”]?\s*(?:[(\[:×x–—-]\s*)(\d+)(?:\s+images?)?[)\]]?\s*$")


def lists_in(text: str) -> list[list[Listed]]:
    """The numbered or lettered lists of a prompt, in order: each begins with 1, 0 or A and goes on line by line."""
    found: list[list[Listed]] = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        mark = match[1]
        goes_on = mark == "1" and found and [entry.mark for entry in found[-1]] == ["0"]
        if not found or (mark in ("0", "1", "A") and not goes_on):
            found.append([])
        found[-1].append(Listed(mark, match[2]))
    return found


def name_of_group(text: str) -> str:
    """The name in a line of the list of groups: `name`, `name: meaning`, `name (labels)`."""
    return re.split(r":\s|\s\(|\s[–—-]\s", text, maxsplit=1)[0].strip(" \"'“”*.:")


def counted_labels(text: str) -> list[str]:
    """The labels of a naming prompt: lines such as `label (12)` or `- label: 12`."""
    return [match[1] for line in text.splitlines() if (match := _COUNTED.match(line))]


def number_of(label: str, text: str) -> int:
    """The number of a label in a naming prompt."""
    return counted_labels(text).index(label) + 1


def wanted_groups(text: str, schema: Mapping[str, Any] | None) -> int | None:
    """How many groups a naming prompt wants."""
    for found in _arrays(schema or {}):
        if found.get("minItems"):
            return int(found["minItems"])
    match = re.search(r"exactly (\d+)", text)
    return int(match[1]) if match else None


def allows_unsure(text: str, schema: Mapping[str, Any] | None) -> bool:
    """Whether an assigning prompt offers UNSURE as an answer."""
    return f'"{UNSURE}"' in text or f'"{UNSURE}"' in json.dumps(schema) or f"“{UNSURE}”" in text


def items_are_pairs(lists: Sequence[Sequence[Listed]]) -> bool:
    """Whether each line asks about two groups: `labels | labels`."""
    return bool(lists) and all(item.text.count(" | ") == 1 for item in lists[-1])


def step_of(text: str, schema: Mapping[str, Any] | None, lists: Sequence[Sequence[Listed]]) -> Literal["name", "other"]:
    """Whether groups are to be named; labels and assignments are told apart by whether groups are listed."""
    if '"groups"' in text:
        return "name"
    if schema is not None:
        return "name" if any("name" in _properties(array.get("items") or {}) for array in _arrays(schema)) else "other"
    return "name" if not any(len(listed) > 0 for listed in lists) and len(counted_labels(text)) > 1 else "other"


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = schema.get("properties") or {}
    return found


def _arrays(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The arrays somewhere in a schema."""
    if schema.get("type") == "array":
        yield schema
    items = [schema["items"]] if isinstance(schema.get("items"), dict) else []
    for part in (*_properties(schema).values(), *items):
        yield from _arrays(part)


# -- answering


@dataclass(frozen=True)
class Record:
    description: str
    label: str
    assigned: str


class Recorded:
    """Call it with a request's body; it returns the answer's text."""

    def __init__(self, folder: Path) -> None:
        """folder: holds records.jsonl and about.json."""
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        self.criterion: str = about["criterion"]
        self.names: list[str] = about["cluster_names"]
        rows = [json.loads(line) for line in (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()]
        self._by_description: dict[str, Record] = {}
        self._by_start: dict[str, list[str]] = defaultdict(list)
        self._by_label: dict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            record = Record(_plain(row["description"]), row["label"], self._cluster(row["assigned"]))
            if record.description not in self._by_description:
                self._by_description[record.description] = record
                self._by_start[record.description[:_START]].append(record.description)
            self._by_label[_fold(record.label)][record.assigned] += 1

    def __call__(self, body: Body) -> str:
        text, schema = text_of(body), schema_of(body)
        if has_image(body):
            return "A picture."
        lists = lists_in(text)
        if step_of(text, schema, lists) == "name":
            return self._name(text, schema)
        if items_are_pairs(lists):
            said = ["yes" if self._alike(item.text) else "no" for item in lists[-1]]
            return json.dumps(in_form([item.mark for item in lists[-1]], said, lists[-1], schema))
        groups = next((listed for listed in lists if self._are_groups(listed)), None)
        items = lists[-1] if lists and lists[-1] is not groups else None
        if items is None:
            return self._single(text)
        if groups is None:
            answers: list[str | int] = [self._label(item.text) for item in items]
        else:
            unsure = allows_unsure(text, schema)
            answers = [self._assign(item.text, groups, unsure) for item in items]
        return json.dumps(in_form([item.mark for item in items], answers, items, schema), ensure_ascii=False)

    def majority(self, label: str) -> tuple[str, float]:
        """The cluster that most records of a label were assigned to, and their share; ("", 0) for no known label."""
        counts = self._by_label.get(_fold(label))
        if not counts:
            return "", 0.0
        name, number = counts.most_common(1)[0]
        return name, number / counts.total()

    def record(self, text: str) -> Record | None:
        """The record whose description this is: the whole of it, with a label before it, or its beginning."""
        text = _plain(text)
        for said in (text, text.partition(": ")[2]):
            said = said.strip('"“”')
            if said in self._by_description:
                return self._by_description[said]
            start = said.rstrip("… .")
            for other in self._by_start.get(said[:_START], ()):  # one that was cut
                if other.startswith(start):
                    return self._by_description[other]
        return None

    def _label(self, text: str) -> str:
        record = self.record(text)
        return record.label if record else "unclear"

    def _assign(self, text: str, groups: Sequence[Listed], unsure: bool) -> str | int:
        record = self.record(text)
        if record:
            cluster = record.assigned
        else:
            cluster, share = self.majority(text)
            if cluster and share < AGREE and unsure:
                return UNSURE
        for group in groups:
            if _fold(name_of_group(group.text)) == _fold(cluster or text):
                return int(group.mark) if group.mark.isdigit() else group.mark
        none = next((group.mark for group in groups if _fold(name_of_group(group.text)).startswith("none")), "0")
        return int(none) if none.isdigit() and groups[0].mark.isdigit() else none if none != "0" else "none"

    def _name(self, text: str, schema: Mapping[str, Any] | None) -> str:
        if any("number" in _properties(array.get("items") or {}) for array in _arrays(schema or {})):
            return self._formed(lists_in(text)[-1])
        labels = list(dict.fromkeys(label for label in counted_labels(text) if self.majority(label)[0]))
        wanted = wanted_groups(text, schema) or len(self.names)
        groups = [
            {
                "name": name,
                "meaning": f"Images of {name}",
                "labels": [number_of(label, text) for label in labels if self.majority(label)[0] == name],
            }
            for name in self.names[:wanted]
        ]
        return json.dumps({"groups": groups})

    def _alike(self, text: str) -> bool:
        """Whether most records of the first label of each of two groups were assigned to one cluster."""
        one, other = (self.majority(side.split(", ")[0])[0] for side in text.split(" | "))
        return one == other and one not in ("", "none")

    def _formed(self, listed: Sequence[Listed]) -> str:
        """The cluster of the first label of each group that was formed, once; else that label."""
        groups: dict[str, int] = {}
        for item in listed:
            label = item.text.split(", ")[0]
            name = self.majority(label)[0]
            groups[name if name not in ("", "none", *groups) else label] = int(item.mark)
        return json.dumps({"groups": [{"number": n, "name": name, "meaning": ""} for name, n in groups.items()]})

    def _single(self, text: str) -> str:
        """One description in a prompt without lists, as the published code asks: its cluster where the clusters are
        named, its label otherwise."""
        flat = _plain(text)
        record = next((one for description, one in self._by_description.items() if description in flat), None)
        if record is None:
            return "I cannot tell."
        rest = flat.replace(record.description, "").casefold()
        return f"Answer: {record.assigned if all(name in rest for name in self.names) else record.label}"

    def _are_groups(self, listed: Sequence[Listed]) -> bool:
        known = {_fold(name) for name in self.names}
        hits = sum(_fold(name_of_group(group.text)) in known for group in listed)
        described = any(self.record(item.text) for item in listed[:3])
        return not described and hits >= min(len(known), len(listed)) / 2 and len(listed) <= 2 * len(known) + 2

    def _cluster(self, assigned: str) -> str:
        """The cluster in a recorded answer, which sometimes talks before it answers; "none" where it names none."""
        said = assigned.rpartition("Answer:")[2].strip(" .\"'")
        return next((name for name in self.names if name == said.casefold()), "none")


_START = 40


def _plain(text: str) -> str:
    return " ".join(text.split())


def _fold(text: str) -> str:
    return _plain(text).casefold().strip(" .\"'“”")


def in_form(
    marks: Sequence[str], answers: Sequence[str | int], items: Sequence[Listed], schema: Mapping[str, Any] | None
) -> object:
    """Answers as the schema wants them: an object by number, or a list of objects that carry the number."""
    for array in _arrays(schema or {}):
        wanted = array.get("items") or {}
        rows = [
            _value(answer, item.text, wanted, mark) for mark, answer, item in zip(marks, answers, items, strict=True)
        ]
        key = next((name for name, inner in _properties(schema or {}).items() if inner is array), None)
        return {key: rows} if key else rows
    fields = _properties(schema or {})
    return {
        mark: _value(answer, item.text, fields.get(mark) or {}, mark)
        for mark, answer, item in zip(marks, answers, items, strict=True)
    }


def _value(answer: str | int, text: str, schema: Mapping[str, Any], mark: str) -> object:
    """One answer as the schema of its place wants it; in an object it stands beside its number and a quote."""
    fields = _properties(schema)
    if not fields:
        enum = schema.get("enum")
        return next((value for value in enum if str(value) == str(answer)), answer) if enum else answer
    made: dict[str, object] = {}
    for name, wanted in fields.items():
        if name in ("id", "number", "n", "item", "image"):
            made[name] = int(mark) if wanted.get("type") == "integer" else mark
        elif name in ("quote", "evidence", "why", "reason"):
            made[name] = " ".join(text.split()[:6])
        else:
            made[name] = _value(answer, text, wanted, mark)
    return made
