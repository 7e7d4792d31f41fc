"""The built-in vision model: describes images offline with what it sees, led by what the criterion asks for.

It sees subjects, colours, style and light, and reads text where the criterion asks for it. It counts nothing and knows
no people, places or moods.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from core import threads
from core.domain import Description, Evidence, Failed, ImageInput, Seen, Sight, Step, Tag, Vector
from core.ingest.view_comment import Motif, motif_of
from core.models.builtin.criterion.routing import WRITING, route
from core.models.builtin.from_pixels import appearance, colours, network, subject
from core.models.builtin.from_pixels.clusters import points
from core.models.builtin.from_pixels.evidence import (
    COLOURS,
    EVIDENCE_ID,
    STATISTICS,
    SUBJECT,
    TOP,
    has_evidence,
    pack_top,
    seen_rows,
    stored,
)
from core.models.builtin.from_pixels.words import ASPECTS, labels, narrow_shares, vocabulary
from core.models.builtin.from_reading.describe import describe_reading
from core.models.reading.kept import UNKEPT, KeptReadings

__all__ = ["BuiltinVision", "warm_up"]

_CHUNK = 16
"""Images the network takes at once; the next ones are decoded meanwhile."""
_TAGS = 5
_MIN_TAG = 0.03


def warm_up() -> None:
    """Load all that the first image would wait for; safe to call from a background thread, and quick a second time."""
    network.warm_up()
    for aspect in ASPECTS:
        vocabulary(aspect)
    colours.term_shares(np.zeros((1, 1, 3), dtype=np.uint8), np.ones((1, 1), dtype=np.float32))
    route("colour")


class BuiltinVision:
    """Implements `VisionModel` (core/models/roles.py) without a key, a download or a prompt."""

    id: str = "builtin-vision/5"
    prompts: Mapping[Step, str] = MappingProxyType({})
    evidence_id: str | None = EVIDENCE_ID
    batch_size = 32
    max_concurrency = 1

    def __init__(self, readings: KeptReadings | None = UNKEPT) -> None:
        """readings: gives what is written in images; None where all are to be looked at, whatever the criterion."""
        self._readings = readings
        if readings is None:
            self.id = f"{self.id}+looks"
        self._lock = threading.Lock()

    def sight(self, criterion: str) -> Sight:
        """Which of its senses answers the criterion, with a warning when none does."""
        return route(criterion)

    @threads.limited
    def features(self, criterion: str, evidence: Mapping[str, Vector], number: int) -> Vector:
        """Shares of colours for a criterion about them; for all others what the network sees of the subject, which
        tells images apart also by what it has no words for."""
        if not evidence:
            return np.full((number, 1), np.nan, dtype=np.float32)
        seen = seen_rows(evidence)
        aspect = "colour" if route(criterion).aspect == "colour" else "subject"
        made = points(aspect, {space: matrix[seen] for space, matrix in evidence.items()})
        found = np.full((number, made.shape[1]), np.nan, dtype=np.float32)
        found[seen] = made
        return found

    @threads.limited
    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        """Describe each image; those that bring evidence are not looked at again."""
        aspect = route(criterion).aspect
        if aspect == WRITING and self._readings is not None:
            return self._read(self._readings, images, criterion)
        aspect = "subject" if aspect == WRITING else aspect
        answers: dict[int, Seen | Failed] = {}
        unseen: dict[int, Path] = {}
        for i, image in enumerate(images):
            if image.evidence is not None and has_evidence(image.evidence):
                answers[i] = Seen(describe_evidence(image.evidence, aspect, criterion), image.evidence)
            elif image.path is None:
                answers[i] = Failed("There is no image to look at, only what others wrote of it.")
            else:
                unseen[i] = image.path
        with self._lock:
            for i, found in zip(unseen, _look(list(unseen.values())), strict=True):
                answers[i] = (
                    found if isinstance(found, Failed) else Seen(describe_evidence(found, aspect, criterion), found)
                )
        return [answers[i] for i in range(len(images))]

    def _read(self, readings: KeptReadings, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        """Describe what is written; each image is read once, whatever is asked of its text."""
        found = readings({image.id or str(i): image.path for i, image in enumerate(images)})
        answers: list[Seen | Failed] = []
        for i, image in enumerate(images):
            lines = found[image.id or str(i)]
            answers.append(lines if isinstance(lines, Failed) else Seen(describe_reading(lines, criterion)))
        return answers


def describe_evidence(evidence: Evidence, aspect: str, criterion: str) -> Description:
    """The description that one image's evidence supports, with the asked aspect first and its words as tags."""
    rows = {space: np.asarray(values, dtype=np.float32)[None] for space, values in evidence.items()}
    sentences = {
        "subject": _subject(rows, criterion),
        "colour": _colour(rows),
        "style": f"{_one('style', rows).capitalize()}.",
        "light": f"{_one('light', rows).capitalize()} image.",
    }
    order = [aspect, *(name for name in sentences if name != aspect)]
    return Description(" ".join(sentences[name] for name in order), _tags(aspect, rows, criterion))


def _tags(aspect: str, rows: Evidence, criterion: str = "") -> tuple[Tag, ...]:
    names = vocabulary(aspect).names
    shares = narrow_shares(aspect, rows, criterion)[0]
    best = [int(i) for i in np.argsort(-shares, kind="stable")[:_TAGS] if shares[i] >= _MIN_TAG]
    return tuple(Tag(names[i], round(float(shares[i]), 4)) for i in best or [int(shares.argmax())])


def _subject(rows: Evidence, criterion: str) -> str:
    tags = _tags("subject", rows, criterion)
    first, *others = [tag.name for tag in tags]
    sure = tags[0].score >= 0.5
    hedge = f"Shows {first}" if sure else f"Looks like {first}"
    return f"{hedge}; perhaps {', '.join(others[:3])}." if others and not sure else f"{hedge}."


def _colour(rows: Evidence) -> str:
    main = _one("colour", rows)
    others = [tag.name for tag in _tags("colour", rows) if tag.name != main and tag.score >= 0.12]
    return f"Mainly {main}, with {' and '.join(others[:2])}." if others else f"Mainly {main}."


def _one(aspect: str, rows: Evidence) -> str:
    return labels(aspect, narrow_shares(aspect, rows))[0]


def _look(paths: Sequence[Path]) -> Iterator[Evidence | Failed]:
    """Evidence of each image in order; while the network works on some, the next are decoded in another thread."""
    if not paths:
        return
    chunks: list[Sequence[Path]] = [paths[i : i + _CHUNK] for i in range(0, len(paths), _CHUNK)]
    with ThreadPoolExecutor(1, thread_name_prefix="builtin-decode") as pool:
        upcoming = pool.submit(_read_all, chunks[0])
        for i in range(len(chunks)):
            decoded = upcoming.result()
            if i + 1 < len(chunks):
                upcoming = pool.submit(_read_all, chunks[i + 1])
            readable = [image for image in decoded if not isinstance(image, Failed)]
            measured = iter(_measure(readable) if readable else ())
            for image in decoded:
                yield image if isinstance(image, Failed) else next(measured)


@dataclass(frozen=True, slots=True)
class _Read:
    """An image as (260, 260, 3) bytes, with its motif where that is not all of it."""

    pixels: NDArray[np.uint8]
    motif: Motif | None


def _read_all(paths: Sequence[Path]) -> list[_Read | Failed]:
    return [_read(path) for path in paths]


def _read(path: Path) -> _Read | Failed:
    """The whole of the image is kept: a crop may lose the subject."""
    try:
        with Image.open(path) as image:
            image.draft("RGB", (network.SIDE, network.SIDE))  # JPEG can be decoded at half size at once
            small = image.convert("RGB").resize((network.SIDE, network.SIDE), Image.Resampling.BILINEAR)
            return _Read(np.asarray(small, dtype=np.uint8), motif_of(image))
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
        why = "the file is missing" if isinstance(error, FileNotFoundError) else "it is damaged or no image"
        return Failed(f"This image could not be read: {why}.")


def _measure(images: Sequence[_Read]) -> list[Evidence]:
    seen = network.look(np.stack([image.pixels for image in images]))
    return [
        _evidence(images[i], seen.cells[i], seen.probabilities[i], seen.activation_map[i]) for i in range(len(images))
    ]


def _evidence(
    image: _Read,
    cells: NDArray[np.float32],
    probabilities: NDArray[np.float32],
    activation: NDArray[np.float32],
) -> Evidence:
    sample, weight = subject.of(image.pixels, activation)
    coarse = Image.fromarray(weight).resize((network.GRID, network.GRID), Image.Resampling.BOX)
    coloured = weight
    if image.motif:  # whatever of its ground the network took for the subject
        sample, share = image.motif.alone(sample)
        coloured = weight * share
    return {
        SUBJECT: stored(_thirds(np.asarray(coarse, dtype=np.float32)) @ cells).ravel(),
        TOP: stored(pack_top(probabilities)),
        COLOURS: stored(colours.term_shares(sample, coloured)),
        STATISTICS: stored(appearance.measure(image.pixels)),
    }


def _thirds(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, 81) shares of the cells in the upper, middle and lower third of the subject, by its own height.

    A garment with sleeves, a dog with ears: where on the subject something is seen tells kinds apart.
    """
    side = len(weight)
    share = np.sqrt(np.maximum(weight, 1e-6))  # the root keeps some of the rim, where the outline is seen
    below = np.concatenate([[0.0], np.cumsum(share.sum(axis=1)) / share.sum()])
    cuts = np.interp([0, 1 / 3, 2 / 3, 1], below, np.arange(side + 1))
    row = np.arange(side)
    out = np.empty((3, side * side), dtype=np.float32)
    for i in range(3):
        inside = np.clip(np.minimum(row + 1, cuts[i + 1]) - np.maximum(row, cuts[i]), 0, 1)
        part = share * inside[:, None]
        out[i] = (part / part.sum()).ravel()
    return out
