"""Reads the result files of IC|TC's published code, with tolerance: pure functions from text to values.

Seen in published results: `Image file-PATH Answer: dog`, the same with `;`, several spaces or no "Answer:"; answers
that go on over several lines; names as `1: dog`, `Answer 1: dog`, `Answer10 : dog ` with lines `Reason 1: ...` between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.domain import folded
from core.ingest.text import split_lines

_ENDING = r"\.(?:jpe?g|jpe|jfif|png|webp|gif|bmp|dib|tiff?)"
_AFTER = r"""["']?\s*[;,:\t]?\s*(?P<answer>.*)$"""
_BEFORE = r"^\s*image[\s_]*file\s*[-:=]?\s*"
_MARKED = (
    re.compile(rf"""{_BEFORE}["']?(?P<image>.+?{_ENDING})(?=["';,:\s]|$){_AFTER}""", re.IGNORECASE),
    re.compile(rf"{_BEFORE}(?P<image>\S.*?)\s*;?\s*(?=\banswer\s*:){_AFTER}", re.IGNORECASE),
    re.compile(rf"{_BEFORE}(?P<image>[^;:\s][^;:]*?)\s*[;:](?P<answer>.*)$", re.IGNORECASE),
)
_BARE = re.compile(rf"""^\s*["']?(?P<image>[^;]+?{_ENDING})(?=["';,:\s]|$){_AFTER}""", re.IGNORECASE)
_ANSWER = re.compile(r"^(?:final\s+)?answer\s*\d*\s*:\s*", re.IGNORECASE)
_NUMBERED = re.compile(
    r"^[\s*\-#]*(?:(?:answer|class|cluster|category|group|label|name)\s*)?#?(?P<number>\d+)\s*[:.)]\**\s*(?P<name>.+)$",
    re.IGNORECASE,
)
_REASON = re.compile(r"^[\s*]*reason\s*(?P<number>\d+)?\s*:\s*(?P<text>.*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lines:
    """What one file says: (line number, image as written, answer) in order, and (line number, reason) for the rest."""

    answers: tuple[tuple[int, str, str], ...]
    bad: tuple[tuple[int, str], ...]


def read_answers(text: str) -> Lines:
    """Image and answer of each line of `step2a_result.txt` or `step3_result.txt`.

    A line that names no image goes on with the answer before it. Lines without any image, in the whole file, are
    answers in order; their image is "".
    """
    lines = split_lines(text)
    starts = _starts(lines)
    if not starts:
        unnamed = [(number, "", clean_answer(line)) for number, line in enumerate(lines, start=1) if line.strip()]
        return Lines(tuple(unnamed), ())
    found: list[tuple[int, str, list[str]]] = []
    bad = []
    for number, line in enumerate(lines, start=1):
        if number in starts:
            image, answer = starts[number]
            found.append((number, image, [answer]))
        elif found:
            found[-1][2].append(line)
        elif line.strip():
            bad.append((number, "This line names no image."))
    answers = tuple((number, image, clean_answer("\n".join(parts))) for number, image, parts in found)
    return Lines(answers, tuple(bad))


def _starts(lines: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Number of each line that begins with an image -> image and the rest. One form a file: the first that fits."""
    for read in (_json, _marked, _bare):
        starts = {number: one for number, line in enumerate(lines, start=1) if (one := read(line))}
        if starts:
            return starts
    return {}


def _json(line: str) -> tuple[str, str] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    image = value.get("image_file") or value.get("image")
    answer = next((value[key] for key in ("answer", "text", "label", "cluster") if key in value), "")
    return (str(image), str(answer)) if image else None


def _marked(line: str) -> tuple[str, str] | None:
    match = next((match for pattern in _MARKED if (match := pattern.match(line))), None)
    return (match["image"].strip(), match["answer"]) if match else None


def _bare(line: str) -> tuple[str, str] | None:
    match = _BARE.match(line)
    return (match["image"].strip(), match["answer"]) if match else None


def first_line(answer: str) -> str:
    """What an answer says before it explains itself; some files hold the line break as two letters."""
    return answer.split("\n")[0].split("\\n")[0]


def clean_answer(text: str) -> str:
    """An answer as it is kept: without "Answer:" before it, its lines joined by single line breaks."""
    lines = [line.strip() for line in split_lines(text) if line.strip()]
    if lines:
        lines[0] = _ANSWER.sub("", lines[0])
    return "\n".join(line for line in lines if line)


def normal(name: str) -> str:
    """A name without quotes, stars or full stop around it, folded for comparing."""
    return folded(name.strip(" \t\r\n\"'`*.,;:‘’“”[]()"))


def read_names(text: str) -> list[tuple[str, str]]:
    """(name, why) of each group in `step2b_result.txt`, in order; the same name again is left out."""
    numbered = [(match["number"], match["name"]) for line in split_lines(text) if (match := _NUMBERED.match(line))]
    numbered = [(number, name) for number, name in numbered if not _REASON.match(name)]
    names = numbered or [(str(place), name) for place, name in enumerate(_unnumbered(text), start=1)]
    reasons = {match["number"]: match["text"].strip() for line in split_lines(text) if (match := _REASON.match(line))}
    known: dict[str, tuple[str, str]] = {}
    for number, name in names:
        if normal(name):
            spelled = " ".join(name.strip(" \t\"'`*.,;‘’“”[]").split())
            known.setdefault(normal(name), (spelled, reasons.get(number, "")))
    return list(known.values())


def _unnumbered(text: str) -> Iterator[str]:
    """Names without numbers: a list in brackets, one a line, or one line with commas."""
    lines = [line for line in split_lines(text) if line.strip() and not _REASON.match(line)]
    if len(lines) == 1:
        yield from lines[0].strip(" []").split(",")
        return
    for line in lines:
        head, colon, rest = line.partition(":")
        yield (rest if colon and rest.strip() else head).strip(" -*")


def short_names(images: Sequence[str]) -> dict[str, str]:
    """Image as written -> path relative to the deepest folder that holds all of them: nothing of another machine."""
    paths = {image: PurePosixPath(image.replace("\\", "/")) for image in images}
    folders = [path.parent.parts for path in paths.values()]
    shared = 0
    while folders and all(len(folder) > shared and folder[shared] == folders[0][shared] for folder in folders):
        shared += 1
    return {image: str(PurePosixPath(*path.parts[shared:])) for image, path in paths.items()}
