"""Measures features on images, in the role of a vision model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np
from PIL import Image, UnidentifiedImageError

from core import threads
from core.domain import Corpus, Description, Failed, ImageInput, Seen, Sight, Step, Vector
from core.models.baseline import encoder, pixels
from core.models.baseline.recipe import Features
from core.models.builtin.from_pixels.evidence import COLOURS, EVIDENCE_ID, STATISTICS, SUBJECT, has_evidence, stored
from core.models.builtin.vision_model import BuiltinVision

_VERSION = 1
_SPACE = "features"
Measure = Callable[[Sequence[Image.Image]], Vector]


@dataclass(frozen=True, slots=True)
class Points:
    """Where images lie: what the vision model of a baseline gives its text model.

    Attributes:
        id: the features with every option that changes them.
        evidence_id: of the evidence that they are made of, None where they come with items.
        of: a corpus -> (n, dimensions) float32; a row of NaN where an item has none.
        aspect: of the built-in engine's words that say what groups look like, "" for none.
    """

    id: str
    evidence_id: str | None
    of: Callable[[Corpus], Vector]
    aspect: str = ""


class BuiltinFeatures:
    """What the built-in network measures, whatever the criterion; runs of the built-in engine measure the same, so no
    image is looked at twice."""

    prompts: Mapping[Step, str] = MappingProxyType({})
    evidence_id: str | None = EVIDENCE_ID
    max_concurrency = 1

    def __init__(self, kind: Literal["network", "colours"]) -> None:
        self._eyes = BuiltinVision()
        self.id = f"features:{kind}/{_VERSION}+{self._eyes.id}"
        self.batch_size = self._eyes.batch_size
        self._aspect = "subject" if kind == "network" else "colour"
        of = _network if kind == "network" else _colours
        self.points = Points(self.id, EVIDENCE_ID, of, self._aspect)

    def sight(self, criterion: str) -> Sight:
        return Sight(self._aspect)

    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        return self._eyes.describe(images, self._aspect)


class PixelFeatures:
    """Features that are computed from pixels, by OpenCV or a vision encoder."""

    prompts: Mapping[Step, str] = MappingProxyType({})
    batch_size = 32
    max_concurrency = 1

    def __init__(self, features: Features) -> None:
        """Raises ModelUnavailable. An encoder is loaded with the first image."""
        told = f"/{encoder.contents(features.path)}" if features.kind == "encoder" else ""
        self.id = f"features:{features.kind}{told}/{_VERSION}"
        self.evidence_id: str | None = self.id
        self._features = features
        self._measure: Measure | None = None
        self.points = Points(self.id, self.id, partial(_kept, space=_SPACE))

    def sight(self, criterion: str) -> Sight:
        return Sight("features")

    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        """Measure each image that does not bring its features."""
        found: list[Seen | Failed | None] = [
            Seen(Description(""), image.evidence) if image.evidence and _SPACE in image.evidence else None
            for image in images
        ]
        opened = {place: _open(images[place]) for place, answer in enumerate(found) if answer is None}
        readable = {place: one for place, one in opened.items() if not isinstance(one, Failed)}
        measured = self._measured(list(readable.values())) if readable else ()
        rows = dict(zip(readable, measured, strict=True))
        for place, one in opened.items():
            found[place] = (
                one if isinstance(one, Failed) else Seen(Description(""), {_SPACE: stored(np.asarray(rows[place]))})
            )
        return [answer for answer in found if answer is not None]

    @threads.limited
    def _measured(self, images: Sequence[Image.Image]) -> Vector:
        if self._measure is None:
            self._measure = _measure_of(self._features)
        return self._measure(images)


class BroughtFeatures:
    """Descriptors that a person brought: nothing is looked at."""

    prompts: Mapping[Step, str] = MappingProxyType({})
    evidence_id: str | None = None
    batch_size = 20_000
    max_concurrency = 1

    def __init__(self, features: Vector, rows: Mapping[str, int], version: str) -> None:
        """features: (n, dimensions). rows: item id -> row. version: of the file."""
        self.id = f"features:file/{version}"
        self._rows = rows

        def of(corpus: Corpus) -> Vector:
            found = np.full((len(corpus), features.shape[1]), np.nan, dtype=np.float32)
            there = [place for place, item in enumerate(corpus.ids) if item in rows]
            found[there] = features[[rows[corpus.ids[place]] for place in there]]
            return found

        self.points = Points(self.id, None, of)

    def sight(self, criterion: str) -> Sight:
        return Sight("features")

    def describe(self, images: Sequence[ImageInput], criterion: str) -> list[Seen | Failed]:
        return [
            Seen(Description("")) if image.id in self._rows else Failed("The descriptors have no row for this image.")
            for image in images
        ]


def version_of(features: Vector, rows: Mapping[str, int]) -> str:
    """16 hexadecimal digits that stand for descriptors and which image each is of."""
    digest = hashlib.sha256(np.ascontiguousarray(features).data)
    digest.update(repr(sorted(rows.items())).encode())
    return digest.hexdigest()[:16]


def _network(corpus: Corpus) -> Vector:
    """(n, 1280) the network's last activations, averaged over the subject."""
    rows = corpus.evidence.get(SUBJECT)
    return _nothing(corpus) if rows is None else rows.reshape(len(rows), 3, -1).mean(axis=1)


def _colours(corpus: Corpus) -> Vector:
    """(n, 45) shares of colour terms in the subject, and the statistics of the whole image."""
    if not has_evidence(corpus.evidence):
        return _nothing(corpus)
    return np.hstack([corpus.evidence[COLOURS], corpus.evidence[STATISTICS]])


def _kept(corpus: Corpus, space: str) -> Vector:
    rows = corpus.evidence.get(space)
    return _nothing(corpus) if rows is None else rows


def _nothing(corpus: Corpus) -> Vector:
    return np.full((len(corpus), 1), np.nan, dtype=np.float32)


def _measure_of(features: Features) -> Measure:
    if features.kind == "encoder":
        return encoder.load(features.path)
    if features.kind == "hog":
        return lambda images: np.stack([pixels.oriented_gradients(_gray(image)) for image in images])
    kind: Literal["orb", "sift"] = "orb" if features.kind == "orb" else "sift"
    return lambda images: np.stack([pixels.visual_words(_gray(image), kind) for image in images])


def _gray(image: Image.Image) -> pixels.Gray:
    return np.asarray(image.convert("L").resize((pixels.SIDE, pixels.SIDE), Image.Resampling.BILINEAR), dtype=np.uint8)


def _open(shown: ImageInput) -> Image.Image | Failed:
    if shown.path is None:
        return Failed("There is no image to look at, only what others wrote of it.")
    try:
        with Image.open(shown.path) as image:
            return image.convert("RGB")
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError):
        return Failed("This image could not be read: the file is missing or damaged.")
